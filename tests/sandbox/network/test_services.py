"""Addresses, services and names of a project on loopback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from sandbox.apimachinery.store import Store
from tests.sandbox.running import until
from tests.sandbox.serving import add_pod, add_service, network, serving, set_ready


def named(name: str) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=name)

    app = web.Application()
    app.router.add_get("/", answer)
    return app


async def refused(ip: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(ip, port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


async def cluster_ip(store: Store, name: str) -> str:
    await until(lambda: store.get("services", name)["spec"].get("clusterIP"))
    return str(store.get("services", name)["spec"]["clusterIP"])


async def test_pod_addresses_are_unique_also_across_sandboxes() -> None:
    async with network(Store()) as one, network(Store()) as two:
        addresses = [one.add_pod(f"one-{number}") for number in range(300)]
        addresses += [two.add_pod(f"two-{number}") for number in range(300)]
        assert len(set(addresses)) == 600
        assert all(address.startswith("127.77.") for address in addresses)


async def test_a_service_forwards_to_its_ready_pods_in_turn() -> None:
    store = Store()
    async with network(store) as it:
        add_service(store, "hub", target="http", app="hub")
        ip = await cluster_ip(store, "hub")
        assert ip.startswith("127.78.")
        first = add_pod(store, it, "first", app="hub")
        second = add_pod(store, it, "second", app="hub")
        add_pod(store, it, "other", app="other")
        add_pod(store, it, "unready", ready=False, app="hub")
        async with serving(first, named("first")), serving(second, named("second")):
            await until(lambda: it._servers)
            answers = [await get(ip) for _ in range(4)]
        assert sorted(answers) == ["first", "first", "second", "second"]


async def test_a_service_without_ready_pod_refuses_connections() -> None:
    store = Store()
    async with network(store) as it:
        add_service(store, "hub", app="hub")
        ip = await cluster_ip(store, "hub")
        assert await refused(ip, 8000)
        pod = add_pod(store, it, "first", app="hub")
        async with serving(pod, named("first")):
            await until(lambda: it._servers)
            assert await get(ip) == "first"
            set_ready(store, "first", False)
            await until(lambda: not it._servers)
            assert await refused(ip, 8000)


async def test_an_address_held_by_another_sandbox_is_replaced() -> None:
    store = Store()
    async with network(Store()) as other, network(store):
        other.add_pod("takes a block")
        add_service(store, "hub", app="hub")
        store.modify("services", "hub", lambda service: service["spec"].update(clusterIP="127.78.255.9"))
        await until(lambda: store.get("services", "hub")["spec"]["clusterIP"] != "127.78.255.9")


async def test_pods_find_services_routes_and_the_api_by_name(tmp_path: Path) -> None:
    store = Store()
    async with network(store) as it:
        ip = it.add_pod("uid")
        it.write_hosts("uid", tmp_path / "hosts", "my-pod", [{"ip": "10.0.0.1", "hostnames": ["a", "b"]}])
        inode = (tmp_path / "hosts").stat().st_ino
        add_service(store, "hub", app="hub")
        store.create(
            "routes.route.openshift.io", {"metadata": {"name": "r"}, "spec": {"host": "r.apps.localhost"}}
        )
        address = await cluster_ip(store, "hub")
        names = "hub hub.test hub.test.svc hub.test.svc.cluster.local"
        expected = [
            "# Kubernetes-managed hosts file.",
            "127.0.0.1\tlocalhost",
            f"{ip}\tmy-pod",
            "10.0.0.1\ta b",
            "127.0.0.1\tkubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local",
            "127.0.0.1\toauth-openshift.apps.localhost",
            f"{address}\t{names}",
            "127.0.0.1\tr.apps.localhost",
        ]
        await until(lambda: (tmp_path / "hosts").read_text().splitlines() == expected)
        assert (tmp_path / "hosts").stat().st_ino == inode, "a mounted file must be rewritten in place"
        store.remove("services", "hub")
        await until(lambda: names not in (tmp_path / "hosts").read_text())


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
async def test_a_service_forwards_data_completely(size: int) -> None:
    store = Store()
    app = web.Application(client_max_size=10_000_000)

    async def echo(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app.router.add_post("/", echo)
    async with network(store) as it:
        add_service(store, "echo", app="echo")
        ip = await cluster_ip(store, "echo")
        async with serving(add_pod(store, it, "one", app="echo"), app):
            await until(lambda: it._servers)
            body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
            async with ClientSession() as client, client.post(f"http://{ip}:8000/", data=body) as answer:
                assert await answer.read() == body


async def get(ip: str) -> str:
    async with ClientSession() as client, client.get(f"http://{ip}:8000/") as answer:
        return await answer.text()
