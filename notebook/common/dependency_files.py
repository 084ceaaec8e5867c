"""Find the files in which a repository names its Python packages; print arguments for `uv pip install`.

    python dependency_files.py REPOSITORY WORK

| file | what is installed | condition |
|---|---|---|
| `requirements.txt` | its packages | |
| `Pipfile.lock`, else `Pipfile` | its packages | no requirements.txt, or ENABLE_PIPENV, ENABLE_MICROPIPENV |
| `setup.py` | the project | not DISABLE_SETUP_PY_PROCESSING |
| `pyproject.toml`, `[build-system]` | the project | not DISABLE_PYPROJECT_TOML_PROCESSING |
| `pyproject.toml`, `[project]` alone | the project's dependencies | the same |
| `uv.lock`, `poetry.lock` | the versions of the project's dependencies | beside `pyproject.toml` |

This is what the assemble script of the sclorg Python images installs. If the folder `binder` or `.binder`
names Python packages, only that folder is read, as by repo2docker. Files that need conda, R, Julia, Nix or
apt are refused, and so are misspelled names: a build that leaves packages out must not succeed.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lock_files import Refusal, poetry_requirements
from requirement_lines import readable

if sys.version_info >= (3, 11):
    import tomllib
else:
    from pip._vendor import tomli as tomllib

BINDER_FOLDERS = ("binder", ".binder")
PYTHON_FILES = ("requirements.txt", "Pipfile.lock", "Pipfile", "setup.py", "pyproject.toml")
UNREAD_LOCK_FILES = ("pdm.lock", "pylock.toml")
CONDA = (
    "needs conda, which is not in this image. List the packages in requirements.txt instead, one per line, "
    "for example: pandas>=2"
)
APT = "names Debian packages, which a build cannot install without root. Build on a base image that has them"
LANGUAGE = "is for a language that is not in this image"
UNSUPPORTED = {
    "environment.yml": CONDA,
    "environment.yaml": CONDA,
    "pixi.toml": CONDA,
    "conda-lock.yml": CONDA,
    "apt.txt": APT,
    "install.R": LANGUAGE,
    "Project.toml": LANGUAGE,
    "default.nix": "needs Nix, which is not in this image",
}
UNSUPPORTED_IN_BINDER = {
    "Dockerfile": "is not read: the build uses this image as the base",
    "start": "is not run: set environment variables in .s2i/environment",
}
MISSPELLED = {
    "requirement.txt": "requirements.txt",
    "requirements.text": "requirements.txt",
    "requirements.in": "requirements.txt",
    "environment.txt": "requirements.txt",
    "pip.txt": "requirements.txt",
}
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass
class Plan:
    """The arguments of `uv pip install`, and remarks for the build's log."""

    arguments: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read_repository(repository: Path, work: Path, environ: Mapping[str, str]) -> Plan:
    """Choose the files to install from."""
    binder = [repository / name for name in BINDER_FOLDERS if (repository / name).is_dir()]
    for folder in (*binder, repository):
        refuse_misspelled(folder, repository)
    chosen = next((folder for folder in binder if python_files(folder)), repository)
    refuse_unsupported((repository, *binder), chosen, repository)
    plan = Plan()
    if chosen != repository:
        for name in python_files(repository):
            plan.remarks.append(f"{name} is not read, since {chosen.name}/ names the packages")
    found = python_files(chosen)
    pipenv = bool(environ.get("ENABLE_PIPENV") or environ.get("ENABLE_MICROPIPENV"))
    pipfiles = [name for name in ("Pipfile.lock", "Pipfile") if name in found]
    if "requirements.txt" in found and not (pipenv and pipfiles):
        make_utf8(chosen / "requirements.txt")
        plan.arguments += ["--requirement", str(chosen / "requirements.txt")]
        plan.remarks += [f"{name} is not read, since there is a requirements.txt" for name in pipfiles[-1:]]
    elif pipfiles:
        converted = work / "pipfile-requirements.txt"
        converted.write_text("\n".join(pipfile_requirements(chosen / pipfiles[0])) + "\n")
        plan.arguments += ["--requirement", str(converted)]
    add_project(plan, chosen, work, environ)
    add_runtime(plan, chosen)
    if not found:
        for file in sorted(repository.glob("*/requirements.txt")):
            path = file.relative_to(repository)
            plan.remarks.append(
                f"{path} is not read: the parameter CONTEXT_DIR chooses the folder of a build"
            )
    return plan


