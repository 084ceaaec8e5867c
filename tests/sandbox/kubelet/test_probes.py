"""HTTP probes follow redirects as a kubelet's do."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from sandbox.kubelet.probes import probe


@asynccontextmanager
async def server() -> AsyncIterator[int]:
    """A server whose paths redirect, answer or fail; its port."""
    places = {
        "/same-host": "/health",
        "/twice": "/same-host",
        "/to-missing": "/missing",
        "/other-host": "http://other.example/missing",
        "/loop": "/loop",
    }

    async def answer(request: web.Request) -> web.Response:
        if request.path in places:
            return web.Response(status=302, headers={"Location": places[request.path]})
        return web.Response(status=200 if request.path == "/health" else 404)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def failure(port: int, path: str) -> str | None:
    container: Any = {"name": "main", "ports": [{"name": "http", "containerPort": port}]}
    what = {"httpGet": {"port": "http", "path": path}, "timeoutSeconds": 10}
    return await probe(what, container, None, "127.0.0.1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/health", None),
        ("/missing", "HTTP probe failed with statuscode: 404"),
        ("/same-host", None),
        ("/twice", None),
        ("/to-missing", "HTTP probe failed with statuscode: 404"),
        ("/other-host", None),  # not followed: a redirect counts as success
        ("/loop", 'Get "http://127.0.0.1:PORT/loop": stopped after 10 redirects'),
    ],
)
async def test_an_http_probe_follows_redirects_on_its_own_host(path: str, message: str | None):
    async with server() as port:
        assert await failure(port, path) == (message and message.replace("PORT", str(port)))


async def test_an_http_probe_of_a_closed_port_fails():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        url = f"http://127.0.0.1:{port}/"
        refused = f'Get "{url}": dial tcp 127.0.0.1:{port}: connect: connection refused'
        assert await failure(port, "/") == refused
