"""The user's own configuration files, on top of ours, in this order (each may be missing):

1. `/opt/app-root/src/jupyterhub_config.py`             in the repository of a custom hub image
2. `/opt/app-root/src/jupyterhub_config.d/*.py`         the same, in the order of their names
3. `/opt/app-root/configs/jupyterhub_config.py`         the config map

They are run like any JupyterHub configuration file (`c`, `get_config()` and `load_subconfig()` are there),
and modules beside the first one can be imported. A fault stops the hub with file, line and setting; values
are never shown, since they may be secret.
"""

import ast
import sys
import traceback
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

from traitlets.config import Config

from .fault import Fault, say
from .traits import Checker

ROOT = Path("/opt/app-root")


class BadLayer(Fault):
    """A file of the user's that cannot be used."""


def load_layers(c: Config, building: bool, root: Path = ROOT) -> None:
    """Run the files; `building`: outside of the cluster, where the deployment's environment is not there."""
    sys.path.append(str(root / "src"))
    files = [path for path in layer_files(root) if path.is_file()]
    for path in files:
        say(f"Loading {path}")
        before = deepcopy(c)
        _run(c, path, building)
        _check(c, before, path)
    if not files:
        say("No configuration files beside the image's own")


def layer_files(root: Path) -> list[Path]:
    """Where they may be, in load order."""
    source = root / "src"
    return [
        source / "jupyterhub_config.py",
        *sorted((source / "jupyterhub_config.d").glob("*.py")),
        root / "configs" / "jupyterhub_config.py",
    ]


def _run(c: Config, path: Path, building: bool) -> None:
    def load_subconfig(name: str, folder: str | None = None) -> None:
        sub = (Path(folder) if folder else path.parent) / name
        if sub.is_file():  # as traitlets: a missing one is passed over
            _run(c, sub, building)

    namespace = {"c": c, "get_config": lambda: c, "load_subconfig": load_subconfig, "__file__": str(path)}
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), namespace)  # noqa: S102
    except Fault:
        raise
    except SyntaxError as error:
        where = error.filename or str(path)
        raise BadLayer(f"{where}, line {error.lineno}: {error.msg} (the file is not valid Python)") from None
    except Exception as error:
        frames = list(traceback.walk_tb(error.__traceback__))
        line = next((no for frame, no in reversed(frames) if frame.f_code.co_filename == str(path)), None)
        if building and isinstance(error, KeyError) and frames[-1][0].f_globals["__name__"] == "os":
            missing = f"needs the environment variable {error}, which only a deployment has"
            say(f"{path}, line {line}: {missing}; the rest of the file is not checked")
            return
        setting = _setting_at(path, line)
        raise BadLayer(
            f"{path}, line {line}: {f'{setting}: ' if setting else ''}{type(error).__name__}: {error}"
        ) from None


def _check(c: Config, before: Config, path: Path) -> None:
    """Report every setting that this file has made and that JupyterHub would pass over or refuse later."""
    checker = Checker(c)
    lines = {setting: line for line, setting in reversed(_settings_in(path))}  # the first line of each
    problems = []
    for section, key in _changed(c, before):
        if problem := checker.problem(section, key, c[section][key]):
            line = lines.get(f"c.{section}.{key}", 0)
            where = f"{path}, line {line}" if line else str(path)
            problems.append((line, f"{where}: c.{section}.{key} {problem}"))
    if problems:
        raise BadLayer("\n".join(text for _, text in sorted(problems)))


def _changed(c: Config, before: Config) -> Iterator[tuple[str, str]]:
    for section in c:
        if isinstance(c[section], Config):
            for key, value in c[section].items():
                old = before.get(section, {})
                if key not in old or _differs(old[key], value):
                    yield section, key


def _differs(old: object, new: object) -> bool:
    try:
        return bool(old != new)
    except Exception:  # a value that cannot be compared, such as an array
        return True


def _setting_at(path: Path, line: int | None) -> str:
    return next((setting for first, setting in _settings_in(path) if first == line), "")


def _settings_in(path: Path) -> list[tuple[int, str]]:
    """Line and name of each `c.Class.trait = ...` (also `.append(...)` and the like) in a file."""
    found = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            owner = node.value.value
            if isinstance(owner, ast.Name) and owner.id == "c":
                found.append((node.lineno, f"c.{node.value.attr}.{node.attr}"))
    return found
