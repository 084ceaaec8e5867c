"""JupyterHub for OpenShift: the package behind `jupyterhub_config.py`.

The classes that a configuration file may name are attributes of the package, imported when they are used:
`OpenShiftSpawner`, `ProjectAuthenticator`, `SeparateProxy`, `TemporaryAuthenticator`.
"""

from importlib import import_module

from .lazy_client import import_client_lazily

__version__ = "1.0.0"

_PUBLIC = {
    "OpenShiftSpawner": "spawner",
    "ProjectAuthenticator": "authenticator",
    "SeparateProxy": "proxy",
    "TemporaryAuthenticator": "authenticator",
}
__all__ = ["__version__", *_PUBLIC]  # noqa: PLE0604 (names of the table above)

import_client_lazily()


def __getattr__(name: str) -> object:
    """Import a public class at its first use: the commands do without JupyterHub, which takes a second."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PUBLIC[name]}", __name__), name)
