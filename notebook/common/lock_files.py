"""Read the versions that the lock file of uv or Poetry pins.

| lock file | how its packages are installed |
|---|---|
| `uv.lock` | `uv export` writes them as requirements: see install_packages.py |
| `poetry.lock` of Poetry 2 | translated here: it says for which group and platform each package is |
| `poetry.lock` of Poetry 1 | refused: it does not tell the packages of the project from its developers' |
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    from pip._vendor import tomli as tomllib

POETRY_1 = (
    "poetry.lock was written by Poetry 1, from which a build cannot tell your packages from those for "
    "development. Run 'poetry lock' with Poetry 2; or list poetry.lock in .s2iignore, to install the newest "
    "versions that pyproject.toml allows."
)


class Refusal(Exception):
    """A sentence for the build's log."""


def poetry_requirements(file: Path) -> Iterator[str]:
    """Translate a poetry.lock to the lines of a requirements file."""
    try:
        content = tomllib.loads(file.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refusal(f"poetry.lock cannot be read: {error}") from None
    packages = content.get("package", [])
    if any("groups" not in package for package in packages):
        raise Refusal(POETRY_1)
    for package in packages:
        if "main" in package["groups"] and not package.get("optional"):
            yield _requirement(package, file.parent)


def _requirement(package: Mapping[str, Any], folder: Path) -> str:
    """Translate one entry, such as `name = "pandas"`, `version = "2.0"`, `markers = "..."`."""
    name, source = package["name"], package.get("source", {})
    kind, url = source.get("type", ""), source.get("url", "")
    if kind == "git":
        line = f"{name} @ git+{url}@{source['resolved_reference']}"
    elif kind == "url":
        line = f"{name} @ {url}"
    elif kind in ("file", "directory"):
        line = f"{name} @ {(folder / url).resolve().as_uri()}"
    else:
        line = f"{name}=={package['version']}"
    markers = package.get("markers", "")
    if isinstance(markers, Mapping):  # by group
        markers = markers.get("main", "")
    hashes = [] if kind else [f"--hash={each['hash']}" for each in package.get("files", [])]
    return " ".join([f"{line} ; {markers}" if markers else line, *hashes])
