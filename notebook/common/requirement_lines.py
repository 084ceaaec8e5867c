"""Lines of requirements files that uv cannot read, though people write them.

| line | written by | here |
|---|---|---|
| `-e git+https://host/mine#egg=mine` | pip | `mine @ git+https://host/mine`: what is built is not edited |
| `pandas=2.0=py312_0` | conda list --export | refused: write `pandas==2.0` |
| `pandas @ file:///croot/pandas/work` | pip freeze, in an environment of conda | refused: write `pandas` |
| `pip install pandas` | people | refused: write `pandas` |
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lock_files import Refusal

EDITABLE = re.compile(
    r"^\s*(?:-e|--editable)[ =]*(?P<url>git\+[^\s#]+)#(?:\S*&)?egg=(?P<name>[\w.-]+(?:\[[\w.,-]+\])?)\S*",
    re.MULTILINE,
)
CONDA = re.compile(r"^\s*(?P<name>\w[\w.-]*)=(?P<version>[\w.]+)(=[\w.]+)?\s*(#.*)?$")
PLACE = re.compile(r"^\s*(?P<name>[\w.-]+)(\[.*\])?\s*@\s*(?P<url>file://\S+)")
COMMAND = re.compile(r"^\s*[!%$]?\s*(?:python3? -m )?pip3? install (?P<rest>.+)$")


def readable(text: str, file: str) -> str:
    """Return the text with lines that uv can read; refuse others with what to write instead."""
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{file}, line {number}: {line.strip()!r}"
        if match := CONDA.match(line):
            raise Refusal(f"{where} is in conda's format. Write: {match['name']}=={match['version']}")
        if match := COMMAND.match(line):
            raise Refusal(f"{where} is a command. Write its packages, one a line: {match['rest'].strip()}")
        if (match := PLACE.match(line)) and not Path(unquote(urlsplit(match["url"]).path)).exists():
            raise Refusal(f"{where} names a place that the build does not have. Write: {match['name']}")
    return EDITABLE.sub(lambda match: f"{match['name']} @ {match['url']}", text)
