"""SPDY/3.1 as a server, as far as Kubernetes' clients use it: streams with headers, data, pings.

As `github.com/moby/spdystream`, which like this has no flow control and no priorities. The frames:
https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
"""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

*WORDS, TAIL = Path(__file__).with_name("spdy-dictionary.txt").read_text().splitlines()  # section 2.6.10.1
DICTIONARY = b"".join(struct.pack(">I", len(word)) + word.encode() for word in WORDS) + TAIL.encode()
VERSION = 3
SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY = 1, 2, 3, 6, 7
FIN = 1
CONTROL = 0x8000
LARGEST = 32 * 1024  # of a data frame that we send

Send = Callable[[bytes], Awaitable[None]]


@dataclass
class Stream:
    """A stream that the client has opened: its headers, and data in both directions."""

    number: int
    headers: dict[str, str]
    send: Send
    incoming: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    closed: bool = False

    async def read(self) -> bytes:
        """Return the next data of the client; empty at the end."""
        return await self.incoming.get() or b""

    async def write(self, data: bytes) -> None:
        """Send data to the client."""
        for start in range(0, len(data), LARGEST):
            await self._send(data[start : start + LARGEST])

    async def close(self) -> None:
        """End our direction of the stream."""
        if not self.closed:
            self.closed = True
            await self._send(b"", FIN)

    async def _send(self, data: bytes, flags: int = 0) -> None:
        await self.send(struct.pack(">II", self.number, flags << 24 | len(data)) + data)


class Connection:
    """The frames of one connection: `feed` takes what the client sends, `send` writes to it."""

    def __init__(self, send: Send) -> None:
        self.streams: asyncio.Queue[Stream | None] = asyncio.Queue()
        self._send = send
        self._buffer = bytearray()
        self._open: dict[int, Stream] = {}
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    async def feed(self, data: bytes) -> None:
        """Take bytes of the client; new streams go to `streams`."""
        self._buffer += data
        while len(self._buffer) >= 8:
            first, second = struct.unpack(">II", self._buffer[:8])
            length = second & 0xFFFFFF
            if len(self._buffer) < 8 + length:
                return
            body = bytes(self._buffer[8 : 8 + length])
            del self._buffer[: 8 + length]
            await self._frame(first, second >> 24, body)

    def end(self) -> None:
        """Tell all readers that the client is gone."""
        for stream in self._open.values():
            stream.incoming.put_nowait(None)
        self._open.clear()
        self.streams.put_nowait(None)

    async def _frame(self, first: int, flags: int, body: bytes) -> None:
        if first >> 16 != CONTROL | VERSION:
            self._data(first, flags, body)
            return
        kind = first & 0xFFFF
        if kind == SYN_STREAM:
            await self._opened(flags, body)
        elif kind == RST_STREAM:
            self._data(struct.unpack(">I", body[:4])[0], FIN, b"")
        elif kind == PING:
            await self._control(PING, body)
        elif kind == GOAWAY:
            self.streams.put_nowait(None)

    def _data(self, number: int, flags: int, data: bytes) -> None:
        stream = self._open.get(number)
        if stream and data:
            stream.incoming.put_nowait(data)
        if stream and flags & FIN:
            stream.incoming.put_nowait(None)
            del self._open[number]

    async def _opened(self, flags: int, body: bytes) -> None:
        number = struct.unpack(">I", body[:4])[0] & 0x7FFFFFFF
        stream = Stream(number, dict(_headers(self._inflate.decompress(body[10:]))), self._send)
        self._open[number] = stream
        no_headers = self._deflate.compress(struct.pack(">I", 0)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        await self._control(SYN_REPLY, struct.pack(">I", number) + no_headers)
        self.streams.put_nowait(stream)
        if flags & FIN:
            self._data(number, FIN, b"")

    async def _control(self, kind: int, body: bytes) -> None:
        await self._send(struct.pack(">HHI", CONTROL | VERSION, kind, len(body)) + body)


def _headers(block: bytes) -> Iterator[tuple[str, str]]:
    (count,), position = struct.unpack(">I", block[:4]), 4
    for _ in range(count):
        texts = []
        for _ in range(2):
            (length,) = struct.unpack(">I", block[position : position + 4])
            texts.append(block[position + 4 : position + 4 + length].decode())
            position += 4 + length
        yield texts[0].lower(), texts[1]
