"""Check configuration files as the preflight does, with the image's own configuration beneath them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

from kubernetes_asyncio.client import Configuration
from traitlets.config import Config

from jupyterhub_openshift.cluster.api import Cluster
from jupyterhub_openshift.config_files import loader
from jupyterhub_openshift.config_files.hub_check import check_hub
from jupyterhub_openshift.errors import StartupError
from jupyterhub_openshift.inputs import Inputs, load_configuration
from tests.paths import CHECKOUT

from ..example_settings import PROJECT, settings

CLUSTER = Cluster("rec", Configuration())  # which the check does not ask
CONFIG = CHECKOUT / "jupyterhub_config.py"
CONFIG_MAP = "configs/jupyterhub_config.py"


def load(root: Path, files: Mapping[str, str], cluster: Cluster | None = CLUSTER, **values: object) -> Config:
    """Write the files below a root and load the whole configuration of the hub."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    with patch.object(loader.load_config_files, "__defaults__", (root,)):
        return load_configuration(CONFIG, Inputs(settings(**values), cluster, PROJECT))


def problems(root: Path, text: str, building: bool = False, **values: object) -> list[str]:
    """Return the lines of the preflight about the text of a config map, without its path."""
    try:
        check_hub(load(root, {CONFIG_MAP: text}, **values), PROJECT, building, root)
    except StartupError as stop:
        return [line.removeprefix(f"{root}/{CONFIG_MAP}, ") for line in str(stop).splitlines()]
    return []
