"""Start a server without what its user has installed or configured, if that keeps it from starting.

The menu offers it where users have volumes: elsewhere nothing of theirs survives a stop. The files stay.

| variable | leaves out |
|---|---|
| PYTHONNOUSERSITE | packages of `pip install --user`, and their server extensions |
| JUPYTER_CONFIG_DIR | `~/.jupyter`: configuration, JupyterLab's settings and open tabs |
| JUPYTER_DATA_DIR | `~/.local/share/jupyter`: extensions and kernels |
| IPYTHONDIR | `~/.ipython`: code that runs when a kernel starts |
"""

from collections.abc import Iterable, Mapping
from typing import Any

OPTION = "packages"
_ELSEWHERE = "/tmp/without-own-packages"  # noqa: S108 (in the pod)
WITHOUT: Mapping[str, str] = {
    "PYTHONNOUSERSITE": "1",
    "JUPYTER_CONFIG_DIR": f"{_ELSEWHERE}/config",
    "JUPYTER_DATA_DIR": f"{_ELSEWHERE}/data",
    "IPYTHONDIR": f"{_ELSEWHERE}/ipython",
}
_CHOICE = {
    "display_name": "Your packages",
    "once": True,  # the page does not remember it
    "choices": {
        "with": {
            "display_name": "Use packages and settings in your home folder",
            "kubespawner_override": {"own_packages": True},
        },
        "without": {
            "display_name": "Start without them",
            "kubespawner_override": {"own_packages": False},
        },
    },
}


def with_packages_option(profiles: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add the choice to each profile of the menu."""
    return [
        {**profile, "profile_options": {**(profile.get("profile_options") or {}), OPTION: _CHOICE}}
        for profile in profiles
    ]
