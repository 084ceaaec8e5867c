"""Faults made on purpose, for the tests of how the hub and its users fare when the API is ill.

Set them on the object, or with the admin's token over HTTP:
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
    """What goes wrong, until `clear`. A fault with a `path` concerns only requests whose path contains it."""

    away: bool = False  # connections are cut without an answer
    slow: float = 0.0  # seconds before each answer
    answer: int = 0  # 410, 429, 500 or 503 instead of an answer
    count: int = 0  # how many requests get `answer`; 0: all
    path: str = ""
    method: str = ""
    watches_end: bool = False  # every watch ends at once, and history with it: the next one gets 410
    failed: int = field(default=0, repr=False)  # requests that failed so far

    def clear(self) -> None:
        """Back to health."""
        for each in fields(self):
            setattr(self, each.name, each.default)

    def set(self, switches: Obj) -> None:
        """Switch on what is named; StatusError 400 for what there is not."""
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
        """Whether a request is one of those that fail."""
        return self.path in path and self.method in ("", method)

    def failure(self) -> StatusError | None:
        """The answer instead of the real one; counts down."""
        if not self.answer or (self.count and self.failed >= self.count):
            return None
        self.failed += 1
        reason, message = ANSWERS[self.answer]
        details = {"retryAfterSeconds": 1} if self.answer == 429 else {}
        return StatusError(self.answer, reason, message, details)

    def described(self) -> Obj:
        """What is switched on."""
        return asdict(self)
