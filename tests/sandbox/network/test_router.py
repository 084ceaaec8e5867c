"""The router, with a real browser's kind of requests: hosts, headers, bodies, websockets, errors."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import Store
from sandbox.network.certificates import Authority
from sandbox.network.router import ROUTES, Router, timeout_of, within
from sandbox.network.services import Network
from tests.sandbox.running import PROJECT, until
from tests.sandbox.serving import add_pod, add_service, network, serving

HOST = "hub-test.apps.localhost"


@dataclass
class Front:
    store: Store
    network: Network
    port: int
    client: aiohttp.ClientSession
    context: ssl.SSLContext

    def add_route(
        self, name: str = "hub", host: str = HOST, annotations: Obj | None = None, **spec: Any
    ) -> Obj:
        full = {
            "host": host,
            "to": {"name": "hub"},
            "port": {"targetPort": "web"},
            "tls": {"termination": "edge"},
        }
        meta = {"name": name, "annotations": annotations or {}}
        return self.store.create(ROUTES, {"metadata": meta, "spec": {**full, **spec}})

    async def admitted(self, name: str = "hub") -> Obj:
        await until(lambda: self.store.get(ROUTES, name).get("status"))
        found: Obj = self.store.get(ROUTES, name)["status"]["ingress"][0]
        return found

    def url(self, path: str = "/") -> str:
        return f"https://127.0.0.1:{self.port}{path}"

    def options(self, host: str = HOST, **headers: str) -> Obj:
        return {
            "headers": {"Host": f"{host}:{self.port}", **headers},
            "ssl": self.context,
            "server_hostname": host,
        }


@asynccontextmanager
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    """A router, and a service `hub` behind it."""
    authority = Authority(tmp_path / "ca")
    store = Store()
    async with network(store) as net:
        router = Router(PROJECT, store, net)
        admitting = asyncio.create_task(router.run())
        runner = await router.serve(authority.context("routes", ["*.apps.localhost"]), 0)
        trusting = ssl.create_default_context(cadata=authority.pem)
        add_service(store, "hub", app="hub")
        async with aiohttp.ClientSession() as client:
            yield Front(store, net, router.port, client, trusting)
        admitting.cancel()
        await runner.cleanup()


def application() -> web.Application:
    async def show(request: web.Request) -> web.Response:
        forwarded = {k: v for k, v in request.headers.items() if k.startswith(("X-Forwarded", "Forwarded"))}
        return web.json_response({"host": request.host, "path": request.raw_path, **forwarded})

    async def echo(request: web.Request) -> web.Response:
        response = web.Response(body=await request.read(), status=201)
        response.headers.extend([("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return response

    async def redirect(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/hub/login?next=%2Fhub"})

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for number in range(3):
            await response.write(f"data: {number}\n\n".encode())
        return response

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    async def talk(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["v1.kernel.websocket.jupyter.org"])
        await socket.prepare(request)
        async for message in socket:
            if message.data == "leave":
                await socket.close(code=4001, message=b"left")
            elif message.type is aiohttp.WSMsgType.TEXT:
                await socket.send_str(f"{message.data} back")
            else:
                await socket.send_bytes(message.data)
        return socket

    app = web.Application(client_max_size=10_000_000)
    for method, path, handler in (
        ("*", "/show/{rest:.*}", show),
        ("POST", "/echo", echo),
        ("GET", "/redirect", redirect),
        ("GET", "/stream", stream),
        ("GET", "/slow", slow),
        ("GET", "/talk", talk),
    ):
        app.router.add_route(method, path, handler)
    return app


async def test_a_request_keeps_its_path_and_gets_the_headers_of_the_router(tmp_path: Path) -> None:
    async with front(tmp_path) as it:
        it.add_route()
        await it.admitted()
        async with serving(add_pod(it.store, it.network, "one", app="hub"), application()):
            sent = it.options(**{"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http"})
            async with it.client.get(
                aiohttp.client.URL(it.url("/show/a%2Fb?x=%20"), encoded=True), **sent
            ) as answer:
                shown = await answer.json()
        host = f"{HOST}:{it.port}"
        assert shown == {
            "host": host,
            "path": "/show/a%2Fb?x=%20",
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Host": host,
            "X-Forwarded-Port": str(it.port),
            "X-Forwarded-Proto": "https",
            "Forwarded": f'for=127.0.0.1;host="{host}";proto=https',
        }


async def test_bodies_cookies_redirects_and_streams_pass_unchanged(tmp_path: Path) -> None:
    async with front(tmp_path) as it:
        it.add_route()
        await it.admitted()
        async with serving(add_pod(it.store, it.network, "one", app="hub"), application()):
            body = b"x" * 3_000_000
            async with it.client.post(it.url("/echo"), data=body, **it.options()) as answer:
                assert (answer.status, await answer.read()) == (201, body)
                assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]
            async with it.client.get(it.url("/redirect"), allow_redirects=False, **it.options()) as answer:
                assert (answer.status, answer.headers["Location"]) == (302, "/hub/login?next=%2Fhub")
            async with it.client.get(it.url("/stream"), **it.options()) as answer:
                assert await answer.text() == "data: 0\n\ndata: 1\n\ndata: 2\n\n"
            async with it.client.head(it.url("/show/it"), **it.options()) as answer:
                assert (answer.status, await answer.read()) == (200, b"")


async def test_websockets_carry_text_bytes_subprotocol_and_close_code(tmp_path: Path) -> None:
    async with front(tmp_path) as it:
        it.add_route()
        await it.admitted()
        async with serving(add_pod(it.store, it.network, "one", app="hub"), application()):
            protocol = "v1.kernel.websocket.jupyter.org"
            async with it.client.ws_connect(it.url("/talk"), protocols=[protocol], **it.options()) as socket:
                assert socket.protocol == protocol
                await socket.send_str("there and")
                assert await socket.receive_str() == "there and back"
                await socket.send_bytes(bytes(range(256)) * 4_000)
                assert await socket.receive_bytes() == bytes(range(256)) * 4_000
                await socket.send_str("leave")
                message = await socket.receive()
                assert (message.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, 4001)


async def test_a_redirect_of_a_websocket_handshake_is_passed_on(tmp_path: Path) -> None:
    async with front(tmp_path) as it:
        it.add_route()
        await it.admitted()
        async with serving(add_pod(it.store, it.network, "one", app="hub"), application()):
            handshake = {"Upgrade": "websocket", "Connection": "Upgrade"}
            sent = it.options(**handshake)
            async with it.client.get(it.url("/redirect"), allow_redirects=False, **sent) as answer:
                assert (answer.status, answer.headers["Location"]) == (302, "/hub/login?next=%2Fhub")


async def test_a_request_without_route_or_ready_pod_gets_the_503_page(tmp_path: Path) -> None:
    async with front(tmp_path) as it:
        it.add_route()
        await it.admitted()
        for host in (HOST, "nosuch.apps.localhost"):
            async with it.client.get(it.url(), **it.options(host)) as answer:
                assert (answer.status, answer.content_type) == (503, "text/html")
                assert "<h1>Application is not available</h1>" in await answer.text()


async def test_a_slow_answer_is_a_504_after_the_time_of_the_annotation(tmp_path: Path) -> None:
    async with front(tmp_path) as it:
        it.add_route(annotations={"haproxy.router.openshift.io/timeout": "200ms"})
        await it.admitted()
        async with (
            serving(add_pod(it.store, it.network, "one", app="hub"), application()),
            it.client.get(it.url("/slow"), **it.options()) as answer,
        ):
            assert answer.status == 504


async def test_the_oldest_route_keeps_its_host(tmp_path: Path) -> None:
    async with front(tmp_path) as it:
        it.add_route()
        first = await it.admitted()
        time = first["conditions"][0].pop("lastTransitionTime")
        assert time.endswith("Z")
        assert first == {
            "host": HOST,
            "routerName": "default",
            "conditions": [{"type": "Admitted", "status": "True"}],
            "wildcardPolicy": "None",
            "routerCanonicalHostname": "router-default.apps.localhost",
        }
        it.add_route("second")
        [condition] = (await it.admitted("second"))["conditions"]
        why = f"route hub already exposes {HOST} and is older"
        assert (condition["status"], condition["reason"], condition["message"]) == (
            "False",
            "HostAlreadyClaimed",
            why,
        )
        it.store.remove(ROUTES, "hub")
        await until(
            lambda: (
                it.store.get(ROUTES, "second")["status"]["ingress"][0]["conditions"][0]["status"] == "True"
            )
        )


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 30), ("5s", 5), ("1h", 3600), ("250ms", 0.25), ("2000", 2), ("soon", 30)]
)
def test_the_timeout_annotation_of_a_route_is_parsed(text: str, seconds: float) -> None:
    assert timeout_of({"metadata": {"annotations": {"haproxy.router.openshift.io/timeout": text}}}) == seconds


@pytest.mark.parametrize(
    ("path", "prefix", "inside"),
    [("/a", "", True), ("/a", "/a", True), ("/a/b", "/a", True), ("/ab", "/a", False), ("/a/b", "/a/", True)],
)
def test_a_route_serves_the_paths_under_its_path(path: str, prefix: str, inside: bool) -> None:
    assert within(path, prefix) is inside
