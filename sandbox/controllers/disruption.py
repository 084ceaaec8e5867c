"""The disruption controller: how many pods of each disruption budget may be evicted.

As `k8s.io/kubernetes/pkg/controller/disruption/disruption.go`.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import DEPLOYMENTS, DISRUPTION_BUDGETS, REPLICA_SETS
from sandbox.apimachinery.selectors import label_query
from sandbox.apimachinery.store import now
from sandbox.controllers.loop import Controller
from sandbox.controllers.objects import condition, fraction, is_active, is_ready

WORKLOADS = {
    "Deployment": DEPLOYMENTS,
    "ReplicaSet": REPLICA_SETS,
    "ReplicationController": "replicationcontrollers",
    "StatefulSet": "statefulsets.apps",
}


class Disruption(Controller):
    """Writes the status of each disruption budget."""

    watches = (DISRUPTION_BUDGETS, "pods", *WORKLOADS.values())

    def reconcile(self) -> float | None:
        """Recount the pods of each budget."""
        return self.each(DISRUPTION_BUDGETS, self._one)

    def _one(self, budget: Obj) -> float | None:
        takes = label_query(budget["spec"].get("selector"))
        pods = [pod for pod in self.store.look("pods") if is_active(pod) and takes(pod)]
        healthy = sum(is_ready(pod) for pod in pods)
        expected, desired = self._counts(budget["spec"], pods)
        allowed = max(healthy - desired, 0) if expected > 0 else 0
        status = {
            "observedGeneration": budget["metadata"].get("generation", 1),
            "disruptionsAllowed": allowed,
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "conditions": [_condition(budget, allowed > 0)],
        }
        name = budget["metadata"]["name"]
        self.store.modify(DISRUPTION_BUDGETS, name, lambda stored: stored.update(status=status))
        return None

    def _counts(self, spec: Obj, pods: list[Obj]) -> tuple[int, int]:
        """Return the expected and the desired number of pods."""
        least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
        if isinstance(least, int):
            return len(pods), least
        expected = self._replicas(pods)
        if least is not None:
            return expected, fraction(least, expected, up=True)
        return expected, max(expected - fraction(most if most is not None else 0, expected, up=True), 0)

    def _replicas(self, pods: Iterable[Obj]) -> int:
        """Return the replicas of all workloads that control the pods."""
        workloads = {}
        for pod in pods:
            top = self._controller(pod)
            above = self._controller(top) if top else None
            if workload := above or top:
                workloads[workload["metadata"]["uid"]] = workload["spec"].get("replicas", 1)
        return sum(workloads.values())

    def _controller(self, obj: Obj) -> Obj | None:
        references = obj["metadata"].get("ownerReferences") or []
        owner = next((each for each in references if each.get("controller")), None)
        if owner is None or owner["kind"] not in WORKLOADS:
            return None
        return self.store.look_at(WORKLOADS[owner["kind"]], owner["name"])


def _condition(budget: Obj, allowed: bool) -> Obj:
    status = "True" if allowed else "False"
    old = condition(budget, "DisruptionAllowed")
    since = old["lastTransitionTime"] if old and old["status"] == status else now()
    return {
        "type": "DisruptionAllowed",
        "status": status,
        "observedGeneration": budget["metadata"].get("generation", 1),
        "lastTransitionTime": since,
        "reason": "SufficientPods" if allowed else "InsufficientPods",
        "message": "",
    }
