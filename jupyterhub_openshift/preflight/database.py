"""Whether the database accepts the hub's login, and has a schema that this JupyterHub knows."""

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import jupyterhub
import psycopg2  # type: ignore[import-untyped]

from ..configure import database_url
from ..errors import StartupError, say
from ..settings.environment import Settings
from .finding import FAILURE, PASSED, WARNING, Finding

PAUSES = (1, 2, 3, 5, *[10] * 11)  # two minutes; then the kubelet restarts the init container
MIGRATIONS = Path(jupyterhub.__file__).parent / "alembic/versions"  # REVISION_description.py


class DatabaseUnavailable(StartupError):
    """The database did not accept a login in time."""


def check_database(settings: Settings, pauses: Sequence[float] = PAUSES) -> Finding:
    """Wait until a login succeeds, then report a schema that only a newer JupyterHub knows."""
    name = settings.application_name
    if not settings.database_host:
        message = "The hub's database is a SQLite file, which is lost with the pod unless it is on a volume."
        return Finding("database", PASSED, message)
    logs = f"oc logs --selector app={name},component=database --tail 20"
    try:
        wait_for_database(settings, pauses)
        revision = schema_revision(settings)
    except DatabaseUnavailable as error:
        return Finding("database", FAILURE, str(error), logs)
    except psycopg2.Error as error:
        reason = " ".join(str(error).split())
        return Finding("database", WARNING, f"The hub cannot read the schema's version: {reason}.", logs)
    place = f"{settings.database_host}:{settings.database_port}"
    if revision is None:
        message = f"The database at {place} accepts the hub's login; the hub will create its tables."
        return Finding("database", PASSED, message, logs)
    if not any(MIGRATIONS.glob(f"{revision}_*.py")):
        message = (
            f"The schema {revision} of the database was written by a newer JupyterHub than this hub's "
            f"{jupyterhub.__version__}. Use the newer hub image again, or restore a backup:"
        )
        return Finding("database", FAILURE, message, f"oc describe imagestream/{name}")
    message = f"The database at {place} accepts the hub's login; its schema is {revision}."
    return Finding("database", PASSED, message, logs)


def schema_revision(settings: Settings) -> str | None:
    """Return the revision of the hub's tables; None before the hub has created them."""
    limit = "-c statement_timeout=5000"  # a lock must not delay the start
    with closing(psycopg2.connect(_dsn(settings), connect_timeout=5, options=limit)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT to_regclass('alembic_version')")
        if cursor.fetchone() == (None,):
            return None
        cursor.execute("SELECT version_num FROM alembic_version")
        row = cursor.fetchone()
    return str(row[0]) if row else None


def wait_for_database(settings: Settings, pauses: Sequence[float] = PAUSES) -> None:
    """Return once a login succeeds; an open port does not yet mean a database that accepts logins."""
    if not settings.database_host:
        return
    place = f"{settings.database_host}:{settings.database_port}"
    for attempt, pause in enumerate([*pauses, None], 1):
        try:
            psycopg2.connect(_dsn(settings), connect_timeout=5).close()
        except psycopg2.OperationalError as error:
            reason = " ".join(str(error).split())
        else:
            say(f"The database at {place} is ready")
            return
        if pause is not None:
            say(f"Waiting for the database at {place}: attempt {attempt} of {len(pauses) + 1}: {reason}")
            time.sleep(pause)
    raise DatabaseUnavailable(
        f"The database at {place} did not let the user {settings.database_user} into "
        f"{settings.database_name} in {len(pauses) + 1} attempts; the last one said: {reason}"
    )


def _dsn(settings: Settings) -> str:
    return database_url(settings).replace("postgresql+psycopg2", "postgresql", 1)
