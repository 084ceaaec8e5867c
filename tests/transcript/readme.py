"""The commands in the README."""

from __future__ import annotations

import re
import shlex

from tests.paths import CHECKOUT


def sections() -> dict[str, list[list[str]]]:
    """The words of each command in the README's shell blocks, by section heading."""
    found: dict[str, list[list[str]]] = {}
    for part in re.split(r"^## ", (CHECKOUT / "README.md").read_text(), flags=re.MULTILINE)[1:]:
        heading = part.splitlines()[0]
        for block in re.findall(r"^```sh\n(.*?)^```", part, re.MULTILINE | re.DOTALL):
            lines = block.replace("\\\n", " ").replace(" && ", "\n").splitlines()
            found.setdefault(heading, []).extend(shlex.split(line) for line in lines)
    return found


def oc_commands(heading: str) -> list[list[str]]:
    """The `oc` commands of a section, without the word `oc`."""
    return [words[1:] for words in sections()[heading] if words[0] == "oc"]
