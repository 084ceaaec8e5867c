"""A running server survives whatever the cluster's API answers, and ends when its pod is deleted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from jupyterhub_openshift.spawner.openshift_spawner import OpenShiftSpawner
from sandbox.apiserver.http import application
from sandbox.authorization.users import ADMIN, Tokens
from sandbox.registry.api import Api
from tests.hub.spawner.pods import UUID
from tests.hub.spawner.spawners import forget_clients, new_spawner, use_account
from tests.hub.standin import certificate
from tests.sandbox.projects import HUB, PROJECT, a_pod, an_api

pytestmark = pytest.mark.faults

POD = f"jupyterhub-nb-{UUID}"


@dataclass
class Cluster:
    """The sandbox's API over TLS, with the pod of a user's server that runs."""

    api: Api
    url: str

    async def fail(self, **faults: Any) -> None:
        """Switch faults on; watches end too, so that the hub must ask again."""
        await self._switch("PUT", {**faults, "watches_end": True})
        await self._switch("PUT", {"watches_end": False})

    async def recover(self) -> None:
        await self._switch("DELETE", {})

    async def _switch(self, method: str, faults: dict[str, Any]) -> None:
        headers = {"Authorization": "Bearer admin"}
        async with (
            aiohttp.ClientSession(self.url, headers=headers) as session,
            session.request(method, "/sandbox/faults", json=faults, ssl=False) as answer,
        ):
            assert answer.status == 200, await answer.text()


@pytest.fixture
async def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Cluster]:
    api = an_api()
    pod = a_pod(POD)
    pod["metadata"]["labels"] = {"component": "singleuser-server"}
    api.create("pods", pod, HUB)

    def run(pod: dict[str, Any]) -> None:
        running = {"name": "main", "state": {"running": {}}, "ready": True}
        pod["status"] = {"phase": "Running", "podIP": "127.0.0.1", "containerStatuses": [running]}

    api.store.modify("pods", POD, run)
    (tmp_path / "token").write_text("hub")
    server = TestServer(application(api, Tokens(api.store, PROJECT, b"k" * 32, {"hub": HUB, "admin": ADMIN})))
    await server.start_server(ssl=certificate(tmp_path))
    environ = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(server.port)}
    use_account(monkeypatch, tmp_path, environ)
    yield Cluster(api, f"https://127.0.0.1:{server.port}")
    await forget_clients()
    await server.close()


async def polls(spawner: OpenShiftSpawner, times: int = 5) -> set[int | None]:
    """What the hub learns of the server while it asks several times."""
    answers = set()
    for _ in range(times):
        answers.add(await spawner.poll())
        await asyncio.sleep(0.2)
    return answers


FAULTS = {
    "away": {"away": True},
    "slow": {"slow": 5.0},
    "too many requests": {"answer": 429},
    "internal error": {"answer": 500},
    "unavailable": {"answer": 503},
    "history is gone": {"answer": 410, "path": "/pods"},
    "watches closed": {},
    "one empty list": {"empty": 1, "path": "/pods"},
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
async def test_a_server_runs_on_through_faults_of_the_api_and_ends_with_its_pod(
    cluster: Cluster, faults: dict[str, Any]
) -> None:
    spawner = new_spawner()
    assert await polls(spawner, 1) == {None}
    await cluster.fail(**faults)
    assert await polls(spawner) == {None}
    await cluster.recover()
    assert await polls(spawner) == {None}
    cluster.api.store.remove("pods", POD)

    for _ in range(300):
        if await spawner.poll() is not None:
            break
        await asyncio.sleep(0.1)
    assert await spawner.poll() == 1


@pytest.mark.parametrize("faults", [FAULTS["away"], FAULTS["internal error"], FAULTS["one empty list"]])
async def test_a_hub_that_starts_meanwhile_takes_no_server_for_stopped(
    cluster: Cluster, faults: dict[str, Any]
) -> None:
    await cluster.fail(**faults)
    spawner = new_spawner()
    assert await polls(spawner, 3) == {None}
    await cluster.recover()
    assert await polls(spawner) == {None}
