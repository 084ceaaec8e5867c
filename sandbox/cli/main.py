"""The command `python -m sandbox`: starts the sandbox, and stands in for `oc`, with its output.

| here | `oc` |
|---|---|
| `up`, `down`, `status`, `run` | none: they are about the sandbox |
| `create`, `new-app`, `policy`, `start-build`, `logs`, `rollout`, `get`, `delete` | the same; see `--help` |
| `build NAME` | `start-build NAME` |
| any other command, and other options of these | a real client runs it, see `kubectl` |
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path
from typing import NoReturn

from sandbox.apimachinery.errors import StatusError
from sandbox.cli import get, kubectl, oc, server
from sandbox.cli.client import Client, NotRunning
from sandbox.cli.shell import Shell, UsageError
from sandbox.paths import CHECKOUT, COMMAND, STATE

OWN = ("build", "down", "new-app", "policy", "run", "start-build", "status", "up")


def main(argv: list[str] | None = None) -> int:
    """Run a command; return the exit code."""
    words = sys.argv[1:] if argv is None else argv
    try:
        try:
            args = parser().parse_args(words)
        except UnknownUsage as unknown:
            return _elsewhere(words, unknown)
        if args.run in server.COMMANDS:
            return int(args.run(args))
        return asyncio.run(_with_client(args))
    except StatusError as refusal:
        print(get.server_error(refusal), file=sys.stderr)
    except NotRunning as problem:
        print(f"{problem}; start the sandbox with: {COMMAND} up", file=sys.stderr)
    except UsageError as problem:
        print(f"error: {problem}", file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    return 1


class UnknownUsage(Exception):
    """The sandbox's own commands do not know these words."""

    def __init__(self, parser: argparse.ArgumentParser, message: str) -> None:
        super().__init__(message)
        self.parser = parser


class Parser(argparse.ArgumentParser):
    """A parser that raises UnknownUsage."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        raise UnknownUsage(self, message)


def _elsewhere(words: list[str], unknown: UnknownUsage) -> int:
    """Leave a command to a real client, unless it is one of the sandbox's own."""
    front = argparse.ArgumentParser(add_help=False)
    front.add_argument("--state", type=Path, default=_state())
    front.add_argument("--checkout")
    front.add_argument("rest", nargs=argparse.REMAINDER)
    given = front.parse_args(words)
    command = given.rest[0] if given.rest else ""
    if command in kubectl.SHARED or (command and not command.startswith("-") and command not in OWN):
        return kubectl.run(given.rest, given.state / "kubeconfig")
    argparse.ArgumentParser.error(unknown.parser, str(unknown))


def _state() -> Path:
    return Path(os.environ.get("SANDBOX_STATE") or STATE)


def parser() -> Parser:
    """Build the parser with all commands."""
    top = Parser(
        prog="python -m sandbox",
        description="A small OpenShift project on this machine, and what `oc` would do with it.",
        epilog="COMMAND --help tells more. For a real oc or kubectl: export KUBECONFIG=.sandbox/kubeconfig",
    )
    top.add_argument(
        "--state",
        type=Path,
        default=_state(),
        metavar="DIR",
        help="where the sandbox keeps its files (default: .sandbox, or $SANDBOX_STATE)",
    )
    top.add_argument(
        "--checkout",
        type=Path,
        default=CHECKOUT,
        metavar="DIR",
        help="the repository that builds and `create -f` use for its own address (or $SANDBOX_CHECKOUT)",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    server.add_parsers(commands)
    oc.add_parsers(commands)
    return top


async def _with_client(args: argparse.Namespace) -> int:
    async with Client(args.state / "kubeconfig") as client:
        return int(await args.run(Shell(client, args.checkout.resolve()), args))
