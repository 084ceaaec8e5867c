"""The pages of the documentation, and the commands and examples in them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
DOCS = CHECKOUT / "docs"
PAGES = {str(path.relative_to(DOCS)): path.read_text() for path in sorted(DOCS.rglob("*.md"))}
BLOCK = re.compile(r"^(?:<!-- (?P<mark>[^\n]+) -->\n)?```sh\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A command of a page: its words, and what it reads from a here-document."""

    words: tuple[str, ...]
    stdin: str = ""


@dataclass(frozen=True)
class Block:
    """A block of commands, and the comment in front of it: `run by: FILE` or `not run: REASON`."""

    mark: str
    text: str
    commands: tuple[Command, ...]


def blocks(text: str) -> list[Block]:
    """The shell blocks of a page."""
    return [
        Block(found["mark"] or "", found["text"], tuple(commands(found["text"])))
        for found in BLOCK.finditer(text)
    ]


def commands(text: str) -> list[Command]:
    """The commands of a block: continued lines, quotes over several lines and here-documents are one each."""
    found: list[Command] = []
    lines = iter(text.replace("\\\n", " ").splitlines())
    for line in lines:
        stdin = ""
        while True:
            try:
                words = shlex.split(line, comments=True)
                break
            except ValueError:  # a quote ends on a later line
                line = f"{line}\n{next(lines)}"  # noqa: PLW2901
        if words and words[-1].startswith("<<"):
            end = words.pop().removeprefix("<<")
            stdin = "\n".join(iter(lambda: next(lines), end)) + "\n"
        if words:
            found.append(Command(tuple(words), stdin))
    return found


def examples(language: str) -> list[tuple[str, str]]:
    """The blocks of a language with the page that each is on."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [(page, code) for page, text in PAGES.items() for code in pattern.findall(text)]
