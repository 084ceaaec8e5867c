"""Containers that do not start: a command that is missing or not executable, a failed postStart hook."""

from __future__ import annotations

import re
from pathlib import Path

REFUSED = (126, 127)
FAILED = re.compile(r"(?:set(?:priv|sid): failed to execute|bwrap: execvp) (?P<command>.+): (?P<why>[^:]+)\n")
MISSING = "no such file or directory"
CREATE = "failed to create containerd task: failed to create shim task: OCI runtime create failed"


class StartError(Exception):
    """A container did not start; `reason` is that of its state."""

    def __init__(self, message: str, reason: str = "RunContainerError", exit_code: int = 128) -> None:
        super().__init__(message)
        self.reason = reason
        self.exit_code = exit_code


def start_error(command: str, code: int, log: Path) -> str | None:
    """Return runc's words for a command that could not be executed, and take ours out of the log."""
    text = log.read_text(errors="replace")
    line = text.rpartition("\n")[0].rpartition("\n")[2] + "\n"
    failed = FAILED.fullmatch(line)
    if code not in (1, *REFUSED) or failed is None or failed["command"] != command:
        return None
    log.write_text(text.removesuffix(line))
    why = failed["why"].lower()
    if why == MISSING:
        why = f"stat {command}: {MISSING}" if "/" in command else "executable file not found in $PATH"
    return (
        f'{CREATE}: runc create failed: unable to start container process: exec: "{command}": {why}: unknown'
    )
