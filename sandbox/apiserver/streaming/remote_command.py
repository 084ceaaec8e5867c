"""`pods/exec` and `pods/attach`: a command in a container, or the container's own output.

As `pkg/registry/core/pod/rest/subresources.go` and the kubelet's streaming server.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.apimachinery.errors import bad_request
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import Store
from sandbox.apiserver.connectors import Connector
from sandbox.apiserver.logs import LogFile, chosen_container
from sandbox.apiserver.request_info import is_true
from sandbox.apiserver.streaming.channels import (
    RESIZE,
    STDERR,
    STDIN,
    STDOUT,
    Channels,
    Wanted,
    opened,
    send_status,
)
from sandbox.containers.container import Running
from sandbox.containers.session import Session, open_session
from sandbox.registry.rest import Context

RunningContainer = Callable[[str, str], Running | None]  # by pod and container

REST = 1.0  # seconds for the output of processes that outlive the command
POLL = 0.1


class Exec(Connector):
    """`pods/exec`."""

    requires_create = True

    def __init__(self, store: Store, running: RunningContainer) -> None:
        self._store = store
        self._running = running

    async def connect(self, request: web.Request, name: str, context: Context) -> web.StreamResponse:
        """Run the command, and report its exit code."""
        pod, container = _target(self._store, request, name)
        command = request.query.getall("command", [])
        if not command:
            raise bad_request("you must specify at least 1 command for the pod")
        running = self._running(pod["metadata"]["name"], container)
        if running is None:
            return _not_running(container)
        wanted = _wanted(request)
        async with opened(request, wanted) as channels:
            session = await open_session(running, command, stdin=wanted.stdin, tty=wanted.tty)
            try:
                code = await _converse(channels, session, wanted)
                await send_status(channels, code)
            except ConnectionError:
                pass  # the client is gone
            finally:
                session.kill()
            return channels.response


class Attach(Connector):
    """`pods/attach`: the output of the container from now on, and its input."""

    requires_create = True

    def __init__(self, store: Store, running: RunningContainer, file: LogFile) -> None:
        self._store = store
        self._running = running
        self._file = file

    async def connect(self, request: web.Request, name: str, context: Context) -> web.StreamResponse:
        """Pass output and input until the container ends, and report its exit code."""
        pod, container = _target(self._store, request, name)
        running = self._running(pod["metadata"]["name"], container)
        log = self._file(name, container, False)
        if running is None or log is None:
            return _not_running(container)
        wanted, console = _wanted(request), running.console
        async with opened(request, wanted) as channels:
            tty = wanted.tty and bool(console and console.terminal)
            output = console.output() if console and tty else _growing(log, running)
            tasks = [asyncio.create_task(_show(channels, output))]
            if console and wanted.stdin:
                once = _spec(pod, container).get("stdinOnce", False)
                tasks.append(asyncio.create_task(_listen(channels, console.write, to_the_end=once)))
            if console and console.terminal and tty:
                tasks.append(asyncio.create_task(_resize(channels, console.terminal.resize)))
            gone = asyncio.create_task(channels.gone.wait())
            try:
                await asyncio.wait([tasks[0], gone], return_when=asyncio.FIRST_COMPLETED)
                if not gone.done():
                    await send_status(channels, await running.wait())
            except ConnectionError:
                pass  # the client is gone
            finally:
                for task in (*tasks, gone):
                    task.cancel()
                await asyncio.gather(*tasks, gone, return_exceptions=True)
            return channels.response


def _target(store: Store, request: web.Request, name: str) -> tuple[Obj, str]:
    pod = store.get("pods", name)
    container = chosen_container(pod, request.query.get("container", ""))
    if not pod["spec"].get("nodeName"):
        raise bad_request(f"pod {name} does not have a host assigned")
    return pod, container


def _spec(pod: Obj, container: str) -> Obj:
    spec: Obj = next(each for each in pod["spec"]["containers"] if each["name"] == container)
    return spec


def _wanted(request: web.Request) -> Wanted:
    stdin, stdout, stderr, tty = (
        is_true(request.query.get(name)) for name in ("stdin", "stdout", "stderr", "tty")
    )
    if not stdin and not stdout and not stderr:
        raise bad_request("you must specify at least 1 of stdin, stdout, stderr")
    return Wanted(stdin, stdout, stderr and not tty, tty)


def _not_running(container: str) -> web.Response:
    """The kubelet's answer, which the API server passes on."""
    return web.Response(status=500, text=f'container not found ("{container}")')


async def _converse(channels: Channels, session: Session, wanted: Wanted) -> int:
    """Pass data in all directions until the process ends; return its exit code."""
    output = [_pump(session.read, channels, STDOUT)] if wanted.stdout else []
    output += [_pump(session.read_errors, channels, STDERR)] if wanted.stderr else []
    sending = asyncio.gather(*output)
    listening = [asyncio.create_task(_listen(channels, session.write))] if wanted.stdin else []
    listening += [asyncio.create_task(_resize(channels, session.resize))] if wanted.tty else []
    gone = asyncio.create_task(channels.gone.wait())
    ended = asyncio.create_task(session.wait())
    try:
        await asyncio.wait([ended, gone], return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            raise ConnectionResetError
        await asyncio.wait([sending], timeout=REST)
        return ended.result()
    finally:
        tasks: list[asyncio.Future[Any]] = [*listening, gone, ended, sending]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(read: Callable[[], Awaitable[bytes]], channels: Channels, channel: int) -> None:
    with suppress(ConnectionError):
        while data := await read():
            await channels.write(channel, data)


async def _listen(
    channels: Channels, write: Callable[[bytes], Awaitable[None]], *, to_the_end: bool = True
) -> None:
    while data := await channels.read(STDIN):
        await write(data)
    if to_the_end:
        await write(b"")


async def _resize(channels: Channels, resize: Callable[[int, int], None]) -> None:
    while data := await channels.read(RESIZE):
        with suppress(ValueError, KeyError, OSError):
            size = json.loads(data)
            resize(size["Width"], size["Height"])


async def _show(channels: Channels, output: AsyncIterator[bytes]) -> None:
    with suppress(ConnectionError):
        async for data in output:
            await channels.write(STDOUT, data)


async def _growing(log: Path, running: Running) -> AsyncIterator[bytes]:
    with log.open("rb") as file:
        file.seek(0, 2)
        while True:
            going = running.process.returncode is None
            while data := file.read(64 * 1024):
                yield data
            if not going:
                return
            await asyncio.sleep(POLL)
