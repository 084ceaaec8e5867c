"""What the configuration is made from: the settings, the cluster's API and the project, each read once.

`jupyterhub_config.py` calls `read_inputs`. In the hub this reads the environment and asks the API. The
commands (`check`, `settings`) and an image build have done so already, and hand on what they have read.
"""

from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from .cluster.api import Cluster, find_cluster
from .cluster.project import Project, read_project
from .settings.environment import Settings, read_settings


class Inputs(NamedTuple):
    """Settings, API and project of one hub."""

    settings: Settings
    cluster: Cluster | None
    project: Project


_handed_on: ContextVar[Inputs | None] = ContextVar("inputs", default=None)


def read_inputs() -> Inputs:
    """Return what `load_configuration` was given; otherwise read the environment and ask the API."""
    if inputs := _handed_on.get():
        return inputs
    settings = read_settings()
    cluster = find_cluster()
    return Inputs(settings, cluster, read_project(cluster))


def load_configuration(config: Path, inputs: Inputs) -> Config:
    """Run the configuration file as JupyterHub does, with inputs that are read already."""
    token = _handed_on.set(inputs)
    try:
        loaded: Config = PyFileConfigLoader(str(config)).load_config()
    finally:
        _handed_on.reset(token)
    return loaded
