"""The command `python -m sandbox`: starts the sandbox, and stands in for `oc`, with its output.

| here | `oc` |
|---|---|
| `up`, `down`, `status`, `run` | none: they are about the sandbox |
| `create`, `new-app`, `policy`, `start-build`, `logs`, `rollout`, `get`, `delete` | the same; see `--help` |
| `build NAME` | `start-build NAME` |
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from sandbox.apimachinery.errors import StatusError
from sandbox.cli import get, oc, server
from sandbox.cli.client import Client, NotRunning
from sandbox.cli.shell import Shell, UsageError
from sandbox.paths import CHECKOUT, COMMAND, STATE


def main(argv: list[str] | None = None) -> int:
    """Run a command; return the exit code."""
    args = parser().parse_args(argv)
    try:
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


def parser() -> argparse.ArgumentParser:
    """Build the parser with all commands."""
    top = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A small OpenShift project on this machine, and what `oc` would do with it.",
        epilog="COMMAND --help tells more. For a real oc or kubectl: export KUBECONFIG=.sandbox/kubeconfig",
    )
    state = Path(os.environ.get("SANDBOX_STATE") or STATE)
    top.add_argument(
        "--state",
        type=Path,
        default=state,
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
