"""What the admin page shows about starts: those in progress, and the last failures by cause.

The hub keeps the failures in memory, so that the overview begins anew with each start of the hub; the metric
`jupyterhub_server_spawn_duration_seconds` counts all by cause.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

MOST = 100  # failures kept
COMMAND = "For administrators: "


class Starting(Protocol):
    """A spawner, as far as the overview needs one."""

    _log_name: str

    def progress_event(self) -> dict[str, Any]:
        """The current state of the start."""


class Start(NamedTuple):
    """A start in progress."""

    server: str  # USER:SERVER, as in the hub's log
    seconds: int
    waits_for: str


class Failure(NamedTuple):
    """A start that failed."""

    server: str
    cause: str
    sentence: str
    command: str
    at: float  # seconds since the epoch


@dataclass(frozen=True)
class Failures:
    """The failures of one cause; sentence, command and server are those of the last one."""

    cause: str
    count: int
    last: Failure

    @property
    def ago(self) -> str:
        """How long the last one is ago."""
        minutes = int((time.time() - self.last.at) / 60)
        return (
            "just now" if not minutes else f"{minutes} min ago" if minutes < 120 else f"{minutes // 60} h ago"
        )


class StartOverview:
    """The variable `starts` of the templates, to which the spawners report."""

    def __init__(self) -> None:
        self._starting: dict[int, tuple[Starting, float]] = {}
        self._failures: deque[Failure] = deque(maxlen=MOST)

    def __deepcopy__(self, memo: object) -> StartOverview:
        """Stay the same object: traitlets copies the configuration and the template variables in it."""
        return self

    @contextmanager
    def start_of(self, spawner: Starting) -> Iterator[None]:
        """List the spawner among the starts in progress."""
        self._starting[id(spawner)] = (spawner, time.monotonic())
        try:
            yield
        finally:
            del self._starting[id(spawner)]

    def add_failure(self, spawner: Starting, cause: str, message: str) -> None:
        """Remember a failure; of its message only the sentence and the command, as the log is the user's."""
        sentence, *others = message.split("\n\n")
        command = next((each.removeprefix(COMMAND) for each in others if each.startswith(COMMAND)), "")
        self._failures.append(Failure(spawner._log_name, cause, sentence, command, time.time()))

    def in_progress(self) -> list[Start]:
        """The starts in progress, the longest first."""
        now = time.monotonic()
        return [
            Start(spawner._log_name, int(now - since), spawner.progress_event()["message"])
            for spawner, since in sorted(self._starting.values(), key=lambda entry: entry[1])
        ]

    def failures(self) -> list[Failures]:
        """The last failures by cause, the most frequent cause first."""
        by_cause: dict[str, list[Failure]] = {}
        for failure in self._failures:
            by_cause.setdefault(failure.cause, []).append(failure)
        found = [Failures(cause, len(entries), entries[-1]) for cause, entries in by_cause.items()]
        return sorted(found, key=lambda each: (-each.count, -each.last.at))


OVERVIEW = StartOverview()
