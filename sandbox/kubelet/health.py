"""The effects of probes on a running container: started, ready, or killed."""

from __future__ import annotations

import asyncio

from sandbox.apimachinery.json_types import Obj
from sandbox.containers.container import Running
from sandbox.kubelet.node import PodOnNode
from sandbox.kubelet.probes import Failure, probe, watch
from sandbox.kubelet.status import Record


class Health:
    """The probes of one run of a container."""

    def __init__(self, pod: PodOnNode, record: Record, running: Running) -> None:
        self.pod = pod
        self.record = record
        self.running = running

    def begin(self) -> None:
        """Write that the container runs; without a startup probe it counts as started."""
        if "startupProbe" in self.record.spec:
            self.pod.publish()
        else:
            self._start()

    def _start(self) -> None:
        self.record.started = True
        serving = self.record.sidecar or not self.record.init
        self.record.ready = serving and "readinessProbe" not in self.record.spec
        self.pod.publish()

    async def watch(self) -> None:
        """Probe until cancelled."""
        spec = self.record.spec
        if "startupProbe" in spec:
            await self._started(spec["startupProbe"])
            self._start()
        tasks = []
        if "readinessProbe" in spec:
            tasks.append(self._watch("Readiness", spec["readinessProbe"]))
        if "livenessProbe" in spec:
            tasks.append(self._watch("Liveness", spec["livenessProbe"]))
        await asyncio.gather(*tasks)

    async def _started(self, what: Obj) -> None:
        started = asyncio.Event()

        def told(healthy: bool | None, failure: str) -> None:
            self._tell("Startup", healthy, failure)
            if healthy:
                started.set()

        watching = asyncio.create_task(watch(what, lambda: self._check(what), told))
        try:
            await started.wait()
        finally:
            watching.cancel()

    async def _watch(self, kind: str, what: Obj) -> None:
        await watch(what, lambda: self._check(what), lambda healthy, text: self._tell(kind, healthy, text))

    async def _check(self, what: Obj) -> Failure:
        return await probe(what, self.record.spec, self.running, self.pod.ip)

    def _tell(self, kind: str, healthy: bool | None, failure: str) -> None:
        pod, record = self.pod, self.record
        if failure or healthy is False:
            pod.node.events.warning(
                pod.pod, "Unhealthy", f"{kind} probe failed: {failure}", record.field_path
            )
        if kind == "Readiness" and healthy is not None and healthy != record.ready:
            record.ready = healthy
            pod.publish()
        elif kind != "Readiness" and healthy is False:
            message = f"Container {record.name} failed {kind.lower()} probe, will be restarted"
            pod.node.events.normal(pod.pod, "Killing", message, record.field_path)
            grace = grace_period(record.spec[f"{kind.lower()}Probe"], pod.pod)
            pod.end_unhealthy(self.running, grace)


def grace_period(what: Obj, pod: Obj) -> float:
    """Return the grace period of a container that failed a probe."""
    own = what.get("terminationGracePeriodSeconds")
    return float(own if own is not None else pod["spec"].get("terminationGracePeriodSeconds", 30))
