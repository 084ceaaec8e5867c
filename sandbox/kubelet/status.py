"""What the kubelet says of a pod: phase, conditions and container statuses, as pure functions.

Rules: `getPhase` in `pkg/kubelet/kubelet_pods.go`, `pkg/kubelet/status/generate.go`; shapes: the recordings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.quantity import Quantity
from sandbox.apimachinery.store import now

if TYPE_CHECKING:
    from sandbox.containers.container import Running

HOST_IP = "127.0.0.1"


@dataclass
class Record:
    """What is known of one container of a pod."""

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

    @property
    def name(self) -> str:
        """Its name in the pod."""
        return str(self.spec["name"])

    @property
    def field_path(self) -> str:
        """As events name it."""
        return f"spec.{'initContainers' if self.init else 'containers'}{{{self.name}}}"

    @property
    def succeeded(self) -> bool:
        """Whether it is done, and well."""
        return bool(self.state.get("terminated", {}).get("exitCode") == 0 and "terminated" in self.state)

    def wait(self, reason: str, message: str = "") -> None:
        """It is not running, because."""
        self.ready = self.started = False
        self.state = {"waiting": {"reason": reason, "message": message} if message else {"reason": reason}}

    def begin(self, running: Running) -> None:
        """It runs."""
        self.running = running
        self.state = {"running": {"startedAt": now()}}

    def end(self, code: int, message: str) -> None:
        """It ran."""
        started = self.state.get("running", {}).get("startedAt", now())
        ended: Obj = {"exitCode": code, "reason": "Completed" if code == 0 else "Error"}
        if message:
            ended["message"] = message
        ended |= {"startedAt": started, "finishedAt": now(), "containerID": self.container_id}
        self.running = None
        self.started = False
        self.ready = self.init and code == 0
        self.state = {"terminated": ended}

    def status(self) -> Obj:
        """Its `containerStatus`."""
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
        return status


def pod_status(pod: Obj, records: list[Record], ip: str, unschedulable: str = "") -> Obj:
    """The whole status."""
    before = pod.get("status", {})
    phase = pod_phase(pod["spec"].get("restartPolicy", "Always"), records)
    generation = pod["metadata"].get("generation", 1)
    status: Obj = {
        "observedGeneration": generation,
        "phase": phase,
        "conditions": conditions(
            before.get("conditions", []),
            records,
            phase,
            ip,
            unschedulable=unschedulable,
            generation=generation,
        ),
    }
    if not unschedulable:
        status |= {"hostIP": HOST_IP, "hostIPs": [{"ip": HOST_IP}]}
        if ip:
            status |= {"podIP": ip, "podIPs": [{"ip": ip}]}
        status["startTime"] = before.get("startTime") or now()
        init = [record.status() for record in records if record.init]
        if init:
            status["initContainerStatuses"] = init
        status["containerStatuses"] = [record.status() for record in records if not record.init]
    if "qosClass" in before:
        status["qosClass"] = before["qosClass"]
    return status | pod_resources(pod)


def pod_phase(policy: str, records: list[Record]) -> str:
    """Pending, Running, Succeeded or Failed."""
    init = [record for record in records if record.init]
    if any("terminated" in one.state and not one.succeeded for one in init) and policy == "Never":
        return "Failed"
    if not all(one.succeeded for one in init):
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


def conditions(
    before: list[Obj], records: list[Record], phase: str, ip: str, *, unschedulable: str, generation: int
) -> list[Obj]:
    """All five; the time of one changes with its status only."""
    if unschedulable:
        wanted = [("PodScheduled", "False", "Unschedulable", unschedulable)]
    else:
        incomplete = [one.name for one in records if one.init and not one.succeeded]
        unready = [one.name for one in records if not one.init and not one.ready]
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
            ("PodReadyToStartContainers", "True" if ip else "False", "", ""),
            initialized,
            ("Ready", *ready),
            ("ContainersReady", *ready),
            ("PodScheduled", "True", "", ""),
        ]
    known = {condition["type"]: condition for condition in before}
    return [_condition(known.get(one[0]), generation, one) for one in wanted]


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
    """What all containers ask for together, as the newest kubelets tell."""
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
