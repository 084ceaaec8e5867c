"""One pod, from its scheduling to its removal."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.containers.container import Container, Mount, Running, is_root
from sandbox.containers.image_store import Image, remove_tree
from sandbox.kubelet import files, pulls
from sandbox.kubelet.environment import ConfigError, environment, expand, service_variables
from sandbox.kubelet.health import Health
from sandbox.kubelet.node import Node
from sandbox.kubelet.probes import handle
from sandbox.kubelet.status import Record, pod_status
from sandbox.kubelet.volumes import MountError, Volumes

log = logging.getLogger(__name__)
RETRY = 0.5  # for what the API may bring any moment: a claim, a secret, a config map
LONG_RUN = 600.0  # a container that ran so long starts its back-off anew
LEAST_GRACE = 2.0  # after preStop has used it up
TERMINATION_LOG = "/dev/termination-log"
TERMINATION_MESSAGE = 4096


class Pod:
    """A pod and its containers."""

    def __init__(self, node: Node, pod: Obj) -> None:
        self.node = node
        self.pod = pod
        self.name, self.uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        self.directory = node.pods_directory / self.uid
        self.logs = node.logs_directory / f"{self.name}_{self.uid}"
        self.ip = ""
        self.unschedulable = ""
        self._ending: dict[Running, asyncio.Task[None]] = {}
        spec = pod["spec"]
        self.records = [Record(one, init=True) for one in spec.get("initContainers", [])]
        self.records += [Record(one, init=False) for one in spec["containers"]]
        self.volumes = Volumes(
            pod,
            self.directory / "volumes",
            node.claims_directory,
            node.store,
            issue=node.issue,
            ca=node.ca,
        )
        self.life = asyncio.create_task(self._live())
        self.life.add_done_callback(self._log_fault)

    async def stop(self, grace: float) -> None:
        """End it as a delete does: preStop, SIGTERM, SIGKILL after the grace; then take the object away."""
        await self._end_life()
        running = [record for record in self.records if record.running]
        for record in running:
            message = f"Stopping container {record.name}"
            self.node.events.normal(self.pod, "Killing", message, record.field_path)
        await asyncio.gather(*(self._stop_container(record, grace) for record in running))
        self.publish()
        self.clean_up()
        found = self.node.store.find("pods", self.name)
        if found and found["metadata"]["uid"] == self.uid:
            self.node.store.remove("pods", self.name)

    async def kill(self) -> None:
        """End it at once; the object is somebody else's matter."""
        await self._end_life()
        await asyncio.gather(*(self._stop_container(record, 0) for record in self.records if record.running))
        self.clean_up()

    def clean_up(self) -> None:
        """Leave nothing but its logs."""
        self.node.network.remove_pod(self.uid)
        remove_tree(self.directory)

    def publish(self) -> None:
        """Write the status."""

        def change(obj: Obj) -> None:
            if obj["metadata"]["uid"] == self.uid:
                if not self.unschedulable:
                    obj["spec"]["nodeName"] = self.node.name
                obj["status"] = pod_status(obj, self.records, self.ip, self.unschedulable)

        with suppress(StatusError):  # gone meanwhile
            self.node.store.modify("pods", self.name, change)

    def hurry(self) -> None:
        """The grace is over: deleted by force."""
        for record in self.records:
            if record.running:
                record.running.kill()

    def _log_fault(self, life: asyncio.Task[None]) -> None:
        if not life.cancelled() and (fault := life.exception()):
            log.error("pod %s: %r", self.name, fault, exc_info=fault)

    async def _end_life(self) -> None:
        self.life.cancel()
        await asyncio.gather(self.life, return_exceptions=True)

    async def _live(self) -> None:
        await self._schedule()
        for record in self.records:
            waits = any(one.init for one in self.records) and not record.init
            record.wait("PodInitializing" if waits else "ContainerCreating")
        self.publish()
        await self._set_up()
        refresh = asyncio.create_task(self._refresh_tokens())
        try:
            for record in self.records:
                if record.init:
                    await self._supervise(record)
                    if not record.succeeded:
                        return
            await asyncio.gather(*(self._supervise(record) for record in self.records if not record.init))
        finally:
            refresh.cancel()
        self.publish()

    async def _schedule(self) -> None:
        while problem := self._unbound_claim():
            if problem != self.unschedulable:
                self.unschedulable = problem
                self.node.events.failed_scheduling(self.pod, problem)
                self.publish()
            await asyncio.sleep(RETRY)
        self.unschedulable = ""
        self.node.events.scheduled(self.pod)

    def _unbound_claim(self) -> str:
        preemption = "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
        for volume in self.pod["spec"].get("volumes", []):
            if "persistentVolumeClaim" not in volume:
                continue
            name = volume["persistentVolumeClaim"]["claimName"]
            claim = self.node.store.find("persistentvolumeclaims", name)
            if claim is None:
                return f'0/1 nodes are available: persistentvolumeclaim "{name}" not found. {preemption}'
            if claim.get("status", {}).get("phase") != "Bound":
                return (
                    f"0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. {preemption}"
                )
        return ""

    async def _set_up(self) -> None:
        """Volumes, address and the runtime's files."""
        self.directory.mkdir(parents=True)
        self.ip = self.node.network.add_pod(self.uid)
        self.pod["spec"]["nodeName"] = self.node.name
        self.pod["status"] = pod_status(self.pod, self.records, self.ip)  # for the downward API
        while True:
            try:
                self.volumes.set_up()
                break
            except MountError as error:
                self.node.events.warning(self.pod, "FailedMount", str(error))
                await asyncio.sleep(RETRY)
        spec = self.pod["spec"]
        host = spec.get("hostname") or self.name
        self.node.network.write_hosts(self.uid, self.directory / "hosts", host, spec.get("hostAliases", []))
        (self.directory / "hostname").write_text(f"{host}\n")
        (self.directory / "resolv.conf").write_text(files.resolv_conf())
        self.publish()

    async def _refresh_tokens(self) -> None:
        while True:
            await asyncio.sleep(self.node.token_refresh)
            self.volumes.refresh()

    async def _supervise(self, record: Record) -> None:
        """Run a container until it need not run again."""
        delays: Iterator[float] = iter(())
        while True:
            image = await pulls.pull(self, record)
            began = asyncio.get_running_loop().time()
            code = await self._run(record, image)
            self.publish()
            policy = self.pod["spec"].get("restartPolicy", "Always")
            if record.succeeded and (record.init or policy != "Always"):
                return
            if policy == "Never":
                return
            if asyncio.get_running_loop().time() - began > LONG_RUN or not record.restarts:
                delays = iter((0.0, *self.node.back_off))
            await self._back_off(record, next(delays, self.node.back_off[-1]), code)
            record.restarts += 1

    async def _back_off(self, record: Record, delay: float, code: int) -> None:
        record.last_state = record.state
        if not delay:
            return
        meta = self.pod["metadata"]
        about = f"{record.name} in pod {self.name}_{meta['namespace']}({self.uid})"
        message = f"Back-off restarting failed container {about}"
        self.node.events.warning(self.pod, "BackOff", message, record.field_path)
        where = f"container={record.name} pod={self.name}_{meta['namespace']}({self.uid})"
        record.wait("CrashLoopBackOff", f"back-off {delay:g}s restarting failed {where}")
        self.publish()
        await asyncio.sleep(delay)

    async def _run(self, record: Record, image: Image) -> int:
        """Start it once and wait for its end."""
        container, argv, env = await self._configured(record, image)
        record.container_id = f"cri-o://{secrets.token_hex(32)}"
        record.image_id = f"{record.spec['image'].partition('@')[0]}@{image.digest}"
        events = self.node.events
        events.normal(self.pod, "Created", "Container created", record.field_path)
        log = self.log_file(record.name, record.restarts)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            running = await container.start(argv, env, output)
        record.begin(running)
        events.normal(self.pod, "Started", "Container started", record.field_path)
        health = asyncio.create_task(Health(self, record, running).watch())
        try:
            code = await running.wait()
        finally:
            health.cancel()
        self._ended(record, code)
        return code

    async def _configured(self, record: Record, image: Image) -> tuple[Container, list[str], dict[str, str]]:
        while True:
            try:
                return self._container(record, image)
            except ConfigError as error:
                record.wait("CreateContainerConfigError", str(error))
                self.node.events.warning(self.pod, "Failed", f"Error: {error}", record.field_path)
                self.publish()
                await asyncio.sleep(RETRY)

    def _container(self, record: Record, image: Image) -> tuple[Container, list[str], dict[str, str]]:
        spec, pod_spec, node = record.spec, self.pod["spec"], self.node
        security = {**pod_spec.get("securityContext", {}), **spec.get("securityContext", {})}
        uid = int(security.get("runAsUser", node.project.uid_first))
        groups = tuple(int(group) for group in security.get("supplementalGroups", []))
        if "fsGroup" in security:
            groups += (int(security["fsGroup"]),)
        services = node.store.list("services") if pod_spec.get("enableServiceLinks", True) else []
        links = service_variables(services, node.network.api)
        env = environment(self.pod, spec, image.env, links, node.store)
        env.setdefault("HOME", image.config.get("WorkingDir") or "/")
        env.setdefault("HOSTNAME", pod_spec.get("hostname") or self.name)
        env["SANDBOX_POD_IP"] = self.ip
        argv = [expand(word, env) for word in spec.get("command") or image.config.get("Entrypoint") or []]
        args = spec.get("args") or ([] if spec.get("command") else image.config.get("Cmd") or [])
        argv += [expand(word, env) for word in args]
        home = self.directory / record.name
        remove_tree(home)
        for name in ("upper", "work"):
            (home / name).mkdir(parents=True)
            (home / name).chmod(0o755)
        (home / "passwd").write_text(files.passwd(image, uid, env["HOME"]))
        (home / "termination-log").touch()
        (home / "termination-log").chmod(0o666)
        container = Container(image, home / "upper", home / "work", uid, groups if is_root() else ())
        container.hostname = pod_spec.get("hostname") or self.name
        container.cwd = spec.get("workingDir") or image.config.get("WorkingDir") or "/"
        container.mounts = self.volumes.mounts(spec)
        for name in ("hosts", "hostname", "resolv.conf"):
            container.mounts.append(Mount(self.directory / name, f"/etc/{name}", read_only=True))
        container.mounts.append(Mount(home / "passwd", "/etc/passwd", read_only=True))
        message = spec.get("terminationMessagePath", TERMINATION_LOG)
        container.mounts.append(Mount(home / "termination-log", message))
        return container, argv, env

    def _ended(self, record: Record, code: int) -> None:
        written = self.directory / record.name / "termination-log"
        message = written.read_text(errors="replace")[:TERMINATION_MESSAGE] if written.is_file() else ""
        from_log = record.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError"
        if not message and code and from_log:
            log = self.log_file(record.name, record.restarts).read_text(errors="replace")
            message = log[-2048:]
        record.end(code, message)
        self.publish()

    async def _stop_container(self, record: Record, grace: float) -> None:
        running = record.running
        if running is None:
            return
        ended = asyncio.create_task(running.wait())
        pre_stop = record.spec.get("lifecycle", {}).get("preStop")
        if pre_stop and grace > 0:
            began = asyncio.get_running_loop().time()
            hook = asyncio.create_task(handle(pre_stop, record.spec, running, self.ip, grace))
            await asyncio.wait([hook, ended], return_when=asyncio.FIRST_COMPLETED)
            hook.cancel()  # it ends with its container
            grace = max(LEAST_GRACE, grace - (asyncio.get_running_loop().time() - began))
        if grace > 0:
            running.signal(signal.SIGTERM)
            await asyncio.wait([ended], timeout=grace)
        running.kill()
        self._ended(record, await ended)

    def end_unhealthy(self, running: Running, grace: float) -> None:
        """A probe has failed for good: end this run; the supervisor starts the next."""

        async def end() -> None:
            running.signal(signal.SIGTERM)
            await asyncio.wait([asyncio.ensure_future(running.wait())], timeout=grace)
            running.kill()

        if running not in self._ending:
            self._ending[running] = asyncio.create_task(end())

    def log_file(self, container: str, number: int) -> Path:
        """Where a run of a container logs."""
        return self.logs / container / f"{number}.log"
