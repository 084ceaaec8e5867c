"""The configurations that are compared: ours, the peer's, or any file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.paths import CHECKOUT

from .processes import DATABASE, TOKEN, in_cluster

PEER = Path(__file__).with_name("peer") / "jupyterhub_config.py"
OURS = {
    "APPLICATION_NAME": "jupyterhub",
    "JUPYTERHUB_AUTHENTICATOR": "dummy",
    "JUPYTERHUB_ALLOW": "everyone",
    "JUPYTERHUB_VOLUME_SIZE": "1Gi",
    "JUPYTERHUB_DATABASE_HOST": "127.0.0.1",
    "JUPYTERHUB_DATABASE_NAME": "postgres",
}


@dataclass(frozen=True)
class Configuration:
    """A configuration file and its environment."""

    name: str
    file: Path
    environ: Mapping[str, str]


def configuration(name: str) -> Configuration:
    """`ours`, `peer`, or the path of a configuration file."""
    common = {**in_cluster(), "CONFIGPROXY_AUTH_TOKEN": TOKEN, "PYTHONPATH": str(CHECKOUT)}
    if name == "ours":
        return Configuration(name, CHECKOUT / "jupyterhub_config.py", {**common, **OURS})
    file = PEER if name == "peer" else Path(name).resolve()
    return Configuration(name, file, {**common, "BENCH_DATABASE": DATABASE})