def python_files(folder: Path) -> list[str]:
    """Return the names of the files that name Python packages."""
    return [name for name in PYTHON_FILES if (folder / name).is_file()]


def refuse_misspelled(folder: Path, repository: Path) -> None:
    """Refuse a file that is not read because of its name."""
    known = {name.casefold(): name for name in (*PYTHON_FILES, *UNSUPPORTED, "postBuild")}
    if not python_files(folder):
        known |= MISSPELLED
    for file in sorted(folder.iterdir()):
        right = known.get(file.name.casefold())
        if right and right != file.name and file.is_file() and not (folder / right).exists():
            raise Refusal(f"{file.relative_to(repository)} is not read. Rename it to {right}.")
    if not python_files(folder):
        refuse_unread(folder)


def refuse_unread(folder: Path) -> None:
    """Refuse files that name packages, and would be read only beside another file."""
    for pattern in ("requirements/*.txt", "requirements[-_.]*.txt"):
        for file in sorted(folder.glob(pattern)):
            path = file.relative_to(folder)
            without = "" if path.parent.name else f". To build without it, list {path} in .s2iignore."
            raise Refusal(f"{path} is not read. Add a requirements.txt with the line: -r {path}{without}")
    for name in ("uv.lock", "poetry.lock"):
        if (folder / name).is_file():
            raise Refusal(f"{name} is read only beside its pyproject.toml, which is not in the repository.")
    setup = folder / "setup.cfg"
    if setup.is_file() and "install_requires" in setup.read_text(errors="replace"):
        raise Refusal(
            "setup.cfg is read only beside a setup.py. Add one with the line: "
            "from setuptools import setup; setup()"
        )


def refuse_unsupported(folders: tuple[Path, ...], chosen: Path, repository: Path) -> None:
    """Refuse files of other package managers; conda's only if no other file names Python packages."""
    for folder in folders:
        for name, reason in UNSUPPORTED.items():
            if (folder / name).is_file() and not (reason == CONDA and python_files(chosen)):
                path = (folder / name).relative_to(repository)
                ignore = "" if reason == CONDA else f". To build without it, list {path} in .s2iignore."
                raise Refusal(f"{path} {reason}{ignore}")
        for name, reason in UNSUPPORTED_IN_BINDER.items() if folder != repository else ():
            if (folder / name).is_file():
                path = (folder / name).relative_to(repository)
                raise Refusal(f"{path} {reason}. To build without it, list {path} in .s2iignore.")


