"""One pod on the node, from its binding to its removal."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.containers.console import open_console
from sandbox.containers.container import Running
from sandbox.containers.image_store import remove_tree
from sandbox.kubelet import files, pulls, storage
from sandbox.kubelet.container_spec import ContainerSpec, container_spec
from sandbox.kubelet.environment import ConfigError
from sandbox.kubelet.health import Health
from sandbox.kubelet.node import BACK_OFF, SYNC_PERIOD, Node
from sandbox.kubelet.probes import handle, post_start
from sandbox.kubelet.start_errors import StartError, start_error
from sandbox.kubelet.status import EPOCH, Failure, Record, Sandbox, pod_status
from sandbox.kubelet.volumes import MountError, Volumes

log = logging.getLogger(__name__)
MOUNT_RETRIES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 122.0)  # `goroutinemap/exponentialbackoff`
CONFIG_RETRIES = (1.0, SYNC_PERIOD)
LONG_RUN = 600.0  # a container that ran so long starts its back-off anew
LEAST_GRACE = 2.0  # after preStop has used it up
TERMINATION_MESSAGE = 4096
SIGKILLED = 128 + signal.SIGKILL
STORAGE_PERIOD = 10.0
SIDECAR_POLL = 0.05
DEADLINE = "Pod was active on the node longer than the specified deadline"


class Pod:
    """A pod and its containers."""

    def __init__(self, node: Node, pod: Obj) -> None:
        self.node = node
        self.pod = pod
        self.name, self.uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        self.full_name = f"{self.name}_{pod['metadata']['namespace']}({self.uid})"
        self.directory = node.pods_directory / self.uid
        self.logs = node.logs_directory / f"{self.name}_{self.uid}"
        self.ip = ""
        self.sandbox = Sandbox()
        self.failure: Failure | None = None
        self._ending: dict[Running, asyncio.Task[None]] = {}
        spec = pod["spec"]
        self.records = [Record(one, init=True) for one in spec.get("initContainers") or []]
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
        """End a deleted pod: preStop, SIGTERM, SIGKILL after the grace period; then remove the object."""
        await self._end_life()
        self.publish()
        await self._stop_containers(grace)
        self.sandbox = self.sandbox._replace(up=False)
        self.publish()
        self.clean_up()
        found = self.node.store.find("pods", self.name)
        if found and found["metadata"]["uid"] == self.uid:
            if found["metadata"].get("deletionGracePeriodSeconds"):
                self.node.store.modify("pods", self.name, _end_grace)
            self.node.store.remove("pods", self.name)

    async def kill(self) -> None:
        """Kill every container; the object stays."""
        await self._end_life()
        await asyncio.gather(*(self._stop_container(record, 0) for record in self.records if record.running))
        self.clean_up()

    def clean_up(self) -> None:
        """Free the address and remove all files but the logs."""
        self.node.network.remove_pod(self.uid)
        remove_tree(self.directory)

    def publish(self) -> None:
        """Write the status."""

        def change(obj: Obj) -> None:
            if obj["metadata"]["uid"] == self.uid:
                obj["status"] = pod_status(obj, self.records, self.sandbox, self.failure)

        with suppress(StatusError):  # the pod was removed meanwhile
            self.pod = self.node.store.modify("pods", self.name, change)

    def hurry(self) -> None:
        """Kill every container: the pod was deleted by force."""
        for record in self.records:
            if record.running:
                record.running.kill()

    def end_unhealthy(self, running: Running, grace: float) -> None:
        """End a run whose probe has failed for good; the supervisor starts the next."""

        async def end() -> None:
            running.signal(signal.SIGTERM)
            await asyncio.wait([asyncio.ensure_future(running.wait())], timeout=grace)
            running.kill()

        if running not in self._ending:
            self._ending[running] = asyncio.create_task(end())
            for record in self.records:
                record.unhealthy = record.unhealthy or record.running is running

    def _grace(self) -> float:
        return float(self.pod["spec"].get("terminationGracePeriodSeconds", 30))

    def log_file(self, container: str, number: int) -> Path:
        """Return the log file of a container's run."""
        return self.logs / container / f"{number}.log"

    def _log_fault(self, life: asyncio.Task[None]) -> None:
        if not life.cancelled() and (fault := life.exception()):
            log.error("pod %s: %r", self.name, fault, exc_info=fault)

    async def _end_life(self) -> None:
        self.life.cancel()
        await asyncio.gather(self.life, return_exceptions=True)

    async def _live(self) -> None:
        """Run the containers until they have ended, or the pod exceeds its deadline or storage limit."""
        initializing = any(record.init for record in self.records)
        for record in self.records:
            record.wait("PodInitializing" if initializing else "ContainerCreating")
        self.publish()
        work = asyncio.create_task(self._work())
        limits = [asyncio.create_task(each) for each in (self._deadline(), self._storage())]
        try:
            await asyncio.wait([work, *limits], return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            for task in (work, *limits):
                task.cancel()
            await asyncio.gather(work, *limits, return_exceptions=True)
        self.failure = next((each.result() for each in limits if not each.cancelled()), None)
        if self.failure:
            if self.failure.reason == "DeadlineExceeded":
                self.publish()
            await self._stop_containers(self._grace())
        self.sandbox = self.sandbox._replace(up=False)
        self.publish()

    async def _work(self) -> None:
        await self._set_up()
        aside = [asyncio.create_task(self._refresh_tokens())]
        try:
            for record in self.records:
                if record.sidecar:
                    aside.append(asyncio.create_task(self._supervise(record)))
                    while not record.started:  # noqa: ASYNC110 (its probe decides)
                        await asyncio.sleep(SIDECAR_POLL)
                elif record.init:
                    await self._supervise(record)
                    if not record.succeeded:
                        break
            else:
                await asyncio.gather(*(self._supervise(record) for record in self.records if not record.init))
        finally:
            for task in aside:
                task.cancel()
            await asyncio.gather(*aside, return_exceptions=True)
        await self._stop_containers(self._grace())  # sidecars

    async def _deadline(self) -> Failure:
        """Wait for the pod's `activeDeadlineSeconds`."""
        seconds = self.pod["spec"].get("activeDeadlineSeconds")
        if seconds is None:
            await asyncio.Event().wait()
        started = datetime.strptime(self.pod["status"]["startTime"], "%Y-%m-%dT%H:%M:%SZ")
        gone = (datetime.now(timezone.utc) - started.replace(tzinfo=timezone.utc)).total_seconds()
        await asyncio.sleep(max(0.0, seconds - gone))
        for _ in range(2):  # a kubelet notices it twice before it ends the pod
            self.node.events.normal(self.pod, "DeadlineExceeded", DEADLINE)
        return Failure("DeadlineExceeded", DEADLINE)

    async def _storage(self) -> Failure:
        """Wait until the pod exceeds a limit of ephemeral storage."""
        if not storage.has_limit(self.pod):
            await asyncio.Event().wait()
        while True:
            await self.node.wait(STORAGE_PERIOD)
            problem = await asyncio.to_thread(
                storage.excess, self.pod, self.directory, self.volumes.paths, self.logs
            )
            if problem:
                self.node.events.warning(self.pod, "Evicted", problem)
                return Failure("Evicted", problem)

    async def _set_up(self) -> None:
        """Set up volumes, address and the runtime's files."""
        self.directory.mkdir(parents=True)
        self.ip = self.node.network.add_pod(self.uid)
        self.pod["status"] |= {"podIP": self.ip, "podIPs": [{"ip": self.ip}]}  # for the downward API
        self.volumes.pod = self.pod
        retries = iter(MOUNT_RETRIES)
        while True:
            try:
                self.volumes.set_up()
                break
            except MountError as error:
                self.node.events.warning(self.pod, "FailedMount", str(error))
                await self.node.wait(next(retries, MOUNT_RETRIES[-1]))
        spec = self.pod["spec"]
        host = spec.get("hostname") or self.name
        self.node.network.write_hosts(self.uid, self.directory / "hosts", host, spec.get("hostAliases", []))
        (self.directory / "hostname").write_text(f"{host}\n")
        (self.directory / "resolv.conf").write_text(files.resolv_conf())
        self.sandbox = Sandbox(up=True)
        self.publish()
        self.sandbox = Sandbox(up=True, ip=self.ip)
        self._find_pull_secrets()

    def _find_pull_secrets(self) -> None:
        wanted = [each["name"] for each in self.pod["spec"].get("imagePullSecrets") or []]
        missing = [name for name in wanted if self.node.store.look_at("secrets", name) is None]
        if missing:
            found = f"Unable to retrieve some image pull secrets ({', '.join(missing)})"
            text = f"{found}; attempting to pull the image may not succeed."
            self.node.events.warning(self.pod, "FailedToRetrieveImagePullSecret", text)

    async def _refresh_tokens(self) -> None:
        while True:
            await asyncio.sleep(self.node.token_refresh)
            self.volumes.refresh()

    async def _supervise(self, record: Record) -> None:
        """Run a container until it need not run again.

        The first restart is immediate. So is the second of a container that its probe ended: a kubelet ends
        and starts it in one sync of the pod, before it knows of the end.
        """
        delays = iter((0.0, *BACK_OFF))
        while True:
            began = asyncio.get_running_loop().time()
            await self._run(record)
            policy = "Always" if record.sidecar else self.pod["spec"].get("restartPolicy", "Always")
            if record.succeeded and not record.sidecar and (record.init or policy != "Always"):
                return
            if policy == "Never":
                return
            if asyncio.get_running_loop().time() - began > LONG_RUN:
                delays = iter((0.0, *BACK_OFF))
            again = record.unhealthy and not record.restarts
            await self._back_off(record, 0.0 if again else next(delays, BACK_OFF[-1]))
            record.restarts += 1

    async def _back_off(self, record: Record, delay: float) -> None:
        if "terminated" in record.state:
            record.last_state = record.state
        if not delay:
            return
        message = f"Back-off restarting failed container {record.name} in pod {self.full_name}"
        self.node.events.warning(self.pod, "BackOff", message, record.field_path)
        where = f"container={record.name} pod={self.full_name}"
        record.wait("CrashLoopBackOff", f"back-off {go_duration(delay)} restarting failed {where}")
        self.publish()
        await self.node.wait(delay)

    async def _run(self, record: Record) -> None:
        """Start a container once and wait for its end."""
        image, container, argv, env = await self._configured(record)
        record.container_id = f"containerd://{secrets.token_hex(32)}"
        record.image_id = f"{record.spec['image'].partition('@')[0]}@{image.digest}"
        record.unhealthy = False
        events = self.node.events
        events.normal(self.pod, "Created", "Container created", record.field_path)
        log = self.log_file(record.name, record.restarts)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            console = None
            if record.spec.get("stdin") or record.spec.get("tty"):
                console = await open_console(log, tty=bool(record.spec.get("tty")))
            starting = asyncio.create_task(container.start(argv, env, output, console))
            try:
                running = record.running = await asyncio.shield(starting)
            except asyncio.CancelledError:
                record.running = await starting  # so that it is stopped like any other
                raise
        try:
            if not running.is_there() and (problem := start_error(argv[0], await running.wait(), log)):
                raise StartError(problem)
            events.normal(self.pod, "Started", "Container started", record.field_path)
            if hook := record.spec.get("lifecycle", {}).get("postStart"):
                await self._post_start(record, running, hook)
            record.begin()
            await self._watch(record, running)
        except StartError as error:
            self._failed_to_start(record, error)
        finally:
            if container.memory and running.process.returncode is not None:
                container.memory.remove()

    async def _watch(self, record: Record, running: Running) -> None:
        """Probe a running container until its end, and write that."""
        health = Health(self, record, running)
        health.begin()
        probing = asyncio.create_task(health.watch())
        try:
            code = await running.wait()
        finally:
            probing.cancel()
        self._ended(record, code)
        if not record.unhealthy:
            self.publish()

    async def _post_start(self, record: Record, running: Running, hook: Obj) -> None:
        problem = await post_start(hook, record.spec, running, self.ip, self.full_name)
        if problem is None:
            return
        events = self.node.events
        events.warning(self.pod, "FailedPostStartHook", "PostStartHook failed", record.field_path)
        events.normal(self.pod, "Killing", "FailedPostStartHook", record.field_path)
        record.begin()
        await self._stop_container(record, self._grace())
        raise StartError(problem, "PostStartHookError")

    def _failed_to_start(self, record: Record, error: StartError) -> None:
        """Write that a container did not start: it waits with an error; its last state is that start."""
        if error.reason == "RunContainerError":
            self.node.events.warning(self.pod, "Failed", f"Error: {error}", record.field_path)
            record.end(error.exit_code, str(error), "StartError", EPOCH)
        if self.pod["spec"].get("restartPolicy", "Always") != "Never":
            record.last_state = record.state
            record.wait(error.reason, str(error))
        self.publish()

    async def _configured(self, record: Record) -> ContainerSpec:
        """Pull the image and build the container; wait for secrets and config maps that are missing."""
        retries = iter(CONFIG_RETRIES)
        while True:
            image = await pulls.pull(self, record)
            try:
                return container_spec(self, record, image)
            except ConfigError as error:
                record.wait("CreateContainerConfigError", str(error))
                self.node.events.warning(self.pod, "Failed", f"Error: {error}", record.field_path)
                self.publish()
                await self.node.wait(next(retries, CONFIG_RETRIES[-1]))

    def _ended(self, record: Record, code: int) -> None:
        """Set the state of a container that has ended."""
        written = self.directory / record.name / "termination-log"
        message = written.read_text(errors="replace")[:TERMINATION_MESSAGE] if written.is_file() else ""
        from_log = record.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError"
        if not message and code and from_log:
            log = self.log_file(record.name, record.restarts).read_text(errors="replace")
            message = log[-2048:]
        memory = record.running.container.memory if record.running else None
        out_of_memory = code == SIGKILLED and memory is not None and memory.killed()
        record.end(code, message, "OOMKilled" if out_of_memory else "")

    async def _stop_containers(self, grace: float) -> None:
        running = [record for record in self.records if record.running]
        for record in running:
            message = f"Stopping container {record.name}"
            self.node.events.normal(self.pod, "Killing", message, record.field_path)
        await asyncio.gather(*(self._stop_container(record, grace) for record in running))

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
            if hook.done() and hook.exception() is None and hook.result() is not None:
                events = self.node.events
                events.warning(self.pod, "FailedPreStopHook", "PreStopHook failed", record.field_path)
            hook.cancel()  # it ends with its container
            grace = max(LEAST_GRACE, grace - (asyncio.get_running_loop().time() - began))
        if grace > 0:
            running.signal(signal.SIGTERM)
            await asyncio.wait([ended], timeout=grace)
        running.kill()
        self._ended(record, await ended)
        if running.container.memory:
            running.container.memory.remove()


def go_duration(seconds: float) -> str:
    """Format whole seconds as Go prints a duration, such as `1m20s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _end_grace(pod: Obj) -> None:
    pod["metadata"]["deletionGracePeriodSeconds"] = 0
