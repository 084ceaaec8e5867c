"""States of a starting pod and its claim, for the tests of the diagnosis."""

from __future__ import annotations

from copy import deepcopy

from .failing_pods import Obj, recordings, replay

RECORDINGS = recordings()
MOMENTS = {cause: list(replay(recording)) for cause, recording in RECORDINGS.items()}


def pod_with(status: Obj, spec: Obj | None = None) -> Obj:
    """A scheduled pod with this container status."""
    pod = deepcopy(MOMENTS["crash-1"][1].pod)
    pod["spec"] |= spec or {}
    pod["status"] |= status
    return pod


def container(state: Obj, restarts: int = 0, last: Obj | None = None, **fields: object) -> Obj:
    return {
        "name": "notebook",
        "image": "nosuch-notebook:1.0",
        "ready": False,
        "restartCount": restarts,
        "state": state,
        "lastState": last or {},
        **fields,
    }


def waiting(reason: str, message: str | None = None) -> Obj:
    return {"waiting": {"reason": reason} | ({"message": message} if message else {})}


ENDED = {"terminated": {"exitCode": 4, "reason": "Error"}}


def pod_event(reason: str, message: str, **fields: object) -> Obj:
    return {"involvedObject": {"kind": "Pod"}, "reason": reason, "message": message, **fields}


def unschedulable(message: str) -> Obj:
    scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    pod = deepcopy(MOMENTS["insufficient-memory"][0].pod)
    pod["status"] = {"phase": "Pending", "conditions": [scheduled]}
    return pod


BUSY = (
    "0/6 nodes are available: 3 Insufficient memory, 3 node(s) had untolerated taint "
    "{node-role.kubernetes.io/master: }. preemption: 0/6 nodes are available: "
    "3 No preemption victims found for incoming pod, 3 Preemption is not helpful for scheduling."
)
TOO_LARGE = BUSY.replace("3 No preemption victims found for incoming pod, 3 ", "6 ")


def claim(phase: str = "Pending") -> Obj:
    return {"metadata": {"name": "jupyterhub-nb-alice"}, "status": {"phase": phase}}


def claim_event(reason: str, message: str) -> Obj:
    of = {"kind": "PersistentVolumeClaim", "name": "jupyterhub-nb-alice"}
    return {"involvedObject": of, "reason": reason, "message": message}


UNBOUND = unschedulable("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.")
