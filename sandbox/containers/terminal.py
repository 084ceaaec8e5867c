"""Pseudo terminals: the master end as streams, the slave end for a process."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import struct
import termios
from contextlib import suppress

CHUNK = 64 * 1024
END_OF_INPUT = b"\x04"


class Terminal:
    """The master end of a pseudo terminal."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        reading: asyncio.ReadTransport,
        writer: asyncio.StreamWriter,
        master: int,
    ) -> None:
        self._reader = reader
        self._reading = reading
        self._writer = writer
        self._master = master

    async def read(self) -> bytes:
        """Return the next output; empty at the end."""
        try:
            return await self._reader.read(CHUNK)
        except OSError:  # EIO: no process has the slave end open any more
            return b""

    async def write(self, data: bytes) -> None:
        """Send input; empty data ends it."""
        with suppress(ConnectionError):  # the process reads no more
            self._writer.write(data or END_OF_INPUT)
            await self._writer.drain()

    def resize(self, width: int, height: int) -> None:
        """Set the size."""
        with suppress(OSError):  # closed
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def close(self) -> None:
        """Close the master end, which hangs up on the processes."""
        self._reading.close()
        self._writer.close()


async def open_terminal() -> tuple[Terminal, int]:
    """Return a terminal and its slave end, which the caller closes once a process has it."""
    loop = asyncio.get_running_loop()
    master, slave = pty.openpty()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    reading, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(os.dup(master), "rb", buffering=0))
    transport, writing = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(master, "wb", buffering=0)
    )
    return Terminal(reader, reading, asyncio.StreamWriter(transport, writing, None, loop), master), slave
