"""Fault injection, for tests of reliability.

Set faults on the object, or over HTTP with the admin's token:
`PUT /sandbox/faults {"answer": 429, "count": 3, "path": "/pods"}`, `DELETE /sandbox/faults`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields

from sandbox.apimachinery.errors import StatusError, bad_request
from sandbox.apimachinery.json_types import Obj

ANSWERS = {
    410: ("Expired", "The resourceVersion for the provided watch is too old."),
    429: ("TooManyRequests", "Too many requests, please try again later."),
    500: ("InternalError", "Internal error occurred: made to fail by the sandbox's switch"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
}


@dataclass
class Faults:
    """The faults in effect. With a `path`, only requests whose path contains it fail."""

    away: bool = False  # connections are cut without an answer
    slow: float = 0.0  # seconds before each answer
    answer: int = 0  # 410, 429, 500 or 503 instead of an answer
    count: int = 0  # how many requests get `answer`; 0: all
    path: str = ""
    method: str = ""
    empty: int = 0  # how many lists have no items, whatever there is
    watches_end: bool = False  # every watch ends at once, and history with it: the next one gets 410
    failed: int = field(default=0, repr=False)  # requests that failed so far

    def clear(self) -> None:
        """Switch all faults off."""
        for each in fields(self):
            setattr(self, each.name, each.default)

    def set(self, switches: Obj) -> None:
        """Switch faults on; StatusError 400 for an unknown one."""
        known = {each.name for each in fields(self)} - {"failed"}
        unknown = sorted(set(switches) - known)
        if unknown:
            raise bad_request(f"no such fault: {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
        if switches.get("answer", 0) not in (0, *ANSWERS):
            listed = ", ".join(map(str, ANSWERS))
            raise bad_request(f"answer: {switches['answer']} is none of {listed}")
        for name, value in switches.items():
            setattr(self, name, value)

    def concern(self, method: str, path: str) -> bool:
        """Tell whether a request matches method and path."""
        return self.path in path and self.method in ("", method)

    def failure(self) -> StatusError | None:
        """Return the error to answer with, if any, and count it."""
        if not self.answer or (self.count and self.failed >= self.count):
            return None
        self.failed += 1
        reason, message = ANSWERS[self.answer]
        details = {"retryAfterSeconds": 1} if self.answer == 429 else {}
        return StatusError(self.answer, reason, message, details)

    def emptied(self, body: Obj) -> Obj:
        """Return a list without its items while `empty` lasts; anything else as it is."""
        if not self.empty or "items" not in body:
            return body
        self.empty -= 1
        return {**body, "items": []}

    def described(self) -> Obj:
        """Return the faults in effect."""
        return asdict(self)
