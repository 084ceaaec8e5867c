"""The commands that stand in for `oc`: one parser for the command line and the transcript."""

from __future__ import annotations

import argparse
from typing import Any

from sandbox.cli import create, get, logs
from sandbox.cli.shell import Shell


def add_parsers(commands: Any) -> None:  # noqa: ANN401
    """Add the parsers of all commands."""
    for module in (create, get, logs):
        module.add_parsers(commands)


async def run(shell: Shell, *argv: str) -> int:
    """Run a command, such as `run(shell, "get", "pods")`."""
    parser = argparse.ArgumentParser(prog="oc")
    add_parsers(parser.add_subparsers(required=True))
    args = parser.parse_args(argv)
    return int(await args.run(shell, args))
