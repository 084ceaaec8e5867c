"""Taking over the connection of a request: `Upgrade: SPDY/3.1`, plain or through a WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import WSMsgType, web

from sandbox.apiserver.streaming.spdy import Connection

SPDY = "SPDY/3.1"
CHUNK = 64 * 1024


class Taken(asyncio.StreamReaderProtocol):
    """Reads what follows the request; the end of the connection is the HTTP server's matter too."""

    def __init__(self, reader: asyncio.StreamReader, http: asyncio.BaseProtocol) -> None:
        super().__init__(reader)
        self._http = http

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell both."""
        super().connection_lost(exc)
        self._http.connection_lost(exc)


def wants_spdy(request: web.Request) -> bool:
    """Tell whether the client asks for SPDY without a WebSocket around it."""
    return request.headers.get("Upgrade", "").lower() == SPDY.lower()


@asynccontextmanager
async def spdy(
    request: web.Request, protocol: str, header: str
) -> AsyncIterator[tuple[web.StreamResponse, Connection]]:
    """Answer 101 with the protocol in a header, and speak SPDY on the connection until the block ends."""
    transport, http = request.transport, request.protocol
    if not isinstance(transport, asyncio.Transport):
        raise ConnectionResetError
    upgrade = {"Connection": "Upgrade", "Upgrade": SPDY, header: protocol}
    response = web.StreamResponse(status=101, headers=upgrade)
    await response.prepare(request)
    reader = asyncio.StreamReader()
    taken = Taken(reader, http)
    transport.set_protocol(taken)
    taken.connection_made(transport)
    writer = asyncio.StreamWriter(transport, taken, reader, asyncio.get_running_loop())

    async def send(data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    connection = Connection(send)

    async def receive() -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                await connection.feed(data)
        connection.end()

    receiving = asyncio.create_task(receive())
    try:
        yield response, connection
    finally:
        receiving.cancel()
        with suppress(ConnectionError):
            await writer.drain()
        transport.set_protocol(http)
        http.force_close()


@asynccontextmanager
async def tunnelled_spdy(
    request: web.Request, protocol: str
) -> AsyncIterator[tuple[web.StreamResponse, Connection]]:
    """Speak SPDY in the binary messages of a WebSocket, as kubectl's port-forward does since 1.31."""
    socket = web.WebSocketResponse(protocols=(protocol,))
    await socket.prepare(request)
    connection = Connection(socket.send_bytes)

    async def receive() -> None:
        with suppress(ConnectionError):
            async for message in socket:
                if message.type == WSMsgType.BINARY:
                    await connection.feed(message.data)
        connection.end()

    receiving = asyncio.create_task(receive())
    try:
        yield socket, connection
    finally:
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
        await socket.close()
