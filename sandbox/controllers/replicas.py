"""The ReplicaSet and ReplicationController controllers: keep the desired number of pods."""

from __future__ import annotations

import time
from typing import Any

from sandbox.apimachinery import selectors
from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import REPLICA_SETS
from sandbox.apimachinery.store import copied, now
from sandbox.controllers.loop import Controller, soonest
from sandbox.controllers.objects import (
    available_in,
    condition,
    is_active,
    is_controlled_by,
    is_ready,
    owner_reference,
)

LONGEST_BACKOFF = 5.0


class Replicas(Controller):
    """The common part of ReplicaSets and ReplicationControllers; they differ in the selector's form."""

    resource: str
    api_version: str
    kind: str
    component: str

    def __init__(self, *args: Any) -> None:  # noqa: ANN401
        super().__init__(*args)
        self._refused: dict[str, tuple[int, float]] = {}  # by uid: consecutive refusals, time of the next try

    def reconcile(self) -> float | None:
        """Create missing pods, delete surplus ones, update the status."""
        return self.each(self.resource, self._one)

    def selects(self, owner: Obj, pod: Obj) -> bool:
        """Return True when the owner's selector matches the pod."""
        raise NotImplementedError

    def _one(self, owner: Obj) -> float | None:
        active = self._active(owner)
        wanted = owner["spec"].get("replicas", 1)
        if owner["metadata"].get("deletionTimestamp"):
            return None
        refusal, delay = None, None
        if len(active) < wanted:
            refusal, delay = self._create(owner, wanted - len(active))
        elif len(active) > wanted:
            for pod in sorted(active, key=_dispensable)[: len(active) - wanted]:
                self._delete(owner, pod)
        return soonest(delay, self._status(owner, refusal))

    def _active(self, owner: Obj) -> list[Obj]:
        pods = [p for p in self.store.look("pods") if is_controlled_by(p, owner) and self.selects(owner, p)]
        return [pod for pod in pods if is_active(pod)]

    def _create(self, owner: Obj, count: int) -> tuple[str | None, float | None]:
        uid = owner["metadata"]["uid"]
        refusals, not_before = self._refused.get(uid, (0, 0.0))
        if time.monotonic() < not_before:
            found = condition(owner, "ReplicaFailure")
            return found["message"] if found else None, not_before - time.monotonic()
        for _ in range(count):
            try:
                pod = self.cluster.create("pods", self._pod(owner), self.component)
            except StatusError as refusal:
                backoff = min(LONGEST_BACKOFF, 0.5 * 2**refusals)
                self._refused[uid] = (refusals + 1, time.monotonic() + backoff)
                text = f"Error creating: {refusal.message}"
                self.cluster.event(owner, "FailedCreate", text, self.component, warning=True)
                return refusal.message, backoff
            text = f"Created pod: {pod['metadata']['name']}"
            self.cluster.event(owner, "SuccessfulCreate", text, self.component)
        self._refused.pop(uid, None)
        return None, None

    def _pod(self, owner: Obj) -> Obj:
        template = copied(owner["spec"]["template"])
        meta = template.get("metadata", {})
        meta = {key: meta[key] for key in ("labels", "annotations", "finalizers") if meta.get(key)}
        meta["generateName"] = f"{owner['metadata']['name']}-"
        meta["ownerReferences"] = [owner_reference(owner, self.api_version, self.kind)]
        return {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": template["spec"]}

    def _delete(self, owner: Obj, pod: Obj) -> None:
        name = pod["metadata"]["name"]
        self.cluster.delete("pods", name, self.component)
        self.cluster.event(owner, "SuccessfulDelete", f"Deleted pod: {name}", self.component)

    def _status(self, owner: Obj, refusal: str | None) -> float | None:
        """Update the status from the pods; return the seconds until the next one becomes available."""
        wait = owner["spec"].get("minReadySeconds", 0)
        active = self._active(owner)
        delays = [available_in(pod, wait) for pod in active]
        labels = owner["spec"]["template"].get("metadata", {}).get("labels", {}).items()
        counts = {
            "fullyLabeledReplicas": sum(
                labels <= pod["metadata"].get("labels", {}).items() for pod in active
            ),
            "readyReplicas": sum(map(is_ready, active)),
            "availableReplicas": sum(delay == 0.0 for delay in delays),
        }
        status: Obj = {"replicas": len(active), **{key: count for key, count in counts.items() if count}}
        status["observedGeneration"] = owner["metadata"].get("generation", 1)
        if refusal:
            failure = {
                "type": "ReplicaFailure",
                "status": "True",
                "reason": "FailedCreate",
                "message": refusal,
            }
            old = condition(owner, "ReplicaFailure")
            failure["lastTransitionTime"] = old["lastTransitionTime"] if old else now()
            status["conditions"] = [failure]
        if status != owner.get("status"):
            self.store.modify(self.resource, owner["metadata"]["name"], lambda obj: obj.update(status=status))
        return soonest(*(delay for delay in delays if delay))


class ReplicaSets(Replicas):
    """`replicasets.apps`."""

    watches = (REPLICA_SETS, "pods")
    resource = REPLICA_SETS
    api_version = "apps/v1"
    kind = "ReplicaSet"
    component = "replicaset-controller"

    def selects(self, owner: Obj, pod: Obj) -> bool:
        """Match by a LabelSelector."""
        return selectors.label_query(owner["spec"]["selector"])(pod)


class ReplicationControllers(Replicas):
    """`replicationcontrollers`."""

    watches = ("replicationcontrollers", "pods")
    resource = "replicationcontrollers"
    api_version = "v1"
    kind = "ReplicationController"
    component = "replication-controller"

    def selects(self, owner: Obj, pod: Obj) -> bool:
        """Match by a map of labels."""
        return selectors.label_query({"matchLabels": owner["spec"]["selector"]})(pod)


def _dispensable(pod: Obj) -> tuple[bool, bool, str]:
    """Rank pods for deletion: unscheduled, then unready, then young first (Kubernetes' `ActivePods`)."""
    started = "".join(chr(0x10FFFF - ord(letter)) for letter in pod["metadata"]["creationTimestamp"])
    return bool(pod["spec"].get("nodeName")), is_ready(pod), started
