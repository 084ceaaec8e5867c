"""`pods/portforward`: connections to a pod's ports, each a pair of streams for data and for errors.

As `k8s.io/kubelet/pkg/cri/streaming/portforward`; the pair has the same header `requestID`.
"""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import suppress

from aiohttp import web

from sandbox.apimachinery.errors import bad_request
from sandbox.apimachinery.store import Store
from sandbox.apiserver.connectors import Connector
from sandbox.apiserver.streaming.spdy import Connection, Stream
from sandbox.apiserver.streaming.upgrade import spdy, tunnelled_spdy, wants_spdy
from sandbox.registry.rest import Context

PROTOCOL = "portforward.k8s.io"
TUNNEL = f"SPDY/3.1+{PROTOCOL}"
PROTOCOL_HEADER = "X-Stream-Protocol-Version"
CHUNK = 64 * 1024


class PortForward(Connector):
    """`pods/portforward`."""

    requires_create = True

    def __init__(self, store: Store) -> None:
        self._store = store

    async def connect(self, request: web.Request, name: str, context: Context) -> web.StreamResponse:
        """Connect to the pod's address for each pair of streams, until the client is gone."""
        pod = self._store.get("pods", name)
        if not pod["spec"].get("nodeName"):
            raise bad_request(f"pod {name} does not have a host assigned")
        address = pod["status"].get("podIP", "")
        if not address or pod["status"].get("phase") != "Running":
            return web.Response(status=500, text=f'pod "{name}" is not running')
        upgrade = (
            spdy(request, PROTOCOL, PROTOCOL_HEADER)
            if wants_spdy(request)
            else tunnelled_spdy(request, TUNNEL)
        )
        async with upgrade as (response, connection):
            await _serve(connection, name, address)
            return response


async def _serve(connection: Connection, name: str, address: str) -> None:
    waiting: dict[str, Stream] = {}
    forwarding: set[asyncio.Task[None]] = set()
    try:
        while stream := await connection.streams.get():
            pair = waiting.pop(stream.headers.get("requestid", ""), None)
            if pair is None:
                waiting[stream.headers.get("requestid", "")] = stream
                continue
            data, error = (stream, pair) if stream.headers.get("streamtype") == "data" else (pair, stream)
            task = asyncio.create_task(_forward(name, address, data, error))
            forwarding.add(task)
            task.add_done_callback(forwarding.discard)
    finally:
        for task in forwarding:
            task.cancel()
        await asyncio.gather(*forwarding, return_exceptions=True)


async def _forward(name: str, address: str, data: Stream, error: Stream) -> None:
    port = int(data.headers.get("port", "0"))
    with suppress(ConnectionError):
        try:
            reader, writer = await asyncio.open_connection(address, port)
        except OSError as problem:
            why = os.strerror(problem.errno or errno.ECONNREFUSED).lower()
            await error.write(f"error forwarding port {port} to pod {name}: {why}".encode())
        else:
            try:
                await asyncio.gather(_upload(data, writer), _download(reader, data))
            finally:
                writer.close()
        await data.close()
        await error.close()


async def _upload(data: Stream, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await data.read():
            writer.write(piece)
            await writer.drain()
        writer.write_eof()


async def _download(reader: asyncio.StreamReader, data: Stream) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(CHUNK):
            await data.write(piece)
    await data.close()
