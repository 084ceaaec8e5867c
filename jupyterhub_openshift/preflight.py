"""The preflight: it ends the hub's start with a sentence about what would make the hub fail.

In the hub's init container it waits for the database, then loads the whole configuration and builds from it
what the hub will build. An image build (`--build`) has neither database nor cluster: only the configuration
files are checked.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]

from .cluster.api import Cluster
from .cluster.project import read_project
from .config_files.hub_check import check_hub
from .configure import database_url
from .errors import StartupError, say
from .inputs import Inputs, load_configuration
from .settings.environment import Settings, read_settings

PAUSES = (1, 2, 3, 5, *[10] * 11)  # two minutes; then the kubelet restarts the init container
ONLY_A_DEPLOYMENT_HAS = {"CONFIGPROXY_AUTH_TOKEN": "only for this check"}


class DatabaseUnavailable(StartupError):
    """The database did not accept a login in time."""


def check_build(config: Path) -> None:
    """Raise a StartupError if the configuration files of an image have a fault."""
    project = read_project(None)
    c = load_configuration(config, Inputs(read_settings(ONLY_A_DEPLOYMENT_HAS), None, project))
    check_hub(c, project, building=True)
    say("The configuration is good")


def check_start(config: Path, cluster: Cluster | None) -> None:
    """Raise a StartupError if the hub cannot start."""
    settings = read_settings()
    wait_for_database(settings)
    project = read_project(cluster)
    c = load_configuration(config, Inputs(settings, cluster, project))
    check_hub(c, project, building=False)
    say("The configuration is good")


def wait_for_database(settings: Settings, pauses: Sequence[float] = PAUSES) -> None:
    """Return once a login succeeds; an open port does not yet mean a database that accepts logins."""
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
