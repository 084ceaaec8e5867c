"""Load the user's configuration files on top of ours, in this order (all are optional):

1. `/opt/app-root/src/jupyterhub_config.py`             in the repository of a custom hub image
2. `/opt/app-root/src/jupyterhub_config.d/*.py`         the same, sorted by name
3. `/opt/app-root/configs/jupyterhub_config.py`         the config map

They run like any JupyterHub configuration file, with `c`, `get_config()` and `load_subconfig()`, and can
import modules beside the first one, and other keys of the config map. A problem stops the hub with file, line
and setting; values are not shown, because they may be secret.
"""

import sys
import traceback
from collections.abc import Iterator
from importlib.util import decode_source
from pathlib import Path

from traitlets.config import Config

from ..errors import StartupError, say
from ..settings.environment import Settings
from .old_names import REMOVED_FILES, REMOVED_VARIABLES
from .origins import settings_in
from .snapshot import copied
from .trait_check import TraitChecker

ROOT = Path("/opt/app-root")
# Files of which an image build runs only the part before a variable that only a deployment has.
INCOMPLETE: set[Path] = set()


class ConfigFileError(StartupError):
    """A configuration file that cannot be used."""


def load_config_files(c: Config, settings: Settings, building: bool, root: Path = ROOT) -> None:
    """Run the files; `building` means in an image build, without the environment of a deployment."""
    sys.path += [str(root / "src"), str(root / "configs")]
    _refuse_removed_files(root)
    files = [path for path in config_file_paths(root) if path.is_file()]
    for path in files:
        say(f"Loading {path}")
        before = copied(c)
        complete, failure = True, []
        try:
            complete = _run(c, path, settings, building)
        except ConfigFileError as stopped:
            failure = [str(stopped)]
        _merge_replaced_sections(c, before)
        (INCOMPLETE.discard if complete else INCOMPLETE.add)(path)
        if problems := [*_problems(c, before, path, complete), *failure]:
            raise ConfigFileError("\n".join(problems))
    if not files:
        say("There are no configuration files of your own")


def config_file_paths(root: Path) -> list[Path]:
    """Return the possible paths in load order."""
    source = root / "src"
    return [
        source / "jupyterhub_config.py",
        *sorted((source / "jupyterhub_config.d").glob("*.py")),
        root / "configs" / "jupyterhub_config.py",
    ]


def _refuse_removed_files(root: Path) -> None:
    """Refuse files that only the first quickstart read, instead of ignoring them."""
    found = [(root / name, what) for name, what in REMOVED_FILES.items() if (root / name).is_file()]
    lines = [f"{path} is no longer read. {what}" for path, what in found if path.stat().st_size]
    if lines:
        raise ConfigFileError("\n".join(lines))


def _run(c: Config, path: Path, settings: Settings, building: bool) -> bool:
    """Run a file; return whether it ran to its end, or raise a ConfigFileError."""
    complete = True

    def load_subconfig(name: str, folder: str | None = None) -> None:
        nonlocal complete
        sub = (Path(folder) if folder else path.parent) / name
        if sub.is_file():  # traitlets ignores a missing file too
            complete = _run(c, sub, settings, building) and complete

    namespace = {"c": c, "get_config": lambda: c, "load_subconfig": load_subconfig, "__file__": str(path)}
    try:
        exec(compile(_source(path), str(path), "exec"), namespace)  # noqa: S102
    except StartupError:
        raise
    except SyntaxError as error:
        where = error.filename or str(path)
        raise ConfigFileError(
            f"{where}, line {error.lineno}: {error.msg} (the file is not valid Python)"
        ) from None
    except (Exception, SystemExit) as error:
        frames = list(traceback.walk_tb(error.__traceback__))
        line = next((no for frame, no in reversed(frames) if frame.f_code.co_filename == str(path)), None)
        setting = _setting_at(path, line)
        where = f"{path}{f', line {line}' if line else ''}: {f'{setting}: ' if setting else ''}"
        if isinstance(error, KeyError) and frames[-1][0].f_globals["__name__"] == "os":
            if building:
                only = "which is set only in a deployment; in the rest of the file only names are checked"
                say(f"{path}, line {line}: needs the environment variable {error}, {only}")
                return False
            # In the secret: `oc set env` leaves out the init container, which checks the configuration.
            example = f"oc set data secret/{settings.application_name}"
            raise ConfigFileError(
                f"{where}needs the environment variable {error}, which is not set. "
                f"An example that works: {example} {error.args[0]}=..."
            ) from None
        if isinstance(error, TypeError) and "LazyConfigValue" in str(error) and setting:
            raise ConfigFileError(f"{path}, line {line}: {setting} {_unset_value(setting, error)}") from None
        if isinstance(error, SystemExit):
            raise ConfigFileError(f"{where}ends the hub: SystemExit({error.code!r})") from None
        text = f"{where}{type(error).__name__}: {error}"
        if isinstance(error, NameError) and error.name in REMOVED_VARIABLES:
            text += f". {REMOVED_VARIABLES[error.name]}"
        raise ConfigFileError(text) from None
    return complete


def _merge_replaced_sections(c: Config, before: Config) -> None:
    """Add to a section that `c.update({"Class": {...}})` replaces: it would lose what was set before."""
    for name, section in c.items():
        if isinstance(section, dict) and not isinstance(section, Config):
            c[name] = Config({**before.get(name, {}), **section})


def _source(path: Path) -> bytes:
    """Return the bytes of a file that Python can decode: a byte order mark and Windows line ends are fine."""
    source = path.read_bytes()
    try:
        readable = "\0" not in decode_source(source)
    except (UnicodeDecodeError, SyntaxError):
        readable = False
    if not readable:
        raise ConfigFileError(f"{path} is not text in UTF-8. Save it with that encoding.")
    return source


def _unset_value(setting: str, error: TypeError) -> str:
    """Explain why a setting without a value in an earlier file can neither be indexed nor added to."""
    way = f"{setting}.extend([...])" if "+=" in str(error) else f"{setting}.update({{...}})"
    return f"has no value yet, which could be changed in place. Assign it, or write {way}"


def _problems(c: Config, before: Config, path: Path, complete: bool) -> list[str]:
    """Return the problems of the settings in this file; warn of old names that still work."""
    made = {(section, key): c[section][key] for section, key in _changed(c, before)}
    if complete and not made:
        return []
    checker = TraitChecker(c)
    lines = {setting: line for line, setting in reversed(settings_in(path))}  # the first line wins
    found = {setting: checker.problem(*setting, value) for setting, value in made.items()}
    if not complete:  # the rest of the file may define further classes
        unreached = [each for each in lines if each not in made and each[0] in checker.classes]
        found |= {setting: checker.unknown(*setting) for setting in unreached}
    by_line = sorted((lines.get((section, key), 0), section, key) for section, key in found)
    problems = []
    for line, section, key in by_line:
        where = f"{path}, line {line}: c.{section}.{key}" if line else f"{path}: c.{section}.{key}"
        if problem := found[section, key]:
            problems.append(f"{where} {problem}")
        elif old := checker.old_name(section, key):
            say(f"WARNING: {where} {old}")
    return problems


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
    except Exception:  # cannot be compared, such as a numpy array
        return True


def _setting_at(path: Path, line: int | None) -> str:
    return next((f"c.{'.'.join(setting)}" for first, setting in settings_in(path) if first == line), "")