def add_project(plan: Plan, folder: Path, work: Path, environ: Mapping[str, str]) -> None:
    """Add the project of setup.py or pyproject.toml, with the versions of its lock file."""
    setup, toml = folder / "setup.py", folder / "pyproject.toml"
    by_setup = setup.is_file() and not environ.get("DISABLE_SETUP_PY_PROCESSING")
    if not toml.is_file() or environ.get("DISABLE_PYPROJECT_TOML_PROCESSING"):
        if by_setup:
            add_folder(plan, folder)
        return
    try:
        content = tomllib.loads(toml.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refusal(f"pyproject.toml cannot be read: {error}") from None
    poetry = content.get("tool", {}).get("poetry", {})
    locked = add_lock(plan, folder, work, content)
    not_built = "build-system" not in content and "dependencies" in poetry
    if (poetry.get("package-mode") is False or not_built) and "project" not in content and not locked:
        what = "[tool.poetry] without [build-system]" if not_built else "package-mode = false"
        raise Refusal(
            f"pyproject.toml has {what}, which only Poetry can read. Write the packages to "
            "requirements.txt: poetry export --without-hashes --output requirements.txt"
        )
    if by_setup or ("build-system" in content and poetry.get("package-mode") is not False):
        add_folder(plan, folder)
    elif "project" in content:
        plan.arguments += ["--requirement", str(toml)]
    elif not locked:
        plan.remarks.append("pyproject.toml names no packages: it has neither [project] nor [build-system]")
        return
    for name in UNREAD_LOCK_FILES:
        if (folder / name).is_file():
            plan.remarks.append(f"{name} is not read: the versions come from pyproject.toml")


def add_lock(plan: Plan, folder: Path, work: Path, content: Mapping[str, Any]) -> bool:
    """Add the pinned versions of the project; return whether there are any."""
    if (folder / "uv.lock").is_file() and "project" in content:
        plan.arguments += ["--uv-lock", str(folder)]
        return True
    if (folder / "poetry.lock").is_file():
        converted = work / "poetry-requirements.txt"
        converted.write_text("\n".join(poetry_requirements(folder / "poetry.lock")) + "\n")
        plan.arguments += ["--requirement", str(converted)]
        return True
    return False


def add_folder(plan: Plan, folder: Path) -> None:
    """Install the folder, if requirements.txt does not name it."""
    requirements = folder / "requirements.txt"
    text = requirements.read_text() if requirements.is_file() else ""
    if not re.search(r"^\s*(-e|--editable)?[ =]*\./?(\[.*\])?\s*(#.*)?$", text, re.MULTILINE):
        plan.arguments.append(str(folder))


def add_runtime(plan: Plan, folder: Path) -> None:
    """Say that Binder's runtime.txt does not choose the version of Python."""
    runtime = folder / "runtime.txt"
    wanted = runtime.read_text(errors="replace").strip() if runtime.is_file() else ""
    own = "python-{}.{}".format(*sys.version_info)
    if wanted and wanted != own and not wanted.startswith(f"{own}."):
        plan.remarks.append(f"runtime.txt asks for {wanted}, but this image has {own}")


def make_utf8(file: Path, seen: frozenset[Path] = frozenset()) -> None:
    """Rewrite a requirements file and those that it names as UTF-8: PowerShell writes UTF-16."""
    if not file.is_file() or file.resolve() in seen:
        return  # uv names the file and the line
    content = file.read_bytes()
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise Refusal(f"{file.name} is not in UTF-8. Save it as UTF-8.") from None
    if (rewritten := readable(text, file.name)) != text or encoding != "utf-8":
        file.write_text(rewritten)
    for name in re.findall(r"^\s*(?:-r|-c|--requirement|--constraint)[ =]*([^\s#]+)", text, re.MULTILINE):
        if "://" not in name:
            make_utf8(file.parent / name, seen | {file.resolve()})


def pipfile_requirements(file: Path) -> Iterator[str]:
    """Translate a Pipfile or its lock to the lines of a requirements file."""
    try:
        text = file.read_text("utf-8-sig")
        content = json.loads(text) if file.name == "Pipfile.lock" else tomllib.loads(text)
    except (ValueError, UnicodeDecodeError) as error:
        raise Refusal(f"{file.name} cannot be read: {error}") from None
    locked = file.name == "Pipfile.lock"
    sources = content.get("_meta", {}).get("sources", []) if locked else content.get("source", [])
    for number, source in enumerate(sources):
        url = os.path.expandvars(source["url"])
        if "pypi.org" not in url:
            yield f"{'--extra-index-url' if number else '--index-url'} {url}"
    for name, wanted in content.get("default" if locked else "packages", {}).items():
        yield pipfile_requirement(name, wanted, file.parent)


def pipfile_requirement(name: str, wanted: str | Mapping[str, Any], folder: Path) -> str:
    """Translate one entry, such as `{version = ">=2", extras = ["socks"]}`."""
    entry = {"version": wanted} if isinstance(wanted, str) else wanted
    full = f"{name}[{','.join(entry['extras'])}]" if entry.get("extras") else name
    if "git" in entry:
        ref = f"@{entry['ref']}" if entry.get("ref") else ""
        line = f"{full} @ git+{entry['git'].removeprefix('git+')}{ref}"
    elif "path" in entry or "file" in entry:
        place = str(entry.get("path") or entry.get("file"))
        line = f"{full} @ {place}" if "://" in place else f"{full} @ {(folder / place).resolve().as_uri()}"
    else:
        version = entry.get("version", "*")
        line = full if version == "*" else f"{full}{version}"
    markers = [entry[key] if key == "markers" else f"{key} {entry[key]}" for key in MARKERS if entry.get(key)]
    if markers:
        line += " ; " + " and ".join(f"({marker})" for marker in markers)
    return " ".join([line, *(f"--hash={each}" for each in entry.get("hashes", []))])


MARKERS = ("markers", "sys_platform", "platform_system", "python_version", "os_name")


if __name__ == "__main__":
    try:
        found = read_repository(Path(sys.argv[1]), Path(sys.argv[2]), os.environ)
    except Refusal as refusal:
        sys.exit(f"ERROR: {refusal}")
    for remark in found.remarks:
        print(f"     {remark}", file=sys.stderr)
    print(*found.arguments, sep="\n", end="\n" if found.arguments else "")
