"""Taint eviction: deletes the pods of a node that do not tolerate its NoExecute taints.

Rules and texts: `pkg/controller/tainteviction` of Kubernetes 1.36.
"""

from __future__ import annotations

import time

from sandbox.apimachinery.json_types import Obj
from sandbox.controllers.loop import Cluster, Controller, soonest
from sandbox.controllers.objects import is_active
from sandbox.scheduler.conditions import set_condition
from sandbox.scheduler.fit import tolerates

COMPONENT = "taint-eviction-controller"
DISRUPTION = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "DeletionByTaintManager",
    "message": "Taint manager: deleting due to NoExecute taint",
}


class TaintEviction(Controller):
    """Evicts at once, or after the `tolerationSeconds` of the pod."""

    watches = ("pods", "nodes")

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._since: dict[str, float] = {}  # when a pod that tolerates its node's taints for a while met them

    def reconcile(self) -> float | None:
        """Look at each running pod of a tainted node; return the seconds until the next eviction."""
        taints = {node["metadata"]["name"]: no_execute(node) for node in self.store.look("nodes")}
        delays = []
        for pod in self.store.look("pods"):
            found = taints.get(pod["spec"].get("nodeName", ""), [])
            if not found or not is_active(pod):
                self._since.pop(pod["metadata"]["uid"], None)
                continue
            delays.append(self._one(pod, found))
        return soonest(*delays)

    def _one(self, pod: Obj, taints: list[Obj]) -> float | None:
        seconds = tolerated_seconds(pod, taints)
        if seconds is None:
            return None
        since = self._since.setdefault(pod["metadata"]["uid"], time.monotonic())
        left = since + seconds - time.monotonic()
        if left > 0:
            return left
        meta = pod["metadata"]
        text = f"Marking for deletion Pod {meta['namespace']}/{meta['name']}"
        self.cluster.event(pod, "TaintManagerEviction", text, COMPONENT)
        self.store.modify("pods", meta["name"], lambda obj: set_condition(obj, DISRUPTION))
        self.cluster.delete("pods", meta["name"], COMPONENT)
        return None


def no_execute(node: Obj) -> list[Obj]:
    """List a node's taints with the effect NoExecute."""
    taints = node.get("spec", {}).get("taints") or []
    return [taint for taint in taints if taint["effect"] == "NoExecute"]


def tolerated_seconds(pod: Obj, taints: list[Obj]) -> float | None:
    """Return how long a pod tolerates all taints: 0 for not at all, None for ever."""
    shortest: float | None = None
    for taint in taints:
        matching = [each for each in pod["spec"].get("tolerations") or [] if tolerates(each, taint)]
        if not matching:
            return 0.0
        limits = [float(each["tolerationSeconds"]) for each in matching if "tolerationSeconds" in each]
        if limits:
            shortest = min([*limits, *([] if shortest is None else [shortest])])
    return shortest
