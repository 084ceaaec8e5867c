"""The status that the kubelet writes for a pod: phase, conditions and container statuses, as pure functions.

Rules: `getPhase` in `pkg/kubelet/kubelet_pods.go`, `pkg/kubelet/status/generate.go`; shapes: the recordings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.quantity import Quantity
from sandbox.apimachinery.store import now

if TYPE_CHECKING:
    from sandbox.containers.container import Running

HOST_IP = "127.0.0.1"
EPOCH = "1970-01-01T00:00:00Z"  # the start of a container that never started
OWN_CONDITIONS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


@dataclass
class Record:
    """The state of one container of a pod."""

    spec: Obj
    init: bool
    state: Obj = field(default_factory=dict)
    last_state: Obj = field(default_factory=dict)
    ready: bool = False
    started: bool = False
    restarts: int = 0
    image_id: str = ""
    container_id: str = ""
    running: Running | None = None
    unhealthy: bool = False  # a probe ended the current run

    @property
    def name(self) -> str:
        """The container's name."""
        return str(self.spec["name"])

    @property
    def field_path(self) -> str:
        """The container's field path in events."""
        return f"spec.{'initContainers' if self.init else 'containers'}{{{self.name}}}"

    @property
    def sidecar(self) -> bool:
        """True for an init container that goes on running beside the others."""
        return self.init and self.spec.get("restartPolicy") == "Always"

    @property
    def initialized(self) -> bool:
        """True for an init container that lets the next container start."""
        return self.started if self.sidecar else self.succeeded

    @property
    def succeeded(self) -> bool:
        """True when the container has ended with exit code 0."""
        return bool("terminated" in self.state and self.state["terminated"]["exitCode"] == 0)

    def wait(self, reason: str, message: str = "") -> None:
        """Set the state waiting."""
        self.ready = self.started = False
        self.state = {"waiting": {"reason": reason, "message": message} if message else {"reason": reason}}

    def begin(self) -> None:
        """Set the state running."""
        self.state = {"running": {"startedAt": now()}}

    def end(self, code: int, message: str = "", reason: str = "", started: str = "") -> None:
        """Set the state terminated."""
        started = started or self.state.get("running", {}).get("startedAt") or now()
        ended: Obj = {"exitCode": code, "reason": reason or ("Completed" if code == 0 else "Error")}
        if message:
            ended["message"] = message
        ended |= {"startedAt": started, "finishedAt": now(), "containerID": self.container_id}
        self.running = None
        self.started = False
        self.ready = self.init and code == 0
        self.state = {"terminated": ended}

    def status(self) -> Obj:
        """Build the `containerStatus`."""
        status: Obj = {
            "name": self.name,
            "state": self.state,
            "lastState": self.last_state,
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": self.spec.get("image", ""),
            "imageID": self.image_id,
        }
        if self.container_id:
            status["containerID"] = self.container_id
        status["started"] = self.started
        resources = self.spec.get("resources") or {}
        if self.container_id and resources:
            if "requests" in resources:
                status["allocatedResources"] = resources["requests"]
            status["resources"] = resources
        if mounts := self.spec.get("volumeMounts"):
            status["volumeMounts"] = [_mount_status(mount) for mount in mounts]
        return status


