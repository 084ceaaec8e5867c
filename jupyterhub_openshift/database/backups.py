"""Write backups to standard output or as files of a folder, and restore them."""

import os
import signal
import sys
from datetime import datetime, timezone
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
from sqlalchemy.exc import SQLAlchemyError

from ..errors import say
from .dump import DumpError, described, dump, is_used, restore

SUFFIX = ".sql"
MAIN_PROCESS = Path("/proc/1/cmdline")  # of this container
IN_USE = "The hub uses the database. Stop it first: oc scale deployment/NAME --replicas=0"
FAULTS = (SQLAlchemyError, psycopg2.Error, OSError)


def write_backup(db_url: str, folder: Path | None, keep: int = 0) -> None:
    """Write a dump to standard output, or to a new file, after which all but the newest files are deleted."""
    try:
        script = dump(db_url)
        if folder is None:
            sys.stdout.write(script)
            sys.stdout.flush()
        else:
            _write_file(folder, script, keep)
    except FAULTS as error:
        raise DumpError(f"The backup failed: {_first_line(error)}") from None
    say(f"The backup holds {described(script)}")


def _write_file(folder: Path, script: str, keep: int) -> None:
    """Write under a name of its own first, so that a full volume or a kill leaves no half backup."""
    file = folder / f"jupyterhub-{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}{SUFFIX}"
    unfinished = file.with_suffix(".unfinished")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
            output.write(script)
            output.flush()
            os.fsync(output.fileno())
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    unfinished.rename(file)
    say(f"Wrote {file}")
    files = _files(folder)
    for old in files[: max(0, len(files) - keep)] if keep else []:
        old.unlink()
        say(f"Deleted {old}, as {keep} backups are kept")


def read_backup(db_url: str, folder: Path | None) -> None:
    """Restore from standard input, or from the newest file.

    A hub of this container then ends and starts again. While another one uses the database, nothing is
    restored.
    """
    hub_is_here = _runs_hub(MAIN_PROCESS)
    try:
        script = sys.stdin.read() if folder is None else _newest(folder).read_text()
        if not hub_is_here and is_used(db_url):
            raise DumpError(IN_USE)
        restore(db_url, script)
    except FAULTS as error:
        raise DumpError(f"Nothing was restored, the database is as before: {_first_line(error)}") from None
    say(f"Restored {described(script)}")
    if hub_is_here:
        say("The hub of this container ends, and starts again with the restored database")
        os.kill(1, signal.SIGTERM)


def _newest(folder: Path) -> Path:
    files = _files(folder)
    if not files:
        raise DumpError(f"There is no backup in {folder}.")
    say(f"Restoring {files[-1]}")
    return files[-1]


def _files(folder: Path) -> list[Path]:
    """The backups of a folder, the oldest first."""
    return sorted(folder.glob(f"jupyterhub-*{SUFFIX}"))


def _runs_hub(cmdline: Path) -> bool:
    """Whether a process is `python /opt/app-root/bin/jupyterhub ...`."""
    return any(word.endswith(b"/jupyterhub") for word in cmdline.read_bytes().split(b"\0")[:2])


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
