"""A command in a running container with its streams: pipes, or a terminal."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import struct
import sys
import termios
from contextlib import suppress

from sandbox.containers.container import ENTER, Running, switch_user

CHUNK = 64 * 1024


class Session:
    """A process; with a terminal, its errors come with its output."""

    def __init__(self, process: asyncio.subprocess.Process, terminal: Terminal | None) -> None:
        self.process = process
        self._terminal = terminal

    async def read(self) -> bytes:
        """Return the next output; empty at the end."""
        if self._terminal:
            return await self._terminal.read()
        return await self.process.stdout.read(CHUNK) if self.process.stdout else b""

    async def read_errors(self) -> bytes:
        """Return the next error output; empty at the end."""
        return await self.process.stderr.read(CHUNK) if self.process.stderr else b""

    async def write(self, data: bytes) -> None:
        """Send input; empty input is the end of it."""
        writer = self._terminal.writer if self._terminal else self.process.stdin
        if writer is None:
            return
        with suppress(ConnectionError):  # the process reads no more
            if data:
                writer.write(data)
                await writer.drain()
            elif self._terminal:
                writer.write(b"\x04")
            else:
                writer.close()

    def resize(self, width: int, height: int) -> None:
        """Set the size of the terminal."""
        if self._terminal:
            size = struct.pack("HHHH", height, width, 0, 0)
            with suppress(OSError):  # closed by its end
                fcntl.ioctl(self._terminal.master, termios.TIOCSWINSZ, size)

    async def wait(self) -> int:
        """Wait for the end; return the exit code."""
        code = await self.process.wait()
        return code if code >= 0 else 128 - code

    def kill(self) -> None:
        """Kill the process, and close its terminal."""
        if self.process.returncode is None:
            self.process.kill()
        if self._terminal:
            self._terminal.close()


class Terminal:
    """A pseudo terminal; the process has its other end."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        reading: asyncio.ReadTransport,
        writer: asyncio.StreamWriter,
        master: int,
    ) -> None:
        self.master = master
        self.writer = writer
        self._reader = reader
        self._reading = reading

    async def read(self) -> bytes:
        """Return the next output; empty at the end."""
        try:
            return await self._reader.read(CHUNK)
        except OSError:  # EIO: no process has the other end open any more
            return b""

    def close(self) -> None:
        """Close our end."""
        self._reading.close()
        self.writer.close()


async def open_session(running: Running, argv: list[str], *, stdin: bool, tty: bool) -> Session:
    """Start a command in a container."""
    container, env = running.container, dict(running.env)
    enter = [sys.executable, "-I", "-S", str(ENTER), str(running.pid), container.cwd]
    command = [*enter, *switch_user(container.uid, container.groups), *argv]
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
    master, slave = pty.openpty()
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
    return Session(process, await _terminal(master))


async def _terminal(master: int) -> Terminal:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    reading, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(os.dup(master), "rb", buffering=0))
    transport, writing = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(master, "wb", buffering=0)
    )
    return Terminal(reader, reading, asyncio.StreamWriter(transport, writing, None, loop), master)
