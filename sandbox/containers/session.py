"""A command in a running container with its streams: pipes, or a terminal."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress

from sandbox.containers.container import ENTER, Running, switch_user
from sandbox.containers.terminal import CHUNK, Terminal, open_terminal


class Session:
    """A process; with a terminal, its errors come with its output."""

    def __init__(self, process: asyncio.subprocess.Process, terminal: Terminal | None) -> None:
        self._process = process
        self._terminal = terminal

    async def read(self) -> bytes:
        """Return the next output; empty at the end."""
        if self._terminal:
            return await self._terminal.read()
        return await self._process.stdout.read(CHUNK) if self._process.stdout else b""

    async def read_errors(self) -> bytes:
        """Return the next error output; empty at the end."""
        return await self._process.stderr.read(CHUNK) if self._process.stderr else b""

    async def write(self, data: bytes) -> None:
        """Send input; empty data ends it."""
        if self._terminal:
            await self._terminal.write(data)
        elif writer := self._process.stdin:
            with suppress(ConnectionError):  # the process reads no more
                if data:
                    writer.write(data)
                    await writer.drain()
                else:
                    writer.close()

    def resize(self, width: int, height: int) -> None:
        """Set the size of the terminal."""
        if self._terminal:
            self._terminal.resize(width, height)

    async def wait(self) -> int:
        """Wait for the end; return the exit code."""
        code = await self._process.wait()
        return code if code >= 0 else 128 - code

    def kill(self) -> None:
        """Kill the process, and close its terminal."""
        if self._process.returncode is None:
            self._process.kill()
        if self._terminal:
            self._terminal.close()


async def open_session(running: Running, argv: list[str], *, stdin: bool, tty: bool) -> Session:
    """Start a command in a container."""
    container, env = running.container, dict(running.env)
    command = [
        *(container.memory.join() if container.memory else ()),
        *(sys.executable, "-I", "-S", str(ENTER), str(running.pid), container.cwd),
        *switch_user(container.uid, container.groups),
        *argv,
    ]
    if not tty:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command,
            env=env,
            stdin=pipe if stdin else asyncio.subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
        )
        return Session(process, None)
    terminal, slave = await open_terminal()
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            env={"TERM": "xterm", **env},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
    finally:
        os.close(slave)
    return Session(process, terminal)
