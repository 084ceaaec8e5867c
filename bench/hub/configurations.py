"""The configurations that are compared: ours, the peer's, or any file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.paths import CHECKOUT

from .virtual_cluster import API_PORT

TOKEN = "the-proxy-token"
DATABASE = "postgresql+psycopg2://jupyterhub@127.0.0.1:5432/postgres"
IN_CLUSTER = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(API_PORT)}
PEER = Path(__file__).with_name("peer") / "jupyterhub_config.py"
OURS = {
    "APPLICATION_NAME": "jupyterhub",
    "JUPYTERHUB_AUTHENTICATOR": "dummy",
    "JUPYTERHUB_ALLOW": "everyone",
    "JUPYTERHUB_VOLUME_SIZE": "1Gi",
    "JUPYTERHUB_IDLE_TIMEOUT": "3600",  # as cull.timeout
    "JUPYTERHUB_DATABASE_HOST": "127.0.0.1",
    "JUPYTERHUB_DATABASE_NAME": "postgres",
}


@dataclass(frozen=True)
class Configuration:
    """A configuration file and its environment."""

    name: str
    module: str  # that Python runs
    file: Path
    environ: Mapping[str, str]


def configuration(name: str) -> Configuration:
    """`ours`, `peer`, or the path of a configuration file."""
    common = {**IN_CLUSTER, "CONFIGPROXY_AUTH_TOKEN": TOKEN, "PYTHONPATH": str(CHECKOUT)}
    if name == "ours":
        ours = CHECKOUT / "jupyterhub_config.py"
        return Configuration(
            name, "jupyterhub_openshift.start_hub", ours, {**common, **OURS}
        )  # see builder/run
    file = PEER if name == "peer" else Path(name).resolve()
    return Configuration(name, "jupyterhub", file, {**common, "BENCH_DATABASE": DATABASE})
