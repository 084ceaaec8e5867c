"""Find the file and line of a setting in the user's configuration files."""

import ast
from pathlib import Path
from typing import NamedTuple

Setting = tuple[str, str]  # section and key, as in `c.Section.key`


class Origin(NamedTuple):
    """The last place that assigns or changes a setting."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}"


def settings_in(path: Path) -> list[tuple[int, Setting]]:
    """Return line and name of each `c.Section.key` in a file, whether assigned, appended to or read."""
    found = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            owner = node.value.value
            if isinstance(owner, ast.Name) and owner.id == "c":
                found.append((node.lineno, (node.value.attr, node.attr)))
    return found


def origins(paths: list[Path]) -> dict[Setting, Origin]:
    """Return the origin of every setting that the files, given in load order, mention."""
    return {
        setting: Origin(path, line)
        for path in paths
        if path.is_file()
        for line, setting in reversed(settings_in(path))
    }
