"""What the tests of the runtime share: a tiny image, a kubelet on it, and waiting with a bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import seed
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.store import Store
from sandbox.containers import base_images
from sandbox.containers.image_store import Image
from sandbox.containers.images import Images
from sandbox.controllers.loop import Cluster
from sandbox.kubelet.kubelet import Kubelet
from sandbox.kubelet.node import Node as KubeletNode
from sandbox.network.services import Network
from sandbox.registry.api import Api
from sandbox.scheduler.scheduler import Scheduler

PATIENCE = 30
PROJECT = Project("test")


def tiny_image(images: Images, **config: Any) -> Image:
    """The host's programs and a home that group 0 may write; no interpreter, made in milliseconds."""

    def fill(root: Path) -> None:
        (root / "opt/app-root/src").mkdir(parents=True)
        base_images.own(root / "opt/app-root", 1001)

    layer = base_images.make_layer(images, fill)
    env = [f"PATH={base_images.SYSTEM_PATH}", "HOME=/opt/app-root/src", "FROM_IMAGE=yes"]
    return images.add((layer,), {"Env": env, "WorkingDir": "/opt/app-root/src", "User": "1001", **config})


@dataclass
class Node:
    """A running kubelet with its network."""

    store: Store
    images: Images
    network: Network
    kubelet: Kubelet
    image: Image
    state: Path

    def start(self, name: str, script: str = "", **spec: Any) -> Obj:
        """Create a pod of one container that runs a shell script."""
        container = {"name": "main", "image": f"test@{self.image.digest}", **spec.pop("container", {})}
        if script:
            container["command"] = ["/bin/sh", "-c", script]
        return self.create({"metadata": {"name": name}, "spec": {"containers": [container], **spec}})

    def create(self, pod: Obj) -> Obj:
        """Create a pod as the API would: with a namespace, in the project's UID range."""
        pod = {"kind": "Pod", "apiVersion": "v1", **pod}
        pod["metadata"] = {"namespace": PROJECT.name, "generation": 1, **pod["metadata"]}
        pod["spec"].setdefault(
            "securityContext", {"runAsUser": PROJECT.uid_first, "fsGroup": PROJECT.uid_first}
        )
        pod["spec"].setdefault("restartPolicy", "Never")
        pod.setdefault("status", {"phase": "Pending"})
        return self.store.create("pods", pod)

    def pod(self, name: str) -> Obj:
        return self.store.get("pods", name)

    def log(self, name: str, container: str = "main") -> str:
        file = self.kubelet.log_file(name, container)
        return file.read_text() if file else ""

    def events(self, name: str) -> list[tuple[str, str]]:
        found = self.store.list("events", field_selector=f"involvedObject.name={name}")
        found.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
        return [(event["reason"], event["message"]) for event in found]

    async def phase(self, name: str, phase: str) -> Obj:
        await until(lambda: self.pod(name).get("status", {}).get("phase") == phase, lambda: self.tell(name))
        return self.pod(name)

    async def ready(self, name: str) -> Obj:
        await until(lambda: is_ready(self.pod(name)), lambda: self.tell(name))
        return self.pod(name)

    def delete(self, name: str, grace: int = 30) -> None:
        """Mark for deletion, as the API does."""

        def change(pod: Obj) -> None:
            pod["metadata"] |= {
                "deletionTimestamp": "2026-01-01T00:00:00Z",
                "deletionGracePeriodSeconds": grace,
            }

        self.store.modify("pods", name, change)

    async def gone(self, name: str) -> None:
        await until(lambda: self.store.find("pods", name) is None, lambda: self.tell(name))

    def tell(self, name: str) -> str:
        return f"{self.store.find('pods', name)}\n{self.events(name)}\n{self.log(name)}"


def is_ready(pod: Obj) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


async def until(condition: Callable[[], Any], tell: Callable[[], str] = str) -> None:
    """Wait for a condition, at most PATIENCE seconds."""
    for _ in range(PATIENCE * 20):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"it did not happen: {tell()}")


@asynccontextmanager
async def node(
    state: Path, images: Images, image: Image | None = None, *, project: Project = PROJECT, pace: float = 1.0
) -> AsyncIterator[Node]:
    """A node for one test, with the scheduler; `pace` shortens what a kubelet waits by itself."""
    store = Store()
    network = Network(project, store)
    issue = lambda account, *_: f"token of {account}"  # noqa: E731
    kubelet = Kubelet(
        KubeletNode(project, store, images, network, state=state, issue=issue, ca="the CA", pace=pace)
    )
    store.create("nodes", seed.node())
    scheduler = Scheduler(Cluster(store, Api(store, project), project, state))
    tasks = [asyncio.create_task(each.run()) for each in (network, kubelet, scheduler)]
    try:
        yield Node(store, images, network, kubelet, image or tiny_image(images), state)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
