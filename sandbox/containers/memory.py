"""Memory limits of containers: a memory cgroup for each, where this process may create one.

| machine | limits |
|---|---|
| root, cgroup v1 | enforced; the kernel kills one process |
| root, cgroup v2 that delegates `memory` | enforced; it kills the whole container |
| an ordinary user, read-only cgroups, `SANDBOX_MEMORY_LIMITS=off` | not enforced |
"""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from pathlib import Path

SWITCH = "SANDBOX_MEMORY_LIMITS"
ROOT = Path("/sys/fs/cgroup")
REMOVAL_TRIES = 50  # the kernel releases a cgroup shortly after its last process
REMOVAL_PAUSE = 0.01
JOIN = 'echo $$ > "$0" && exec "$@"'


class MemoryLimit:
    """The memory cgroup of one container."""

    def __init__(self, directory: Path, limit: int) -> None:
        self._directory = directory
        self._unified = not (directory / "memory.limit_in_bytes").exists()
        if self._unified:
            (directory / "memory.max").write_text(str(limit))
            (directory / "memory.oom.group").write_text("1")
            with suppress(OSError):  # a kernel without swap accounting
                (directory / "memory.swap.max").write_text("0")
        else:
            (directory / "memory.limit_in_bytes").write_text(str(limit))

    def join(self) -> list[str]:
        """Build the prefix of a command that runs in this cgroup."""
        return ["/bin/sh", "-c", JOIN, str(self._directory / "cgroup.procs")]

    def killed(self) -> bool:
        """Return True when the kernel has killed a process of the container for its memory."""
        file = "memory.events" if self._unified else "memory.oom_control"
        text = (self._directory / file).read_text()
        count = re.search(r"^oom_kill (\d+)$", text, re.MULTILINE)
        return bool(count and int(count[1]))

    def remove(self) -> None:
        """Remove the cgroup; its processes have ended."""
        for _ in range(REMOVAL_TRIES if self._directory.exists() else 0):
            with suppress(OSError):
                self._directory.rmdir()
                return
            time.sleep(REMOVAL_PAUSE)


def memory_limit(name: str, limit: int) -> MemoryLimit | None:
    """Create a memory cgroup; None where this process may not, or where limits are switched off."""
    parent = _parent()
    if parent is None or os.environ.get(SWITCH) == "off":
        return None
    directory = parent / f"sandbox-{os.getpid()}-{name}"
    try:
        directory.mkdir()
        return MemoryLimit(directory, limit)
    except OSError:
        with suppress(OSError):
            directory.rmdir()
        return None


def remove_stale_limits() -> None:
    """Remove the cgroups that killed sandboxes have left."""
    parent = _parent()
    for directory in parent.glob("sandbox-*") if parent else ():
        if not Path("/proc", directory.name.split("-")[1]).exists():
            with suppress(OSError):
                directory.rmdir()


def _parent() -> Path | None:
    """Find this process's own memory cgroup."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return ROOT / "memory" / path.lstrip("/")
        if not controllers and "memory" in _text(ROOT / path.lstrip("/") / "cgroup.subtree_control"):
            return ROOT / path.lstrip("/")
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
