"""The command `python -m sandbox run`: runs the README's commands and prints the hub's URL."""

from __future__ import annotations

import asyncio
import io
import shlex
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.apimachinery import resource_keys
from sandbox.apimachinery.errors import StatusError
from sandbox.cli import logs, oc
from sandbox.cli.client import Client, NotRunning
from sandbox.cli.progress import Progress
from sandbox.cli.shell import Output, Shell, UsageError
from sandbox.paths import COMMAND

if TYPE_CHECKING:
    from sandbox.server import Options


APP = "jupyterhub"
BUILDS = ("minimal-notebook", APP)
TAIL = 20
POLL = 0.3
CRASHES = 3  # restarts after which the rollout counts as failed


class StepFailed(Exception):
    """A failed step with the end of its log and a remedy."""

    def __init__(self, problem: str, log: str, remedy: str) -> None:
        super().__init__(problem)
        self.log = log
        self.remedy = remedy


async def run(options: Options, stopping: asyncio.Event) -> int:
    """Run all steps, then serve until stopped; return the exit code."""
    began = time.monotonic()
    log = options.state / "log" / "run.log"
    with log.open("w") as writing:
        async with Client(options.state / "kubeconfig") as client:
            deploying = asyncio.create_task(_deploy(Shell(client, options.checkout, writing, writing)))
            ending = asyncio.create_task(stopping.wait())
            await asyncio.wait([deploying, ending], return_when=asyncio.FIRST_COMPLETED)
            if not deploying.done():
                deploying.cancel()
                await asyncio.gather(deploying, return_exceptions=True)
                return 130
            ending.cancel()
            try:
                url = f"https://{deploying.result()}:{options.route_port}"
            except StepFailed as failure:
                _explain(failure, log)
                return 1
    _invite(url, options, time.monotonic() - began)
    await stopping.wait()
    print("\nStopping ...", flush=True)
    return 0


async def _deploy(shell: Shell) -> str:
    """Run the README's transcript; return the route's host."""
    progress = Progress(sys.stdout)
    for resources in ("notebook/resources.json", "resources.json"):
        shown = f"oc create -f {resources}"
        await _step(progress, shell, shown, ["create", "-f", str(shell.checkout / resources)])
    for name in BUILDS:
        shown = f"oc logs --follow bc/{name}"
        await progress.step(shown, partial(_follow_build, shell, name))
    await _step(progress, shell, f"oc create serviceaccount {APP}")
    await _step(progress, shell, f"oc policy add-role-to-user edit -z {APP}")
    await _step(progress, shell, f"oc new-app --template {APP}")
    shown = f"oc rollout status dc/{APP}"
    await progress.step(shown, partial(_follow_rollout, shell))
    await _step(progress, shell, f"oc get route/{APP}")
    route = await shell.client.get("routes.route.openshift.io", APP)
    return str(route["spec"]["host"])


async def _step(progress: Progress, shell: Shell, shown: str, argv: list[str] | None = None) -> None:
    """Run one command with its output in the log."""
    output = io.StringIO()

    async def step(_: Callable[[str], None]) -> None:
        try:
            code = await oc.run(replace(shell, out=output, err=output), *(argv or shlex.split(shown)[1:]))
        except (StatusError, UsageError, NotRunning) as problem:
            output.write(f"error: {problem}\n")
            code = 1
        shell.out.write(f"$ {shown}\n{output.getvalue()}\n")
        if code:
            raise StepFailed(shown, output.getvalue(), "Read the output above, fix the cause, run it again.")

    await progress.step(shown, step)


async def _follow_build(shell: Shell, config: str, told: Callable[[str], None]) -> None:
    """Copy a build's log; report its `--->` lines as progress."""
    log = _Telling(shell.out, told)
    build = await _first_build(shell, config)
    log.write(f"$ oc logs --follow bc/{config}\n")
    await oc.run(replace(shell, out=log), "logs", "--follow", f"bc/{config}")
    ended = await logs.ended(shell, build)
    status = ended["status"]
    if status["phase"] != "Complete":
        problem = f"build {build}: {status['phase']}, {status.get('reason', '')}: {status.get('message', '')}"
        remedy = f"Read the end of the build's log above and fix the cause; `make run` builds {config} again."
        raise StepFailed(problem, log.tail(), remedy)


