"""The kubelet of the sandbox's one node: runs the pods bound to it as processes and writes their status.

| state directory | |
|---|---|
| pods/UID/ | writable layers, volumes and runtime files of a pod, while it is there |
| claims/UID/ | a persistent volume claim's data, while the claim is there |
| log/pods/NAME_UID/CONTAINER/N.log | what the N-th run of a container wrote; cleared at the next start |
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.store import Event
from sandbox.containers.container import Running
from sandbox.containers.image_store import remove_tree
from sandbox.containers.memory import remove_stale_limits
from sandbox.kubelet.node import Node
from sandbox.kubelet.pod import Pod
from sandbox.kubelet.volumes import forget_claim

log = logging.getLogger(__name__)


class Kubelet:
    """Runs the pods that the scheduler bound to the node."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._pods: dict[str, Pod] = {}
        self._stopping: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Run until cancelled; then kill every pod."""
        for directory in (self.node.pods_directory, self.node.claims_directory, self.node.logs_directory):
            remove_tree(directory)  # left by a killed sandbox
            directory.mkdir(parents=True)
        remove_stale_limits()
        try:
            with self.node.store.watch("pods", "persistentvolumeclaims") as watch:
                async for event in watch:
                    try:
                        self._handle(event)
                    except Exception:  # the other pods go on
                        log.exception("pod %s", event.object["metadata"]["name"])
        finally:
            for task in self._stopping.values():
                task.cancel()
            await asyncio.gather(*(pod.kill() for pod in self._pods.values()), return_exceptions=True)

    def running(self, pod: str, container: str) -> Running | None:
        """Return a running container."""
        found = next((one for one in self._pods.values() if one.name == pod), None)
        records = found.records if found else []
        return next((record.running for record in records if record.name == container), None)

    def log_file(self, pod: str, container: str, *, previous: bool = False) -> Path | None:
        """Find the log of a container's current or previous run; None before the first."""
        found = next((one for one in self._pods.values() if one.name == pod), None)
        record = next((one for one in found.records if one.name == container), None) if found else None
        if found is None or record is None:
            return None
        number = record.restarts - 1 if previous else record.restarts
        file = found.log_file(container, number)
        return file if file.exists() else None

    async def exec(self, pod: str, container: str, command: list[str], timeout: float) -> tuple[int, str]:
        """Run a command in a container; return its exit code and output."""
        for one in self._pods.values():
            for record in one.records:
                if one.name == pod and record.name == container and record.running:
                    return await record.running.exec(command, timeout)
        raise StatusError(400, "BadRequest", f'container "{container}" of pod "{pod}" is not running')

    def _handle(self, event: Event) -> None:
        uid = event.object["metadata"]["uid"]
        if event.resource == "persistentvolumeclaims":
            if event.type == "DELETED":
                forget_claim(self.node.claims_directory, uid)
            return
        if event.object["spec"].get("nodeName") != self.node.name:
            return  # not scheduled yet, or a build or deployer pod, whose work a controller does
        if event.type == "DELETED":
            if uid in self._stopping:
                self._pods[uid].hurry()
            elif uid in self._pods:
                self._stop(uid, 0)
        elif uid not in self._pods:
            self._pods[uid] = Pod(self.node, event.object)
        elif "deletionTimestamp" in event.object["metadata"] and uid not in self._stopping:
            self._stop(uid, float(event.object["metadata"].get("deletionGracePeriodSeconds", 30)))

    def _stop(self, uid: str, grace: float) -> None:
        async def stop() -> None:
            await self._pods[uid].stop(grace)
            del self._pods[uid], self._stopping[uid]

        self._stopping[uid] = asyncio.create_task(stop())
