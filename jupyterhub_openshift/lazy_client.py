"""Import the classes of the cluster's client when they are used.

kubernetes_asyncio imports all its 861 modules of models and APIs at once: 0.2 s of CPU and 30 MB for a hub
that uses fifty. Its packages `client`, `client.api` and `client.models` consist of nothing but such imports:
their lines tell from which module a name comes. A version that is written otherwise is imported as it is.

Upstream could define `__getattr__` in these packages (PEP 562).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

CLIENT = "kubernetes_asyncio.client"
PACKAGES = {CLIENT, f"{CLIENT}.api", f"{CLIENT}.models"}
_IMPORT = re.compile(r"^from (kubernetes_asyncio\.client\.\S+) import (\w+)$", re.MULTILINE)
_ANY_IMPORT = re.compile(r"^\s*(?:from|import) (?!__future__)", re.MULTILINE)
_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find these packages as usual, to be loaded lazily."""
        if fullname not in PACKAGES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and spec.origin and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.origin)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        """Define the package's names, each imported at its first use."""
        source = self.get_source(self.name) or ""
        origins = {name: origin for origin, name in _IMPORT.findall(source)}
        if len(_IMPORT.findall(source)) != len(_ANY_IMPORT.findall(source)):
            super().exec_module(module)
            return

        def load(name: str) -> object:
            if name not in origins:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            value = getattr(import_module(origins[name]), name)
            setattr(module, name, value)
            return value

        version = _VERSION.search(source)
        names = {"__version__": version[1]} if version else {}
        module.__dict__.update(names, __all__=[*origins], __getattr__=load)


def import_client_lazily() -> None:
    """Do so in this process, from the next import of kubernetes_asyncio on."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
