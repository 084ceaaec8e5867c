"""The commands that control the sandbox: `up`, `down`, `status` and `run`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import lock
from sandbox.apimachinery.resource_keys import ROUTES
from sandbox.cli.client import Client
from sandbox.cli.shell import UsageError
from sandbox.paths import COMMAND, IMPORT_PATH

if TYPE_CHECKING:
    from sandbox.server import Options


STOP_SECONDS = 40
START_SECONDS = 60
POLL = 0.1


def add_parsers(commands: Any) -> None:  # noqa: ANN401
    """Add the parsers of this module's commands."""
    up = commands.add_parser(
        "up", help="start the sandbox", description="Serve an empty project until Ctrl-C."
    )
    up.add_argument("--detach", action="store_true", help="return once it answers; `down` ends it")
    up.add_argument(
        "--while-pid",
        type=int,
        metavar="PID",
        help="stop the sandbox when this process ends, even if it is killed",
    )
    up.set_defaults(run=run_up)
    down = commands.add_parser(
        "down", help="stop the sandbox", description="Stop the sandbox and every pod in it."
    )
    down.set_defaults(run=run_down)
    status = commands.add_parser(
        "status", help="is it running?", description="Say whether a sandbox runs, and what is in it."
    )
    status.set_defaults(run=run_status)
    run = commands.add_parser(
        "run",
        help="JupyterHub, from nothing to its URL",
        description="Start the sandbox, build the images, deploy JupyterHub, and serve until Ctrl-C.",
    )
    run.set_defaults(run=run_run)
    for parser in (up, run):
        parser.add_argument(
            "--port",
            type=int,
            default=int(os.environ.get("SANDBOX_PORT") or 8443),
            metavar="PORT",
            help="where routes are served (default: 8443, or $SANDBOX_PORT)",
        )
        parser.add_argument(
            "--api-port", type=int, default=0, metavar="PORT", help="of the API (default: any)"
        )


def run_up(args: argparse.Namespace) -> int:
    """Start the sandbox in the foreground, or detached."""
    if args.detach:
        return _detach(args)
    return _serve(args, _announce, while_pid=args.while_pid)


def run_run(args: argparse.Namespace) -> int:
    """Start the sandbox and run the README's transcript in this process."""
    from sandbox.cli import transcript  # noqa: PLC0415 (nothing else waits for it)

    return _serve(args, transcript.run)


def run_down(args: argparse.Namespace) -> int:
    """Stop the sandbox: SIGTERM, and SIGKILL after a timeout."""
    if not lock.is_locked(args.state):
        print("no sandbox is running")
        return 0
    instance = lock.running(args.state)
    if instance is None:
        raise UsageError("the sandbox is starting or stopping; try again in a few seconds")
    os.kill(instance.pid, signal.SIGTERM)
    if not _wait(lambda: not lock.is_locked(args.state), STOP_SECONDS):
        os.kill(instance.pid, signal.SIGKILL)
        print(f"the sandbox (process {instance.pid}) did not stop within {STOP_SECONDS} s and was killed")
        return 1
    print("stopped")
    return 0


def run_status(args: argparse.Namespace) -> int:
    """Print whether a sandbox runs, its addresses and its pods."""
    instance = lock.running(args.state)
    if instance is None:
        print("no sandbox is running")
        return 1
    print(f"process      {instance.pid}")
    print(f"project      {instance.project}")
    print(f"API          {instance.api}")
    print(f"KUBECONFIG   {(args.state / 'kubeconfig').resolve()}")
    for host, pods in asyncio.run(_contents(args.state)):
        print(f"{host:<12} {pods}")
    return 0


async def _contents(state: Path) -> list[tuple[str, str]]:
    async with Client(state / "kubeconfig") as client:
        instance = lock.running(state)
        routes = (await client.get(ROUTES))["items"]
        port = instance.route_port if instance else 0
        lines = [("route", f"https://{route['spec']['host']}:{port}") for route in routes]
        pods = (await client.get("pods"))["items"]
        phases = [pod["status"].get("phase", "Unknown") for pod in pods]
        counts = ", ".join(f"{phases.count(phase)} {phase}" for phase in sorted(set(phases)))
        return [*lines, ("pods", counts or "none")]


def _serve(args: argparse.Namespace, then: Any, *, while_pid: int | None = None) -> int:  # noqa: ANN401
    from sandbox import server  # noqa: PLC0415 (nothing else waits for it)

    options = server.Options(
        args.state.resolve(), args.checkout.resolve(), args.api_port, args.port, while_pid=while_pid
    )
    try:
        return asyncio.run(server.serve(options, then))
    except server.CannotStart as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except lock.AlreadyRunning:
        instance = lock.running(args.state)
        who = f" (process {instance.pid})" if instance else ""
        where = f"a sandbox is already running in {args.state}{who}"
        print(f"error: {where}; stop it with: {COMMAND} down", file=sys.stderr)
        return 1


async def _announce(options: Options, stopping: asyncio.Event) -> int:
    print(f"The sandbox answers. Ctrl-C stops it.\n\n  {_export(options.state)}", flush=True)
    await stopping.wait()
    return 0


def _detach(args: argparse.Namespace) -> int:
    if lock.is_locked(args.state):
        return _serve(args, _announce)  # it reports the conflict
    log = args.state / "log" / "sandbox.out"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "sandbox", "--state", str(args.state.resolve())]
    command += ["--checkout", str(args.checkout.resolve()), "up"]
    command += ["--port", str(args.port), "--api-port", str(args.api_port)]
    command += ["--while-pid", str(args.while_pid)] if args.while_pid else []
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=IMPORT_PATH,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _wait(lambda: lock.running(args.state) is not None or process.poll() is not None, START_SECONDS)
    if lock.running(args.state) is None:
        print(log.read_text().rstrip() or f"error: the sandbox does not start; see {log}", file=sys.stderr)
        process.terminate()
        return 1
    print(f"The sandbox answers (process {process.pid}).\n\n  {_export(args.state)}")
    return 0


def _export(state: Path) -> str:
    return f"export KUBECONFIG={state.resolve() / 'kubeconfig'}"


def _wait(condition: Any, seconds: float) -> bool:  # noqa: ANN401
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


COMMANDS = (run_up, run_down, run_status, run_run)