def _mount_status(mount: Obj) -> Obj:
    status = {key: mount[key] for key in ("name", "mountPath")}
    return status | ({"readOnly": True, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else {})


class Sandbox(NamedTuple):
    """The pod's sandbox, in which its containers run."""

    up: bool = False
    ip: str = ""  # in the status once a container was tried


class Failure(NamedTuple):
    """Why the kubelet ended a pod: `reason` and `message` of its status."""

    reason: str
    message: str


def pod_status(pod: Obj, records: list[Record], sandbox: Sandbox, failure: Failure | None = None) -> Obj:
    """Build the whole status; a pod is Succeeded or Failed once its sandbox is gone."""
    before = pod.get("status", {})
    deleted = bool(pod["metadata"].get("deletionTimestamp"))
    phase = "Failed" if failure else pod_phase(pod["spec"].get("restartPolicy", "Always"), records, deleted)
    ended = phase in ("Succeeded", "Failed")
    status: Obj = {
        "observedGeneration": pod["metadata"].get("generation", 1),
        "phase": "Running" if ended and sandbox.up else phase,
        "conditions": conditions(pod, records, phase, sandbox),
        "hostIP": HOST_IP,
        "hostIPs": [{"ip": HOST_IP}],
    }
    if failure and not sandbox.up:
        status |= {"reason": failure.reason, "message": failure.message}
    if sandbox.ip:
        status |= {"podIP": sandbox.ip, "podIPs": [{"ip": sandbox.ip}]}
    status["startTime"] = before.get("startTime") or now()
    init = [record.status() for record in records if record.init]
    if init:
        status["initContainerStatuses"] = init
    status["containerStatuses"] = [record.status() for record in records if not record.init]
    if "qosClass" in before:
        status["qosClass"] = before["qosClass"]
    return status | pod_resources(pod)


def pod_phase(policy: str, records: list[Record], deleted: bool = False) -> str:
    """Return Pending, Running, Succeeded or Failed; a deleted pod never restarts a container."""
    init = [record for record in records if record.init and not record.sidecar]
    sidecars = [record for record in records if record.sidecar]
    if deleted and all("terminated" in one.state for one in records):
        return "Succeeded" if all(one.succeeded for one in records if not one.sidecar) else "Failed"
    if any("terminated" in one.state and not one.succeeded for one in init) and policy == "Never":
        return "Failed"
    if not all(one.succeeded for one in init) or any(not one.state.keys() - {"waiting"} for one in sidecars):
        return "Pending"
    running = stopped = succeeded = waiting = 0
    for one in records:
        if one.init:
            continue
        if "running" in one.state:
            running += 1
        elif "terminated" in one.state or "terminated" in one.last_state:
            stopped += 1
            succeeded += one.succeeded
        else:
            waiting += 1
    if waiting:
        return "Pending"
    if running or policy == "Always":
        return "Running"
    if stopped == succeeded:
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def conditions(pod: Obj, records: list[Record], phase: str, sandbox: Sandbox) -> list[Obj]:
    """Build the kubelet's five conditions after those of others, such as DisruptionTarget."""
    incomplete = [one.name for one in records if one.init and not one.initialized]
    unready = [one.name for one in records if (one.sidecar or not one.init) and not one.ready]
    initialized = ("Initialized", "True", "", "")
    if incomplete:
        names = f"containers with incomplete status: [{' '.join(incomplete)}]"
        initialized = ("Initialized", "False", "ContainersNotInitialized", names)
    ready = ("True", "", "")
    if phase == "Succeeded":
        ready, initialized = ("False", "PodCompleted", ""), ("Initialized", "True", "PodCompleted", "")
    elif phase == "Failed":
        ready = ("False", "PodFailed", "")
    elif unready:
        names = f"containers with unready status: [{' '.join(unready)}]"
        ready = ("False", "ContainersNotReady", names)
    wanted = [
        ("PodReadyToStartContainers", "True" if sandbox.up else "False", "", ""),
        initialized,
        ("Ready", *ready),
        ("ContainersReady", *ready),
        ("PodScheduled", "True", "", ""),
    ]
    before = pod.get("status", {}).get("conditions") or []
    known = {condition["type"]: condition for condition in before}
    others = [condition for condition in before if condition["type"] not in OWN_CONDITIONS]
    generation = pod["metadata"].get("generation", 1)
    return [*others, *(_condition(known.get(one[0]), generation, one) for one in wanted)]


def _condition(before: Obj | None, generation: int, wanted: tuple[str, str, str, str]) -> Obj:
    kind, status, reason, message = wanted
    same = before is not None and before["status"] == status
    condition: Obj = {
        "type": kind,
        "observedGeneration": generation,
        "status": status,
        "lastProbeTime": None,
        "lastTransitionTime": before["lastTransitionTime"] if before and same else now(),
    }
    if reason:
        condition["reason"] = reason
    if message:
        condition["message"] = message
    return condition


def pod_resources(pod: Obj) -> Obj:
    """Sum the resources of all containers, as kubelets report them since 1.34."""
    total: dict[str, dict[str, Quantity]] = {}
    for container in pod["spec"]["containers"]:
        for kind, quantities in (container.get("resources") or {}).items():
            if kind not in ("limits", "requests"):
                continue
            for name, text in quantities.items():
                there = total.setdefault(kind, {})
                quantity = Quantity.parse(text)
                there[name] = there[name].plus(quantity) if name in there else quantity
    if not total:
        return {}
    resources = {kind: {name: str(value) for name, value in there.items()} for kind, there in total.items()}
    return {"allocatedResources": resources.get("requests", {}), "resources": resources}
