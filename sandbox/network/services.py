"""The project's network, on the host's loopback interface.

| on OpenShift | here |
|---|---|
| a pod's IP | 127.77.x.y, bound by its own processes |
| a service's cluster IP | 127.78.x.y: the sandbox listens while there is a ready pod, and forwards |
| DNS names of services | /etc/hosts of each pod, rewritten in place |
| several clusters | each sandbox takes blocks (x) of its own, so that many run side by side |
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.resource_keys import ROUTES
from sandbox.apimachinery.store import Store

log = logging.getLogger(__name__)
PODS, SERVICES = "127.77", "127.78"
BLOCK = 254
LOCK_PORT = 10250  # of the kubelet; bound on 127.78.x.255 by the sandbox that has the block x
CHUNK = 1 << 16
SETTLE = 0.02
RETRY = 1.0  # to listen on a port that is taken


class Listener(NamedTuple):
    """The address of a listener and the service port that it serves."""

    ip: str
    port: int
    service: str


class Network:
    """Pod addresses, service listeners and hosts files; `api` and `routes` are listening addresses."""

    def __init__(
        self,
        project: Project,
        store: Store,
        api: tuple[str, int] = ("127.0.0.1", 6443),
        routes: str = "127.0.0.1",
    ) -> None:
        self.project = project
        self.store = store
        self.api = api
        self.routes = routes
        self._blocks: list[socket.socket] = []
        self._free: dict[str, list[str]] = {PODS: [], SERVICES: []}
        self._pods: dict[str, str] = {}
        self._hosts: dict[str, tuple[Path, str]] = {}
        self._names = ""
        self._servers: dict[Listener, asyncio.Server] = {}
        self._turn = 0

    async def run(self) -> None:
        """Follow services, pods and routes until cancelled."""
        changed = asyncio.Event()
        with self.store.watch("services", "pods", ROUTES) as watch:

            async def listen() -> None:
                async for _ in watch:
                    changed.set()

            listening = asyncio.create_task(listen())
            try:
                while True:
                    complete = await self._reconcile()
                    with suppress(asyncio.TimeoutError):
                        await asyncio.wait_for(changed.wait(), None if complete else RETRY)
                    await asyncio.sleep(SETTLE)
                    changed.clear()
            finally:
                listening.cancel()
                for server in self._servers.values():
                    server.close()
                for block in self._blocks:
                    block.close()

    def add_pod(self, uid: str) -> str:
        """Allocate an address that no other live pod has."""
        self._pods[uid] = self._address(PODS)
        return self._pods[uid]

    def remove_pod(self, uid: str) -> None:
        """Free the pod's address; it is reused last."""
        self._hosts.pop(uid, None)
        if uid in self._pods:
            self._free[PODS].append(self._pods.pop(uid))

    def write_hosts(self, uid: str, file: Path, host: str, aliases: list[Obj]) -> None:
        """Write a pod's /etc/hosts, now and whenever services change."""
        lines = ["# Kubernetes-managed hosts file.", "127.0.0.1\tlocalhost", f"{self._pods[uid]}\t{host}"]
        lines += [f"{alias['ip']}\t{' '.join(alias['hostnames'])}" for alias in aliases]
        own = "\n".join(lines) + "\n"
        self._hosts[uid] = (file, own)
        self._names = self._service_names()
        file.write_text(own + self._names)

    def endpoints(self, service: str, port: int | str | None = None) -> list[tuple[str, int]]:
        """List the addresses of a service's ready pods, for a port's number, name or target port."""
        found = self.store.look_at("services", service)
        selector = (found or {}).get("spec", {}).get("selector")
        if found is None or not selector:
            return []
        ports = [
            one
            for one in found["spec"].get("ports", [])
            if port is None or port in (one["port"], one.get("name"), one.get("targetPort"))
        ]
        if not ports:
            return []
        unready_too = found["spec"].get("publishNotReadyAddresses", False)
        labels = ",".join(f"{key}={value}" for key, value in selector.items())
        return [
            (pod["status"]["podIP"], target_port(ports[0], pod))
            for pod in self.store.look("pods", labels)
            if pod.get("status", {}).get("podIP") and (unready_too or is_ready(pod))
        ]

    async def _reconcile(self) -> bool:
        """Open a listener for each service with endpoints; return False when a port was taken."""
        wanted = set()
        for service in self.store.look("services"):
            spec, name = service["spec"], service["metadata"]["name"]
            if spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None":
                continue
            if not self._is_own(spec.get("clusterIP", "")):
                self._give_cluster_ip(name)
                continue  # the pod's change triggers another sync
            for port in spec.get("ports", []):
                if self.endpoints(name, port["port"]):
                    wanted.add(Listener(spec["clusterIP"], port["port"], name))
        for listener in set(self._servers) - wanted:
            self._servers.pop(listener).close()
        for listener in wanted - set(self._servers):
            await self._serve(listener)
        self._rewrite_hosts()
        return wanted == set(self._servers)

    def _is_own(self, address: str) -> bool:
        """Return True when an address lies in the block that this sandbox holds."""
        return address.rpartition(".")[0] in {
            block.getsockname()[0].rpartition(".")[0] for block in self._blocks
        }

    def _give_cluster_ip(self, name: str) -> None:
        address = self._address(SERVICES)

        def change(service: Obj) -> None:
            service["spec"] |= {"clusterIP": address, "clusterIPs": [address]}

        self.store.modify("services", name, change)

    async def _serve(self, listener: Listener) -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._forward(listener, reader, writer)

        try:
            self._servers[listener] = await asyncio.start_server(connected, listener.ip, listener.port)
        except OSError as error:
            log.warning(
                "service %s: cannot listen on port %d: %s", listener.service, listener.port, error.strerror
            )

    async def _forward(
        self, listener: Listener, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Forward a connection to a pod, round robin."""
        there = self.endpoints(listener.service, listener.port)
        self._turn += 1
        for ip, port in there[self._turn % len(there) :] + there[: self._turn % len(there)] if there else []:
            try:
                answers, requests = await asyncio.open_connection(ip, port)
            except OSError:
                continue
            try:
                await asyncio.gather(pipe(reader, requests), pipe(answers, writer))
            finally:
                requests.close()
                writer.close()
            return
        writer.transport.abort()

    def _service_names(self) -> str:
        namespace = self.project.name
        lines = [hosts_line(self.api[0], "kubernetes", "default")]
        lines.append(f"{self.routes}\toauth-openshift.apps.{self.project.domain}")
        for service in self.store.look("services"):
            name, address = service["metadata"]["name"], service["spec"].get("clusterIP", "")
            addresses = [ip for ip, _ in self.endpoints(name)] if address == "None" else [address]
            lines += [hosts_line(one, name, namespace, short=True) for one in addresses if one]
        for route in self.store.look(ROUTES):
            if route["spec"].get("host"):
                lines.append(f"{self.routes}\t{route['spec']['host']}")
        return "\n".join(lines) + "\n"

    def _rewrite_hosts(self) -> None:
        names = self._service_names()
        if names == self._names:
            return
        self._names = names
        for file, own in self._hosts.values():
            content = (own + names).encode()
            with suppress(FileNotFoundError):  # the pod is being removed
                descriptor = os.open(file, os.O_WRONLY)  # in place: the file is mounted
                try:
                    os.pwrite(descriptor, content, 0)
                    os.ftruncate(descriptor, len(content))
                finally:
                    os.close(descriptor)

    def _address(self, kind: str) -> str:
        if not self._free[kind]:
            self._take_block()
        return self._free[kind].pop(0)

    def _take_block(self) -> None:
        for number in range(256):
            lock = socket.socket()
            try:
                lock.bind((f"{SERVICES}.{number}.255", LOCK_PORT))
                lock.listen(1)
            except OSError:
                lock.close()
                continue
            self._blocks.append(lock)
            for kind, free in self._free.items():
                free += [f"{kind}.{number}.{host}" for host in range(1, BLOCK + 1)]
            return
        raise RuntimeError("No loopback addresses are left: 256 blocks are taken by running sandboxes.")


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy bytes until the end, then close the other side."""
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.transport.abort()


def hosts_line(address: str, name: str, namespace: str, *, short: bool = False) -> str:
    """Build the hosts line with all DNS names of a service."""
    names = [f"{name}.{namespace}", f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.cluster.local"]
    return f"{address}\t{' '.join([name, *names] if short else names)}"


def is_ready(pod: Obj) -> bool:
    """Return True when a pod is a ready endpoint."""
    if "deletionTimestamp" in pod["metadata"]:
        return False
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def target_port(port: Obj, pod: Obj) -> int:
    """Return the pod's port behind a service port."""
    target = port.get("targetPort") or port["port"]
    for container in pod["spec"]["containers"]:
        if number := port_number(target, container):
            return number
    return int(port["port"])


def port_number(port: int | str, container: Obj) -> int:
    """Resolve a port number, or a container port's name; 0 for an unknown name."""
    if isinstance(port, int) or port.isdigit():
        return int(port)
    named = {one.get("name"): one["containerPort"] for one in container.get("ports", [])}
    return int(named.get(port, 0))
