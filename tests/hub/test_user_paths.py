"""The proxy passes the path of a server in the spelling of JupyterHub, however a client encodes it."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from jupyterhub.utils import url_escape_path

from .proxy_process import TOKEN, running


async def seen(proxy, user: str, path: str, websocket: bool = False) -> str:
    """The path, as it was sent, that a server of this user receives."""
    received: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        received.append(request.raw_path)
        if request.headers.get("Upgrade"):
            response = web.WebSocketResponse()
            await response.prepare(request)
            await response.close()
            return response
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    headers = {"Authorization": f"token {TOKEN}"}
    spec = quote(f"/user/{user}/", safe="/")
    try:
        async with aiohttp.ClientSession() as session:
            route = f"http://127.0.0.1:{proxy.api_port}/api/routes{spec}"
            target = {"target": f"http://127.0.0.1:{port}"}
            async with session.post(route, json=target, headers=headers) as made:
                assert made.status == 201
            url = aiohttp.client.URL(f"http://127.0.0.1:{proxy.port}{path}", encoded=True)
            ask = session.ws_connect if websocket else session.get
            async with ask(url):
                pass
    finally:
        await runner.cleanup()
    return received[0]


@pytest.fixture(scope="module")
def proxy(configurable_http_proxy):
    with running(configurable_http_proxy) as proxy:
        proxy.wait_until_ready()
        yield proxy


@pytest.mark.parametrize("user", ["_under@example.com", "a~b", "alice", "Jörg Ö", "a%b", "x+y.z-1_2"])
@pytest.mark.parametrize("websocket", [False, True], ids=["request", "websocket"])
def test_a_server_receives_the_base_url_that_jupyterhub_gave_it(proxy, user, websocket):
    base = f"/user/{url_escape_path(user)}/"
    encoded = f"/user/{quote(user, safe='')}/"
    for sent in (base, encoded, encoded.lower() if user.isascii() and user.islower() else encoded):
        assert asyncio.run(seen(proxy, user, f"{sent}lab", websocket)) == f"{base}lab"


@pytest.mark.parametrize("rest", ["files/a%40b", "lab/tree/%7Ex?path=a%40b%3F", "api?x=1?y=%40"])
def test_what_follows_the_base_url_is_passed_as_it_is(proxy, rest):
    path = f"/user/bob%40example.com/{rest}"
    assert asyncio.run(seen(proxy, "bob@example.com", path)) == f"/user/bob@example.com/{rest}"
