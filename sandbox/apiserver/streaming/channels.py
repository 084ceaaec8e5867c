"""The channels of a remote command: stdin, stdout, stderr, its status, and the terminal's size.

| protocol | channels |
|---|---|
| WebSocket, `v4.channel.k8s.io` | the first byte of each message is the channel's number |
| WebSocket, `v5.channel.k8s.io` | the same, and 255 with a number ends that channel |
| SPDY, `v4.channel.k8s.io` | a stream for each, named by its header `streamType` |

As `k8s.io/kubelet/pkg/cri/streaming/remotecommand`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple, Protocol

from aiohttp import WSMsgType, web

from sandbox.apimachinery.json_types import Obj
from sandbox.apiserver.streaming.spdy import Connection, Stream
from sandbox.apiserver.streaming.upgrade import spdy, wants_spdy

STDIN, STDOUT, STDERR, STATUS, RESIZE = range(5)
CLOSE = 255
SPDY_PROTOCOL, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"
WEBSOCKET_PROTOCOLS = (V5, SPDY_PROTOCOL)
TYPES = {"stdin": STDIN, "stdout": STDOUT, "stderr": STDERR, "error": STATUS, "resize": RESIZE}
PROTOCOL_HEADER = "X-Stream-Protocol-Version"


class Channels(Protocol):
    """What a remote command reads from and writes to."""

    gone: asyncio.Event

    @property
    def response(self) -> web.StreamResponse:
        """The response that has taken over the connection."""

    async def read(self, channel: int) -> bytes:
        """Return the next data of a channel; empty at its end."""

    async def write(self, channel: int, data: bytes) -> None:
        """Send data on a channel."""


class Wanted(NamedTuple):
    """The channels that a request asks for."""

    stdin: bool
    stdout: bool
    stderr: bool
    tty: bool

    @property
    def channels(self) -> list[int]:
        """The numbers of the channels, and of the status."""
        asked = {STDIN: self.stdin, STDOUT: self.stdout, STDERR: self.stderr, STATUS: True, RESIZE: self.tty}
        return [channel for channel, is_asked in asked.items() if is_asked]


@asynccontextmanager
async def opened(request: web.Request, wanted: Wanted) -> AsyncIterator[Channels]:
    """Upgrade the connection, and open the channels."""
    if wants_spdy(request):
        async with spdy(request, SPDY_PROTOCOL, PROTOCOL_HEADER) as (response, connection):
            streams = await _streams(connection, wanted)
            channels = OverSpdy(response, streams)
            watching = asyncio.create_task(channels.watch(connection))
            try:
                yield channels
                for stream in streams.values():
                    await stream.close()
            finally:
                watching.cancel()
        return
    socket = web.WebSocketResponse(protocols=WEBSOCKET_PROTOCOLS)
    await socket.prepare(request)
    messages = OverWebSocket(socket)
    receiving = asyncio.create_task(messages.receive())
    try:
        yield messages
    finally:
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
        await socket.close()


async def _streams(connection: Connection, wanted: Wanted) -> dict[int, Stream]:
    streams: dict[int, Stream] = {}
    while set(streams) != set(wanted.channels):
        stream = await connection.streams.get()
        if stream is None:
            raise ConnectionResetError
        if (kind := TYPES.get(stream.headers.get("streamtype", ""))) is not None:
            streams[kind] = stream
    return streams


class OverSpdy:
    """A stream for each channel."""

    def __init__(self, response: web.StreamResponse, streams: dict[int, Stream]) -> None:
        self.response = response
        self.gone = asyncio.Event()
        self._streams = streams

    async def read(self, channel: int) -> bytes:
        """Return the next data of a stream; empty at its end."""
        return await self._streams[channel].read()

    async def write(self, channel: int, data: bytes) -> None:
        """Send data on a stream."""
        if channel in self._streams:
            await self._streams[channel].write(data)

    async def watch(self, connection: Connection) -> None:
        """Wait for the end of the connection."""
        while await connection.streams.get() is not None:
            pass
        self.gone.set()


class OverWebSocket:
    """Messages that begin with the number of the channel."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.response = socket
        self.gone = asyncio.Event()
        self._socket = socket
        self._incoming: dict[int, asyncio.Queue[bytes]] = {STDIN: asyncio.Queue(), RESIZE: asyncio.Queue()}

    async def receive(self) -> None:
        """Take messages of the client until it is gone."""
        with suppress(ConnectionError):
            async for message in self._socket:
                if message.type == WSMsgType.BINARY and message.data:
                    self._take(message.data[0], message.data[1:])
        for queue in self._incoming.values():
            queue.put_nowait(b"")
        self.gone.set()

    def _take(self, channel: int, data: bytes) -> None:
        if channel == CLOSE and data and data[0] in self._incoming:
            self._incoming[data[0]].put_nowait(b"")
        elif channel in self._incoming and data:  # clients send an empty message to open a channel
            self._incoming[channel].put_nowait(data)

    async def read(self, channel: int) -> bytes:
        """Return the next data of a channel; empty at its end."""
        return await self._incoming[channel].get()

    async def write(self, channel: int, data: bytes) -> None:
        """Send data on a channel."""
        await self._socket.send_bytes(bytes([channel]) + data)


async def send_status(channels: Channels, code: int) -> None:
    """Report the exit code, as Kubernetes' protocols do from version 4 on."""
    status: Obj = {"metadata": {}, "status": "Success"}
    if code:
        cause = {"reason": "ExitCode", "message": str(code)}
        why = f"command terminated with non-zero exit code: exit code {code}"
        status |= {"status": "Failure", "message": why, "reason": "NonZeroExitCode"}
        status |= {"details": {"causes": [cause]}}
    await channels.write(STATUS, json.dumps(status).encode())
