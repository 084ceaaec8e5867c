"""The console of a container with `stdin` or `tty` in its spec, to which clients attach."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from sandbox.containers.terminal import Terminal, open_terminal

CLOSED = -1


class Console:
    """A pipe for the input or, with `tty`, a terminal whose output goes to the log and to the clients."""

    def __init__(self, terminal: Terminal | None, own_end: int, childs_end: int, log: Path) -> None:
        self.terminal = terminal
        self.childs_end = childs_end
        self._own_end = own_end
        self._log = log
        self._clients: set[asyncio.Queue[bytes]] = set()
        self._copying: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Copy the output of the terminal, now that the process has the other end."""
        os.close(self.childs_end)
        if self.terminal:
            self._copying = asyncio.create_task(self._copy(self.terminal))

    async def write(self, data: bytes) -> None:
        """Send input; empty data ends it."""
        if self.terminal:
            await self.terminal.write(data)
        elif self._own_end != CLOSED:
            with suppress(BrokenPipeError):
                if data:
                    await asyncio.to_thread(os.write, self._own_end, data)
                else:
                    self._close_pipe()

    async def output(self) -> AsyncIterator[bytes]:
        """Yield the output of the terminal from now on."""
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._clients.add(queue)
        try:
            while self._copying and (data := await queue.get()):
                yield data
        finally:
            self._clients.discard(queue)

    async def finish(self) -> None:
        """Copy what the process has written before its end, and close."""
        if self._copying:
            await asyncio.wait([self._copying], timeout=1)
            self._copying.cancel()
        if self.terminal:
            self.terminal.close()
        self._close_pipe()

    def _close_pipe(self) -> None:
        if self._own_end != CLOSED:
            os.close(self._own_end)
            self._own_end = CLOSED

    async def _copy(self, terminal: Terminal) -> None:
        with self._log.open("ab", buffering=0) as log:
            while data := await terminal.read():
                log.write(data)
                for client in self._clients:
                    client.put_nowait(data)
        for client in self._clients:
            client.put_nowait(b"")


async def open_console(log: Path, *, tty: bool) -> Console:
    """Open the console of a container that is about to start."""
    if tty:
        terminal, slave = await open_terminal()
        return Console(terminal, CLOSED, slave, log)
    reading, writing = os.pipe()
    return Console(None, writing, reading, log)
