"""The table row of a pod: READY, STATUS and RESTARTS, as `printPod` of Kubernetes derives them."""

from __future__ import annotations

from typing import Any

from sandbox.apimachinery.json_types import Obj
from sandbox.printers.ages import age

NONE = "<none>"


def cells(pod: Obj) -> list[Any]:
    """Return the cells of a pod's row."""
    spec, status = pod["spec"], pod["status"]
    reason = status.get("reason") or status.get("phase", "")
    conditions = {each["type"]: each for each in status.get("conditions") or []}
    if conditions.get("PodScheduled", {}).get("reason") == "SchedulingGated":
        reason = "SchedulingGated"
    containers = status.get("containerStatuses") or []
    ready = sum(bool(each.get("ready") and (each.get("state") or {}).get("running")) for each in containers)
    restarts, last = 0, ""
    initializing = _initializing(pod)
    if initializing:
        reason = initializing
        considered = status.get("initContainerStatuses") or []
        ready = 0
    else:
        considered = containers
        reason = _reason(containers, reason)
        if reason == "Completed" and ready:
            reason = "Running" if conditions.get("Ready", {}).get("status") == "True" else "NotReady"
    for each in considered:
        restarts += each.get("restartCount", 0)
        last = max(last, ((each.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or "")
    if pod["metadata"].get("deletionTimestamp") and status.get("phase") not in ("Succeeded", "Failed"):
        reason = "Terminating"
    shown = f"{restarts} ({age(last)} ago)" if restarts and last else str(restarts)
    addresses = status.get("podIPs") or [{}]
    gates = [conditions.get(gate["conditionType"], {}) for gate in spec.get("readinessGates") or []]
    passed = sum(gate.get("status") == "True" for gate in gates)
    wide = [
        addresses[0].get("ip", NONE),
        spec.get("nodeName", NONE),
        status.get("nominatedNodeName") or NONE,
        f"{passed}/{len(gates)}" if gates else NONE,
    ]
    counts = f"{ready}/{len(spec['containers'])}"
    return [
        pod["metadata"]["name"],
        counts,
        reason,
        shown,
        age(pod["metadata"].get("creationTimestamp")),
        *wide,
    ]


def _initializing(pod: Obj) -> str:
    """Return the STATUS while init containers run; empty afterwards."""
    statuses = pod["status"].get("initContainerStatuses") or []
    total = len(pod["spec"].get("initContainers") or [])
    for index, each in enumerate(statuses):
        state = each.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting") or {}
        if terminated and terminated.get("exitCode") == 0:
            continue
        if terminated:
            return f"Init:{_ended(terminated)}"
        if waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"Init:{waiting['reason']}"
        return f"Init:{index}/{total}"
    return ""


def _reason(containers: list[Obj], reason: str) -> str:
    for each in reversed(containers):
        state = each.get("state") or {}
        waiting, terminated = state.get("waiting") or {}, state.get("terminated")
        if waiting.get("reason"):
            reason = waiting["reason"]
        elif terminated:
            reason = _ended(terminated)
    return reason


def _ended(terminated: Obj) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated['exitCode']}"
