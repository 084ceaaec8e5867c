"""A pod in name only, for tests of network and router: the server behind its address runs in the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import Store
from sandbox.network.services import Network
from tests.sandbox.running import PROJECT


def add_pod(store: Store, network: Network, name: str, *, ready: bool = True, **labels: str) -> str:
    """A pod with an address and one named port; the address."""
    ip = network.add_pod(name)
    status = {"podIP": ip, "conditions": [{"type": "Ready", "status": str(ready)}]}
    ports = [{"name": "http", "containerPort": 8080}]
    spec = {"containers": [{"name": "main", "ports": ports}]}
    store.create("pods", {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": status})
    return ip


def add_service(store: Store, name: str, target: Any = 8080, port: int = 8000, **selector: str) -> None:
    """A service of one port."""
    ports = [{"name": "web", "port": port, "targetPort": target}]
    store.create("services", {"metadata": {"name": name}, "spec": {"selector": selector, "ports": ports}})


def set_ready(store: Store, name: str, ready: bool) -> None:
    def change(pod: Obj) -> None:
        pod["status"]["conditions"][0]["status"] = str(ready)

    store.modify("pods", name, change)


@asynccontextmanager
async def serving(ip: str, app: web.Application, port: int = 8080) -> AsyncIterator[None]:
    """An HTTP server on a pod's address."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, ip, port).start()
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def network(store: Store) -> AsyncIterator[Network]:
    """A running network."""
    found = Network(PROJECT, store, api=("127.0.0.1", 6443))
    task = asyncio.create_task(found.run())
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
