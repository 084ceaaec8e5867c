"""One sandbox per state directory: a file lock that ends with its process, and a note of its holder."""

from __future__ import annotations

import fcntl
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

TRIES = 5  # `running` holds the lock for a moment
PAUSE = 0.05


class AlreadyRunning(Exception):
    """Another process holds the lock."""


@dataclass(frozen=True)
class Instance:
    """A running sandbox."""

    pid: int
    api: str
    project: str
    route_port: int


class Lock:
    """A lock held while the sandbox runs; the kernel releases it after a crash."""

    def __init__(self, state: Path) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._note = state / "instance.json"
        self._file = (state / "lock").open("w")
        for _ in range(TRIES):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(PAUSE)
            else:
                self._note.unlink(missing_ok=True)  # left by a crashed sandbox
                return
        self._file.close()
        raise AlreadyRunning

    def describe(self, instance: Instance) -> None:
        """Write the note that tells other commands the sandbox's address."""
        partial = self._note.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(instance)))
        partial.rename(self._note)

    def release(self) -> None:
        """Remove the note and release the lock."""
        self._note.unlink(missing_ok=True)
        self._file.close()


def is_locked(state: Path) -> bool:
    """Return True when a sandbox runs, starts or stops with this state directory."""
    if not (state / "lock").is_file():
        return False
    with (state / "lock").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def running(state: Path) -> Instance | None:
    """Return the sandbox that answers in this state directory."""
    note = state / "instance.json"
    return Instance(**json.loads(note.read_text())) if is_locked(state) and note.is_file() else None