async def _first_build(shell: Shell, config: str) -> str:
    """Wait for the first build; its base image may have to be built before."""
    while True:
        listed = await shell.client.get(resource_keys.BUILDS, labelSelector=f"buildconfig={config}")
        if listed["items"]:
            return str(listed["items"][-1]["metadata"]["name"])
        await asyncio.sleep(POLL)


async def _follow_rollout(shell: Shell, told: Callable[[str], None]) -> None:
    """Wait until hub, proxy and database are rolled out, or a pod crashes repeatedly."""
    configs = (await shell.client.get(resource_keys.DEPLOYMENT_CONFIGS, labelSelector=f"app={APP}"))["items"]
    names = [config["metadata"]["name"] for config in configs]
    rollouts = asyncio.gather(*(_rollout(shell, name, told) for name in names))
    crashes = asyncio.create_task(_crash(shell))
    waiting: list[Awaitable[Any]] = [rollouts, crashes]
    try:
        await asyncio.wait(
            [asyncio.ensure_future(each) for each in waiting], return_when=asyncio.FIRST_COMPLETED
        )
        if crashes.done():
            crashes.result()
        await rollouts
    except UsageError as problem:
        raise StepFailed(
            str(problem),
            await _pods(shell),
            "The pods are listed above; their logs are in .sandbox/log/pods.",
        ) from problem
    finally:
        rollouts.cancel()
        crashes.cancel()


async def _rollout(shell: Shell, name: str, told: Callable[[str], None]) -> None:
    telling = replace(shell, out=_Telling(shell.out, told, every=True))
    await oc.run(telling, "rollout", "status", f"dc/{name}")


async def _crash(shell: Shell) -> None:
    """Raise StepFailed when a container crashes repeatedly."""
    while True:
        for pod in (await shell.client.get("pods", labelSelector=f"app={APP}"))["items"]:
            status = pod["status"]
            for kind in ("initContainerStatuses", "containerStatuses"):
                for container in status.get(kind) or []:
                    waits = container.get("state", {}).get("waiting", {}).get("reason")
                    if waits == "CrashLoopBackOff" and container["restartCount"] >= CRASHES:
                        name = pod["metadata"]["name"]
                        log = await _pod_log(shell, name, container["name"])
                        problem = f"container {container['name']} of pod {name} crashes repeatedly"
                        raise StepFailed(
                            problem,
                            log,
                            "The end of its log is above; its log files are in .sandbox/log/pods.",
                        )
        await asyncio.sleep(POLL)


async def _pod_log(shell: Shell, pod: str, container: str) -> str:
    output = io.StringIO()
    try:
        await oc.run(replace(shell, out=output, err=output), "logs", pod, "--container", container)
    except StatusError as refusal:
        return str(refusal)
    return output.getvalue()


async def _pods(shell: Shell) -> str:
    output = io.StringIO()
    await oc.run(replace(shell, out=output, err=output), "get", "pods")
    return output.getvalue()


class _Telling:
    """A log file that reports its `--->` lines, or every line, and keeps its text."""

    def __init__(self, file: Output, told: Callable[[str], None], *, every: bool = False) -> None:
        self._file = file
        self._told = told
        self._every = every
        self._text = ""

    def write(self, text: str, /) -> int:
        self._file.write(text)
        self._text += text
        lines = [line.strip() for line in self._text.splitlines()[-TAIL:]]
        told = [line for line in lines if self._every or line.startswith("--->")]
        if told:
            self._told(told[-1])
        return len(text)

    def flush(self) -> None:
        self._file.flush()

    def tail(self) -> str:
        return self._text


def _explain(failure: StepFailed, log: Path) -> None:
    print(f"\nerror: {failure}\n", file=sys.stderr)
    for line in failure.log.rstrip().splitlines()[-TAIL:]:
        print(f"  {line}", file=sys.stderr)
    print(f"\n{failure.remedy}\nThe log of all steps: {log}", file=sys.stderr, flush=True)


def _invite(url: str, options: Options, seconds: float) -> None:
    print(
        f"""
JupyterHub is up after {seconds:.0f} s:

  {url}

Each browser gets its own notebook server. The certificate is the sandbox's own
({options.state / "ca" / "ca.crt"}), so the browser asks once.

In another terminal, in this folder:

  {COMMAND} get pods --selector app={APP},component=singleuser-server
  export KUBECONFIG={options.state / "kubeconfig"}   # for a real oc, or the kubectl beside this Python

Ctrl-C stops everything.""",
        flush=True,
    )
