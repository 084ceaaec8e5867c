"""The scheduling loop: bind a pod to a node, or write why it fits none, and preempt pods of lower priority.

Rules: `schedule_one.go`, `plugins/volumebinding` and `plugins/defaultpreemption` of Kubernetes 1.36.
Pods with scheduling gates or another scheduler's name are left alone.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone

from sandbox.apimachinery import events
from sandbox.apimachinery.json_types import Obj
from sandbox.controllers.loop import Controller
from sandbox.scheduler.conditions import set_condition
from sandbox.scheduler.fit import Misfit, NodeInfo, misfit

NAME = "default-scheduler"
CLAIMS = "persistentvolumeclaims"
CLASSES = "storageclasses.storage.k8s.io"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
BOUND_IMMEDIATELY = "pod has unbound immediate PersistentVolumeClaims"
NO_CLAIMS = "no new claims to deallocate"
NOT_HELPFUL = "Preemption is not helpful for scheduling."
NO_VICTIMS = "No preemption victims found for incoming pod."
PREEMPTING = f"{NAME}: preempting to accommodate a higher priority pod"


class Scheduler(Controller):
    """Schedules the pods of the project, those of the highest priority first."""

    watches = ("pods", "nodes", CLAIMS, CLASSES)

    def reconcile(self) -> float | None:
        """Try each pod that waits for a node."""
        waiting = [pod for pod in self.store.look("pods") if is_waiting(pod)]
        nodes = [NodeInfo(node, self._on(node)) for node in self.store.list("nodes")] if waiting else []
        for pod in sorted(waiting, key=_turn):
            self._schedule(self.store.get("pods", pod["metadata"]["name"]), nodes)
        return None

    def _schedule(self, pod: Obj, nodes: list[NodeInfo]) -> None:
        count = f"0/{len(nodes)} nodes are available:"
        if problem := self._claim_problem(pod):
            self._reject(pod, f"{count} {problem}. not found")
            return
        misfits: list[tuple[NodeInfo, Misfit]] = []
        for info in nodes:
            found = misfit(pod, info)
            if found is None:
                name = info.node["metadata"]["name"]
                if self._claims_are_bound(pod, name):
                    self._bind(pod, name)
                    info.add(pod)
                return
            misfits.append((info, found))
        reasons = Counter(reason for _, found in misfits for reason in found.reasons)
        text = ", ".join(sorted(f"{number} {reason}" for reason, number in reasons.items()))
        self._reject(pod, f"{count} {text}.{self._preempt(pod, misfits)}")

    def _on(self, node: Obj) -> list[Obj]:
        """List the pods that use a node's resources."""
        name = node["metadata"]["name"]
        return [
            pod
            for pod in self.store.look("pods")
            if pod["spec"].get("nodeName") == name
            and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")
        ]

    def _claim_problem(self, pod: Obj) -> str:
        for name in claim_names(pod):
            claim = self.store.look_at(CLAIMS, name)
            if claim is None:
                return f'persistentvolumeclaim "{name}" not found'
            if claim["metadata"].get("deletionTimestamp"):
                return f'persistentvolumeclaim "{name}" is being deleted'
            if claim.get("status", {}).get("phase") == "Lost":
                return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume ""'
            if not _is_bound(claim) and not self._waits_for_consumer(claim):
                return BOUND_IMMEDIATELY
        return ""

    def _waits_for_consumer(self, claim: Obj) -> bool:
        found = self.store.look_at(CLASSES, claim["spec"].get("storageClassName") or "")
        return bool(found and found.get("volumeBindingMode") == "WaitForFirstConsumer")

    def _claims_are_bound(self, pod: Obj, node: str) -> bool:
        """Ask for the volumes of claims that wait for their first consumer; True when all are bound."""
        unbound = [name for name in claim_names(pod) if not _is_bound(self.store.get(CLAIMS, name))]
        for name in unbound:

            def select(claim: Obj) -> None:
                claim["metadata"].setdefault("annotations", {})[SELECTED_NODE] = node

            self.store.modify(CLAIMS, name, select)
        return not unbound

    def _bind(self, pod: Obj, node: str) -> None:
        def change(obj: Obj) -> None:
            obj["spec"]["nodeName"] = node
            obj["status"].pop("nominatedNodeName", None)
            set_condition(obj, {"type": "PodScheduled", "status": "True"})

        self.store.modify("pods", pod["metadata"]["name"], change)
        meta = pod["metadata"]
        text = f"Successfully assigned {meta['namespace']}/{meta['name']} to {node}"
        self._event(pod, "Scheduled", text, "Binding", node)

    def _reject(self, pod: Obj, message: str) -> None:
        """Write why the pod fits no node; once for each reason."""
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        condition["observedGeneration"] = pod["metadata"].get("generation", 1)
        before = pod.get("status", {}).get("conditions") or []
        if any(one["type"] == "PodScheduled" and one.get("message") == message for one in before):
            return
        self._event(pod, "FailedScheduling", message, "Scheduling", warning=True)
        self.store.modify("pods", pod["metadata"]["name"], lambda obj: set_condition(obj, condition))

    def _preempt(self, pod: Obj, misfits: list[tuple[NodeInfo, Misfit]]) -> str:
        """Delete the pods that make room for this one; else return why that does not help."""
        if pod["spec"].get("preemptionPolicy") == "Never":
            return f" {NO_CLAIMS}, preemption: not eligible due to preemptionPolicy=Never."
        nominated = pod.get("status", {}).get("nominatedNodeName")
        why: Counter[str] = Counter()
        for info, found in misfits:
            name = info.node["metadata"]["name"]
            if nominated == name and any(_is_going(each) for each in info.pods):
                text = "not eligible due to a terminating pod on the nominated node."
                return f" {NO_CLAIMS}, preemption: {text}"
            if found.final:
                why[NOT_HELPFUL] += 1
            elif chosen := victims(pod, info):
                for victim in chosen:
                    self._evict(victim, pod, name)
                self._nominate(pod, name)
                return ""
            else:
                why[NO_VICTIMS] += 1
        count = f"preemption: 0/{len(misfits)} nodes are available:"
        return f" {NO_CLAIMS}, {count} {', '.join(f'{number} {text}' for text, number in why.items())}"

    def _nominate(self, pod: Obj, node: str) -> None:
        def change(obj: Obj) -> None:
            obj["status"]["nominatedNodeName"] = node

        self.store.modify("pods", pod["metadata"]["name"], change)

    def _evict(self, victim: Obj, preemptor: Obj, node: str) -> None:
        name = victim["metadata"]["name"]
        disruption = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}
        disruption |= {"message": PREEMPTING, "observedGeneration": victim["metadata"].get("generation", 1)}
        self.store.modify("pods", name, lambda obj: set_condition(obj, disruption))
        self.cluster.delete("pods", name, NAME)
        text = f"Preempted by pod {preemptor['metadata']['uid']} on node {node}"
        self._event(victim, "Preempted", text, "Preempting", node)

    def _event(
        self, pod: Obj, reason: str, message: str, action: str, node: str = "", *, warning: bool = False
    ) -> None:
        event = {
            **events.new(pod, reason, message),
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "type": "Warning" if warning else "Normal",
            "eventTime": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "action": action,
            "reportingComponent": NAME,
            "reportingInstance": f"{NAME}-sandbox",
        }
        self.store.create("events", event)


