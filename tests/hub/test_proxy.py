"""The client of the proxy with a real configurable-http-proxy, which is stopped and started under it."""

import asyncio
import logging
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from jupyterhub.httpclient import fetch

from jupyterhub_openshift.proxy import SeparateProxy

from .proxy_process import TOKEN, ProxyProcess, running


def server(user: str, port: int) -> SimpleNamespace:
    host = f"http://127.0.0.1:{port}"
    spec = f"/user/{user}/"
    return SimpleNamespace(
        ready=True, pending=None, proxy_spec=spec, server=SimpleNamespace(host=host), _log_name=user
    )


def client(proxy: ProxyProcess) -> SeparateProxy:
    hub = SimpleNamespace(routespec="/", host="http://127.0.0.1:8081")
    app = SimpleNamespace(hub=hub, subdomain_host="", internal_ssl=False)
    return SeparateProxy(
        app=app, hub=hub, should_start=False, auth_token=TOKEN, api_url=f"http://127.0.0.1:{proxy.api_port}",
        watch_interval=0.2, log=logging.getLogger("proxy"),
    )  # fmt: skip


async def eventually(condition: Callable, seconds: int = 30) -> None:
    for _ in range(seconds * 20):
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not in time")


@pytest.fixture
async def watched(configurable_http_proxy):
    """A proxy with the routes of two users, and the client that watches it."""
    users = {
        name: SimpleNamespace(name=name, proxy_spec=f"/user/{name}/", spawners={"": server(name, port)})
        for name, port in (("alice", 9001), ("bob", 9002))
    }
    with running(configurable_http_proxy) as proxy:
        watching = client(proxy)
        await watching.check_routes(users, {})
        yield proxy, users, watching
        watching._watching.cancel()


ALL = {
    "/": "http://127.0.0.1:8081",
    "/user/alice": "http://127.0.0.1:9001",
    "/user/bob": "http://127.0.0.1:9002",
}


async def test_after_a_restart_of_the_proxy_all_routes_are_restored(watched):
    proxy, _, _ = watched
    assert await proxy.routes() == ALL
    proxy.stop()
    await asyncio.sleep(0.5)  # several checks
    proxy.start()

    async def back():
        return await proxy.routes() == ALL

    await eventually(back)


async def test_a_restart_between_two_checks_is_noticed(watched):
    proxy, _, watching = watched
    watching.watch_interval = 3
    await asyncio.sleep(0.3)  # the watch is now between two checks
    proxy.stop()
    proxy.start()

    async def back():
        return await proxy.routes() == ALL

    await eventually(back)


async def test_a_restart_is_noticed_long_before_the_next_check(watched):
    proxy, _, watching = watched
    watching.watch_interval = 1
    await asyncio.sleep(1.5)  # the client now waits for the end of its connection
    proxy.stop()
    proxy.start()

    async def back():
        return await proxy.routes() == ALL

    await eventually(back, seconds=5)


async def test_a_deleted_route_is_not_taken_for_a_restart(watched, caplog):
    proxy, users, watching = watched
    for user in list(users.values()):
        await watching.delete_user(user)
    users.clear()
    await asyncio.sleep(0.7)
    assert await proxy.routes() == {"/": "http://127.0.0.1:8081"}
    assert "has restarted" not in caplog.text


async def test_a_proxy_that_does_not_answer_for_a_while_has_not_restarted(watched, caplog):
    """Or the hub itself was too busy to read the answer, as while it waits for a database that is away."""
    proxy, _, _ = watched
    caplog.set_level(logging.INFO)
    proxy.pause()

    async def said(text):
        return text in caplog.text

    await eventually(lambda: said("The proxy does not answer: TimeoutError"))
    proxy.resume()
    await eventually(lambda: said("The proxy answers again: checking all routes"))
    assert await proxy.routes() == ALL
    assert "has restarted" not in caplog.text


async def test_without_users_a_restart_is_noticed_by_the_hubs_own_route(configurable_http_proxy):
    with running(configurable_http_proxy) as proxy:
        watching = client(proxy)
        await watching.check_routes({}, {})
        proxy.stop()
        proxy.start()

        async def back():
            return await proxy.routes() == {"/": "http://127.0.0.1:8081"}

        await eventually(back)
        watching._watching.cancel()


async def test_each_check_requests_one_route_whatever_the_users_name(watched, monkeypatch):
    """With a thousand users, fetching all routes every second would load hub and proxy."""
    proxy, _, watching = watched
    watching._watching.cancel()
    await watching.add_route(
        "/user/carol%40example.org/", "http://127.0.0.1:9003", {"user": "carol@example.org"}
    )
    asked = []

    async def recording(url, **options):
        asked.append(url)
        return await fetch(url, **options)

    monkeypatch.setattr("jupyterhub_openshift.proxy.fetch", recording)
    assert await watching._lost_a_route() is False
    assert asked == [f"http://127.0.0.1:{proxy.api_port}/api/routes/user/carol%40example.org"]


async def test_traffic_counts_as_activity_only_if_configured(watched):
    """The proxy reports each route's last traffic, which JupyterHub alone would count as activity."""
    _, _, watching = watched
    routes = await watching.get_all_routes()
    assert {spec: route["data"] for spec, route in routes.items()} == {
        "/": {"hub": True},
        "/user/alice/": {"user": "alice", "server_name": ""},
        "/user/bob/": {"user": "bob", "server_name": ""},
    }
    watching.traffic_is_activity = True
    routes = await watching.get_all_routes()
    assert [spec for spec, route in routes.items() if "last_activity" not in route["data"]] == []
