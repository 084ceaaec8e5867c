"""The preflight: what would stop the hub is said before it starts, in a line each.

In the hub's init container it waits for the database, then loads the whole configuration as the hub will.
In an image build (`--build`) there is neither database nor cluster: the configuration files are loaded and
checked on their own.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
from traitlets.config.loader import PyFileConfigLoader

from .configure import database_url
from .errors import StartupError, say
from .settings.environment import Settings, read_settings

PAUSES = (1, 2, 3, 5, *[10] * 11)  # two minutes; then the kubelet starts us anew


class DatabaseUnavailable(StartupError):
    """The database is not there in time."""


def check(building: bool, config: Path) -> None:
    """Return if the hub can start; otherwise a StartupError says why not."""
    if building:
        os.environ.pop("KUBERNETES_SERVICE_HOST", None)
        os.environ.setdefault("CONFIGPROXY_AUTH_TOKEN", "only for this check")
    else:
        wait_for_database(read_settings())
    PyFileConfigLoader(str(config)).load_config()
    say("The configuration is good")


def wait_for_database(settings: Settings, pauses: Sequence[float] = PAUSES) -> None:
    """Until a login works: a port that answers is not yet a database that does."""
    if not settings.database_host:
        return
    place = f"{settings.database_host}:{settings.database_port}"
    url = database_url(settings).replace("postgresql+psycopg2", "postgresql", 1)
    for attempt, pause in enumerate([*pauses, None], 1):
        try:
            psycopg2.connect(url, connect_timeout=5).close()
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
