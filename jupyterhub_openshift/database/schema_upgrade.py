"""Save the database before JupyterHub upgrades its schema, and put it back if the upgrade fails.

JupyterHub upgrades in several steps, each in a transaction of its own: a failed step leaves a schema between
two versions of JupyterHub, which neither can use. What was saved stays in the table `before_upgrade` of the
same database, for a return to the older hub image (docs/how-to/upgrade.md). JupyterHub itself copies an
SQLite file.
"""

from subprocess import CalledProcessError

from jupyterhub import dbutil
from sqlalchemy import create_engine, text

from ..errors import StartupError, say
from .dump import SAVED, described, dump, restore

KEPT = 3  # the newest
_upgrade = dbutil.upgrade


class UpgradeFailed(StartupError):
    """An upgrade that failed, after which the database is as it was."""


def save_before_upgrades() -> None:
    """Do so in the hub of this process, before it connects to its database."""
    dbutil.upgrade = upgrade


def upgrade(db_url: str, revision: str = "head") -> None:
    """Save, then upgrade as JupyterHub does; if that fails, restore and raise an UpgradeFailed."""
    saved = dump(db_url)
    place = _keep(db_url, saved)
    say(f"Before the upgrade of the database's schema, {described(saved)} were saved in {place}")
    try:
        _upgrade(db_url, revision)
    except (CalledProcessError, OSError) as error:
        restore(db_url, saved)
        raise UpgradeFailed(
            f"The upgrade of the database's schema failed ({_reason(error)}); the lines above have its "
            "error. The database was restored and is as before. Use the older hub image again: "
            "oc describe imagestream"
        ) from None
    say("The database's schema was upgraded")


def _keep(db_url: str, saved: str) -> str:
    """Store a dump in its own database, and delete the oldest; return the name of the place."""
    engine = create_engine(db_url)
    if engine.dialect.name != "postgresql":
        return "a copy of the file"
    with engine.begin() as connection:
        connection.execute(
            text(f"CREATE TABLE IF NOT EXISTS {SAVED} (made timestamptz DEFAULT now(), dump text NOT NULL)")
        )
        connection.execute(text(f"INSERT INTO {SAVED} (dump) VALUES (:dump)"), {"dump": saved})  # noqa: S608
        newest = f"SELECT made FROM {SAVED} ORDER BY made DESC LIMIT {KEPT}"  # noqa: S608 (constants)
        connection.execute(text(f"DELETE FROM {SAVED} WHERE made NOT IN ({newest})"))  # noqa: S608 (constants)
    engine.dispose()
    return f"the table {SAVED}"


def _reason(error: CalledProcessError | OSError) -> str:
    return f"exit code {error.returncode}" if isinstance(error, CalledProcessError) else str(error)