def is_waiting(pod: Obj) -> bool:
    """Return True for a pod that this scheduler has to find a node for."""
    spec = pod["spec"]
    ours = spec.get("schedulerName", NAME) == NAME and not spec.get("schedulingGates")
    return ours and not spec.get("nodeName") and not _is_going(pod)


def victims(pod: Obj, info: NodeInfo) -> list[Obj]:
    """Choose the fewest pods of lower priority whose removal makes room, sparing higher priorities first."""
    priority = pod["spec"].get("priority", 0)
    lower = [each for each in info.pods if each["spec"].get("priority", 0) < priority]
    kept = [each for each in info.pods if each["spec"].get("priority", 0) >= priority]
    if not lower or misfit(pod, NodeInfo(info.node, kept)):
        return []
    chosen = []
    for each in sorted(lower, key=lambda one: -one["spec"].get("priority", 0)):
        if misfit(pod, NodeInfo(info.node, [*kept, each])) is None:
            kept.append(each)
        else:
            chosen.append(each)
    return chosen


def claim_names(pod: Obj) -> list[str]:
    """List the claims that a pod mounts."""
    volumes = pod["spec"].get("volumes") or []
    return [each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each]


def _is_bound(claim: Obj) -> bool:
    return bool(claim.get("status", {}).get("phase") == "Bound")


def _is_going(pod: Obj) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def _turn(pod: Obj) -> tuple[int, str, str]:
    meta = pod["metadata"]
    return -pod["spec"].get("priority", 0), meta["creationTimestamp"], meta["name"]
