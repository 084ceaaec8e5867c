"""What a user with an open websocket sees when hub, proxy or database is killed and comes back."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.hub.browser import Browser, read
from tests.hub.database import PostgreSQL, environment_of, postgresql_server
from tests.hub.hub_process import HubProcess
from tests.hub.local_servers import HubApi, write_config
from tests.hub.proxy_process import ProxyProcess, running
from tests.waiting import eventually

pytestmark = pytest.mark.faults


@dataclass
class Instance:
    """A hub, its proxy and its database, and a user whose server computes."""

    database: PostgreSQL
    proxy: ProxyProcess
    hub: HubProcess
    api: HubApi
    browser: Browser

    def page(self) -> tuple[int, str]:
        """The user's home page, as read."""
        status, _, page = self.browser.answer(f"{self.hub.url}/hub/home", accept="text/html")
        return status, read(page)

    def wait_until_back(self) -> None:
        """The user is still logged in, and may enter the server."""
        eventually("the home page is back", lambda: self.page()[0] == 200)
        assert "alice" in self.page()[1]
        eventually(
            "the user enters the server", lambda: self.api.ask("alice", "GET", "/user/alice/")[0] == 200
        )
        assert self.api.is_ready("alice")

    @asynccontextmanager
    async def kernel(self) -> AsyncIterator["Kernel"]:
        """A websocket to what the server computes."""
        headers = {"Authorization": f"token {self.api.tokens['alice']}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.ws_connect(f"{self.hub.url}/user/alice/count") as websocket,
        ):
            kernel = Kernel(websocket)
            await kernel.goes_on()
            yield kernel


class Kernel:
    """What a websocket tells of a computation."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        self._websocket = websocket
        self.number = 0

    async def goes_on(self) -> None:
        """All numbers since the last one have come, and so do three that were not yet computed."""
        while await self._next(within=0.02):
            pass
        for _ in range(3):
            assert await self._next(within=30)

    async def _next(self, within: float) -> bool:
        try:
            number = int(await self._websocket.receive_str(timeout=within))
        except asyncio.TimeoutError:
            return False
        assert self.number in (0, number - 1)
        self.number = number
        return True

    async def is_disconnected(self) -> None:
        """Read to the end of the connection."""
        with pytest.raises(aiohttp.WSMessageTypeError):
            while True:
                await self._websocket.receive_str(timeout=30)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, configurable_http_proxy: Path) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("instance")
    environ = {
        "JUPYTERHUB_AUTHENTICATOR": "dummy",
        "JUPYTERHUB_ALLOW": "everyone",
        "JUPYTERHUB_COOKIE_SECRET": "0f" * 32,
        "JUPYTERHUB_IDLE_TIMEOUT": "0",
    }
    with postgresql_server() as database, running(configurable_http_proxy) as proxy:
        database.wait_until_ready()
        environ |= environment_of(database.port)
        hub = HubProcess(proxy, folder, config=write_config(folder), **environ)
        hub.start()
        try:
            browser, api = Browser(), HubApi(hub.url)
            browser.get_until(f"{hub.url}/hub/api/", "version")
            browser.log_in(hub.url, "alice")
            api.new_token("alice")
            api.start_server("", "alice")
            yield Instance(database, proxy, hub, api, browser)
            assert api.ask("", "DELETE", "/hub/api/users/alice/server")[0] in (202, 204)
        finally:
            hub.stop()


async def test_while_the_hub_is_killed_and_started_again_the_kernel_and_its_websocket_go_on(
    instance: Instance,
) -> None:
    async with instance.kernel() as kernel:
        instance.hub.kill()
        status, page = instance.page()
        assert (status, "Running notebooks are not affected" in page) == (503, True)
        status, answer = instance.api.ask("alice", "GET", "/hub/api/user")
        assert (status, json.loads(answer)["status"]) == (503, 503)
        await kernel.goes_on()
        instance.hub.start()
        instance.wait_until_back()
        await kernel.goes_on()


async def test_after_the_proxy_is_killed_the_user_is_back_with_the_same_kernel(instance: Instance) -> None:
    async with instance.kernel() as kernel:
        instance.proxy.stop()
        await kernel.is_disconnected()
    instance.proxy.start()
    instance.wait_until_back()
    async with instance.kernel() as again:
        assert again.number > kernel.number


async def test_after_hub_and_proxy_are_killed_at_once_the_user_is_back_with_the_same_kernel(
    instance: Instance,
) -> None:
    async with instance.kernel() as kernel:
        instance.hub.kill()
        instance.proxy.stop()
    instance.proxy.start()
    instance.hub.start()
    instance.wait_until_back()
    async with instance.kernel() as again:
        assert again.number > kernel.number


async def test_while_the_database_is_killed_and_started_again_the_kernel_and_its_websocket_go_on(
    instance: Instance,
) -> None:
    async with instance.kernel() as kernel:
        instance.database.kill()
        status, page = instance.page()
        assert (status, "The hub cannot reach its database" in page) == (503, True)
        await kernel.goes_on()
        instance.database.start()
        instance.wait_until_back()
        await kernel.goes_on()


async def test_a_hub_that_starts_while_the_database_is_away_comes_back_by_itself(instance: Instance) -> None:
    """It ends, and the kubelet starts it again. (In a pod the init container waits for the database.)"""
    async with instance.kernel() as kernel:
        instance.database.kill()
        instance.hub.kill()
        instance.hub.start()
        assert instance.hub.process.wait(timeout=60) != 0
        instance.database.start()
        instance.database.wait_until_ready()
        instance.hub.start()
        instance.wait_until_back()
        await kernel.goes_on()
