"""A full project: 3 places, 10 users. Nobody is refused, starves or gets two places; the order is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from jupyterhub import __version__ as jupyterhub_version

from sandbox.apiserver.http import application
from sandbox.authorization.users import ADMIN, Tokens
from sandbox.registry.api import Api
from tests.hub.browser import Browser
from tests.hub.hub_process import CONFIG, HubProcess
from tests.hub.proxy_process import running
from tests.hub.standin import certificate
from tests.sandbox.projects import HUB, PROJECT, an_api

pytestmark = pytest.mark.faults

TOKEN = "the-token-of-this-test"
PEOPLE = [f"user{number}" for number in range(10)]
OWN = f"""
exec(compile(open({str(CONFIG)!r}).read(), {str(CONFIG)!r}, "exec"))
c.JupyterHub.services.append({{"name": "test", "api_token": {TOKEN!r}, "admin": True}})
c.JupyterHub.tornado_settings = {{"slow_spawn_timeout": 0.5}}
c.KubeSpawner.namespace = {PROJECT.name!r}
"""


@dataclass
class Full:
    """A hub in a project with room for three servers."""

    api: Api
    hub: HubProcess
    session: aiohttp.ClientSession
    started: list[str] = field(default_factory=list)  # the order in which servers got their pods

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        try:
            async with self.session.request(method, f"{self.hub.url}/hub/api{path}", json=body) as answer:
                return answer.status, await answer.text()
        except aiohttp.ClientError:
            return 0, ""

    async def eventually(self, what: str, found: Any) -> None:
        for _ in range(400):
            if await found():
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"never: {what}; the hub's log:\n{self.hub.log.read_text()[-4000:]}")

    async def start(self, name: str, server: str = "") -> tuple[int, str]:
        await self.ask("POST", f"/users/{name}")
        return await self.ask("POST", f"/users/{name}/server" + (f"s/{server}" if server else ""))

    async def stop(self, name: str) -> None:
        assert (await self.ask("DELETE", f"/users/{name}/server"))[0] in (202, 204)

    async def message(self, name: str) -> str:
        """What the progress page says at the moment."""
        async with self.session.get(f"{self.hub.url}/hub/api/users/{name}/server/progress") as answer:
            async for line in answer.content:
                if line.startswith(b"data: ") and "steps" in (event := json.loads(line[6:])):
                    return str(event["message"])
        return ""

    async def is_ready(self, name: str) -> bool:
        servers = json.loads((await self.ask("GET", f"/users/{name}"))[1] or "{}").get("servers", {})
        return bool(servers.get("", {}).get("ready"))

    async def answers(self) -> bool:
        return (await self.ask("GET", "/"))[0] == 200

    async def number_of_pods(self) -> int:
        return len(self.api.store.list("pods"))


async def answer(_: web.Request) -> web.Response:
    """In the place of every notebook server."""
    return web.json_response({"version": "1"}, headers={"X-JupyterHub-Version": jupyterhub_version})


async def kubelet(full: Full) -> None:
    """Let each new pod run."""

    def run(pod: dict[str, Any]) -> None:
        ready = {"name": "notebook", "state": {"running": {}}, "ready": True}
        pod["status"] = {"phase": "Running", "podIP": "127.0.0.1", "containerStatuses": [ready]}

    seen: set[str] = set()
    while True:
        for pod in full.api.store.list("pods"):
            if pod["metadata"]["uid"] not in seen:
                seen.add(pod["metadata"]["uid"])
                full.started.append(pod["metadata"]["annotations"]["hub.jupyter.org/username"])
                full.api.store.modify("pods", pod["metadata"]["name"], run)
        await asyncio.sleep(0.05)


def kubeconfig(folder: Path, port: int) -> str:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "hub", "namespace": PROJECT.name}}],
        "clusters": [
            {
                "name": "it",
                "cluster": {
                    "server": f"https://127.0.0.1:{port}",
                    "certificate-authority": str(folder / "ca.crt"),
                },
            }
        ],
        "users": [{"name": "hub", "user": {"token": "hub"}}],
    }
    (folder / "kubeconfig").write_text(yaml.safe_dump(content))
    return str(folder / "kubeconfig")


@asynccontextmanager
async def full_project(
    folder: Path, proxy_command: Path, quota: dict[str, str], **environ: str
) -> AsyncIterator[Full]:
    """A hub, its proxy, and the sandbox's API; a pod runs as soon as it exists."""
    api = an_api()
    if quota:
        api.create("resourcequotas", {"metadata": {"name": "compute"}, "spec": {"hard": quota}}, ADMIN)
    tokens = Tokens(api.store, PROJECT, b"k" * 32, {"hub": HUB, "admin": ADMIN})
    server, notebook = TestServer(application(api, tokens)), web.Application()
    notebook.router.add_route("*", "/{path:.*}", answer)
    servers = TestServer(notebook)
    await server.start_server(ssl=certificate(folder))
    await servers.start_server()
    config = folder / "config.py"
    config.write_text(f"{OWN}c.Spawner.port = {servers.port}\n")
    environ = {
        "KUBECONFIG": kubeconfig(folder, server.port or 0),
        "JUPYTERHUB_AUTHENTICATOR": "dummy",
        "JUPYTERHUB_ALLOW": "everyone",
        "JUPYTERHUB_IDLE_TIMEOUT": "0",
        "JUPYTERHUB_NOTEBOOK_IMAGE": "quay.io/example/notebook:1.0",
        "JUPYTERHUB_NOTEBOOK_MEMORY": "512Mi",
        **environ,
    }
    with running(proxy_command) as proxy:
        hub = HubProcess(proxy, folder, config=config, **environ)
        hub.start()
        headers = {"Authorization": f"token {TOKEN}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            full = Full(api, hub, session)
            runs = asyncio.ensure_future(kubelet(full))
            try:
                await full.eventually("the hub answers", full.answers)
                yield full
            finally:
                runs.cancel()
                await asyncio.to_thread(hub.stop)
                await server.close()
                await servers.close()


@pytest.mark.parametrize(
    ("quota", "environ"),
    [
        ({"limits.memory": "1600Mi"}, {}),
        ({}, {"JUPYTERHUB_MAX_SERVERS": "3"}),
    ],
    ids=["quota", "maximum"],
)
async def test_ten_users_get_three_places_in_order_across_a_restart_of_the_hub(
    tmp_path: Path, configurable_http_proxy: Path, quota: dict[str, str], environ: dict[str, str]
) -> None:
    async with full_project(tmp_path, configurable_http_proxy, quota, **environ) as full:
        for number, name in enumerate(PEOPLE):
            status, text = await full.start(name)
            assert status in (201, 202), text
            if number < 3:
                await full.eventually(f"{name} has a server", lambda name=name: full.is_ready(name))
            else:
                place = {0: "You are next", 1: "1 person is before you"}
                expected = place.get(number - 3, f"{number - 3} people are before you")
                assert expected in await full.message(name)
        assert (await full.start("user5"))[0] == 202, "the page was reloaded"
        assert "2 people are before you" in await full.message("user5"), "nobody gets two places"

        full.hub.kill()
        full.hub.start()
        await full.eventually("the hub answers", full.answers)
        assert (await full.start("late"))[0] in (201, 202)
        for name in reversed(PEOPLE[4:]):  # pages come back in any order; the one of user3 comes late
            await full.start(name)
        assert "7 people are before you" in await full.message("late")
        browser = Browser()
        await asyncio.to_thread(browser.log_in, full.hub.url, "user3")
        page = await asyncio.to_thread(browser.html, f"{full.hub.url}/hub/spawn-pending/user3")
        assert "This page takes your place in the queue again." in page
        assert '"/hub/api/users/user3/server?_xsrf=' in page
        await full.start("user3")

        running_now, order = PEOPLE[:3], [*PEOPLE[3:], "late"]
        for following in order:
            await full.stop(running_now.pop(0))
            await full.eventually(f"{following} is next", lambda name=following: full.is_ready(name))
            running_now.append(following)
            assert await full.number_of_pods() <= 3
        assert full.started == [*PEOPLE, "late"]
        assert "Traceback" not in full.hub.log.read_text()
