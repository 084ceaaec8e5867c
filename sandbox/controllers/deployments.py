"""The Deployment controller: a ReplicaSet for each version of the pod template, and the rollout between them.

The arithmetic is that of `pkg/controller/deployment` in kubernetes; left out is proportional scaling.
"""

from __future__ import annotations

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import DEPLOYMENTS, REPLICA_SETS
from sandbox.apimachinery.store import copied
from sandbox.controllers.loop import Controller
from sandbox.controllers.objects import (
    age,
    condition,
    drop_condition,
    fraction,
    is_controlled_by,
    is_going,
    owner_reference,
    set_condition,
    template_hash,
)

REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"
COMPONENT = "deployment-controller"
NOT_COPIED = {REVISION, "kubectl.kubernetes.io/last-applied-configuration"}


class Deployments(Controller):
    """`deployments.apps`."""

    watches = (DEPLOYMENTS, REPLICA_SETS, "pods")

    def reconcile(self) -> float | None:
        """Advance each rollout by one step."""
        return self.each(DEPLOYMENTS, self._one)

    def _one(self, deployment: Obj) -> float | None:
        if is_going(deployment):
            return None
        sets = [s for s in self.store.list(REPLICA_SETS) if is_controlled_by(s, deployment)]
        new = next((s for s in sets if _same_template(s, deployment)), None)
        if not deployment["spec"].get("paused"):
            new = self._newest(deployment, sets, new)
            old = [s for s in sets if s["metadata"]["uid"] != new["metadata"]["uid"]]
            if deployment["spec"]["strategy"]["type"] == "Recreate":
                self._recreate(deployment, old, new)
            else:
                self._roll(deployment, old, new)
            self._forget_history(deployment, old)
        elif new:
            self._scale(deployment, new, deployment["spec"]["replicas"])
        return self._status(deployment)

    def _newest(self, deployment: Obj, sets: list[Obj], new: Obj | None) -> Obj:
        """Return the ReplicaSet of the current pod template, with the highest revision."""
        meta = deployment["metadata"]
        highest = max((_revision(s) for s in sets if s is not new), default=0)
        revision = highest + 1 if new is None or _revision(new) <= highest else _revision(new)
        kept = {key: text for key, text in (meta.get("annotations") or {}).items() if key not in NOT_COPIED}
        annotations = {
            **kept,
            "deployment.kubernetes.io/desired-replicas": str(deployment["spec"]["replicas"]),
            "deployment.kubernetes.io/max-replicas": str(deployment["spec"]["replicas"] + _surge(deployment)),
            REVISION: str(revision),
        }
        if new is None:
            new = self.cluster.create(REPLICA_SETS, _replica_set(deployment, annotations), COMPONENT)
        else:
            new = self.store.modify(
                REPLICA_SETS, new["metadata"]["name"], lambda s: s["metadata"].update(annotations=annotations)
            )
        self.store.modify(
            DEPLOYMENTS,
            meta["name"],
            lambda d: d["metadata"].setdefault("annotations", {}).update({REVISION: str(revision)}),
        )
        return new

    def _recreate(self, deployment: Obj, old: list[Obj], new: Obj) -> None:
        for each in old:
            self._scale(deployment, each, 0)
        if not any(is_controlled_by(pod, s) for pod in self.store.look("pods") for s in old):
            self._scale(deployment, new, deployment["spec"]["replicas"])

    def _roll(self, deployment: Obj, old: list[Obj], new: Obj) -> None:
        wanted, surge = deployment["spec"]["replicas"], _surge(deployment)
        there = sum(s["spec"]["replicas"] for s in [*old, new])
        if new["spec"]["replicas"] > wanted:
            self._scale(deployment, new, wanted)
            return
        room = wanted + surge - there
        if new["spec"]["replicas"] < wanted and room > 0:
            more = min(room, wanted - new["spec"]["replicas"])
            self._scale(deployment, new, new["spec"]["replicas"] + more)
            return
        least = wanted - _unavailable(deployment)
        surplus = there - least - (new["spec"]["replicas"] - _available(new))
        left = {s["metadata"]["name"]: s["spec"]["replicas"] for s in old}
        for each in sorted(old, key=_revision):  # unready pods first
            less = min(max(0, surplus), left[each["metadata"]["name"]] - _available(each))
            left[each["metadata"]["name"]] -= max(0, less)
            surplus -= max(0, less)
        spare = min(surplus, sum(map(_available, [*old, new])) - least)
        for each in sorted(old, key=_revision):
            less = min(max(0, spare), left[each["metadata"]["name"]])
            spare -= less
            self._scale(deployment, each, left[each["metadata"]["name"]] - less)

    def _scale(self, deployment: Obj, replica_set: Obj, replicas: int) -> None:
        name, before = replica_set["metadata"]["name"], replica_set["spec"]["replicas"]
        if before == replicas:
            return

        def change(obj: Obj) -> None:
            obj["spec"]["replicas"] = replicas
            obj["metadata"]["generation"] = obj["metadata"].get("generation", 1) + 1

        self.store.modify(REPLICA_SETS, name, change)
        way = "up" if replicas > before else "down"
        text = f"Scaled {way} replica set {name} from {before} to {replicas}"
        self.cluster.event(deployment, "ScalingReplicaSet", text, COMPONENT)

    def _forget_history(self, deployment: Obj, old: list[Obj]) -> None:
        idle = [s for s in old if not s["spec"]["replicas"] and not s.get("status", {}).get("replicas")]
        idle.sort(key=_revision)
        keep = deployment["spec"].get("revisionHistoryLimit", 10)
        for each in idle[: max(0, len(idle) - keep)]:
            self.cluster.delete(REPLICA_SETS, each["metadata"]["name"], COMPONENT)

    def _status(self, deployment: Obj) -> float | None:
        """Write the status that `rollout status` reads."""
        name = deployment["metadata"]["name"]
        deployment = self.store.get(DEPLOYMENTS, name)
        sets = [s for s in self.store.list(REPLICA_SETS) if is_controlled_by(s, deployment)]
        new = next((s for s in sets if _same_template(s, deployment)), None)
        wanted = deployment["spec"]["replicas"]

        def total(key: str, *of: Obj) -> int:
            return sum(s.get("status", {}).get(key, 0) for s in of)

        there, available = total("replicas", *sets), total("availableReplicas", *sets)
        counts = {
            "replicas": there,
            "updatedReplicas": total("replicas", new) if new else 0,
            "readyReplicas": total("readyReplicas", *sets),
            "availableReplicas": available,
            "unavailableReplicas": max(0, wanted - available, there - available),
        }
        old = deployment.get("status", {})
        status: Obj = {"observedGeneration": deployment["metadata"].get("generation", 1)}
        status |= {key: count for key, count in counts.items() if count}
        status["terminatingReplicas"] = 0
        status["conditions"] = copied(old.get("conditions") or [])
        if available >= wanted - _unavailable(deployment):
            words = "MinimumReplicasAvailable", "Deployment has minimum availability."
            set_condition(status, "Available", "True", *words)
        else:
            words = "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
            set_condition(status, "Available", "False", *words)
        self._failure(status, new)
        delay = self._progress(deployment, status, new, counts)
        if status != old:
            self.store.modify(DEPLOYMENTS, name, lambda d: d.update(status=status))
        return delay

    def _failure(self, status: Obj, new: Obj | None) -> None:
        """Copy ReplicaFailure from the new ReplicaSet to the Deployment."""
        found = new and condition(new, "ReplicaFailure")
        if found:
            set_condition(status, "ReplicaFailure", "True", found["reason"], found["message"])
        else:
            drop_condition(status, "ReplicaFailure")

    def _progress(self, deployment: Obj, status: Obj, new: Obj | None, counts: Obj) -> float | None:
        """Set the condition Progressing; return the seconds left until the progress deadline."""
        if deployment["spec"].get("paused"):
            set_condition(status, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused")
            return None
        wanted = deployment["spec"]["replicas"]
        named = f'ReplicaSet "{new["metadata"]["name"] if new else ""}"'
        done = counts["updatedReplicas"] == counts["replicas"] == counts["availableReplicas"] == wanted
        if done:
            words = "NewReplicaSetAvailable", f"{named} has successfully progressed."
            set_condition(status, "Progressing", "True", *words)
            return None
        before = condition(deployment, "Progressing")
        moved = any(deployment.get("status", {}).get(key, 0) != count for key, count in counts.items())
        if before and before.get("reason") in ("NewReplicaSetAvailable", "DeploymentPaused"):
            # Scaling, or losing a pod, after a complete rollout does not start a new one.
            if before["reason"] == "NewReplicaSetAvailable" and named in before["message"]:
                return None
            moved = True
        deadline = deployment["spec"].get("progressDeadlineSeconds", 600)
        if before and not moved:
            left = deadline - age(before["lastUpdateTime"])
            if before["status"] == "False" or left <= 0:
                words = "ProgressDeadlineExceeded", f"{named} has timed out progressing."
                set_condition(status, "Progressing", "False", *words)
                return None
            return float(left)
        words = ("ReplicaSetUpdated", f"{named} is progressing.")
        if before is None:
            words = ("NewReplicaSetCreated", f"Created new replica set {named.split(' ', 1)[1]}")
        set_condition(status, "Progressing", "True", *words, touch=True)
        return float(deadline)


def _replica_set(deployment: Obj, annotations: dict[str, str]) -> Obj:
    meta, spec = deployment["metadata"], deployment["spec"]
    template = copied(spec["template"])
    stamp = {HASH: template_hash(template)}
    template.setdefault("metadata", {}).setdefault("labels", {}).update(stamp)
    selector = copied(spec["selector"])
    selector.setdefault("matchLabels", {}).update(stamp)
    return {
        "kind": "ReplicaSet",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": f"{meta['name']}-{stamp[HASH]}",
            "namespace": meta.get("namespace"),
            "labels": template["metadata"]["labels"],
            "annotations": annotations,
            "ownerReferences": [owner_reference(deployment, "apps/v1", "Deployment")],
        },
        "spec": {
            "replicas": 0,
            "minReadySeconds": spec.get("minReadySeconds", 0),
            "selector": selector,
            "template": template,
        },
    }


def _same_template(replica_set: Obj, deployment: Obj) -> bool:
    labels = replica_set["metadata"].get("labels") or {}
    return labels.get(HASH) == template_hash(deployment["spec"]["template"])


def _revision(replica_set: Obj) -> int:
    return int((replica_set["metadata"].get("annotations") or {}).get(REVISION, 0))


def _available(replica_set: Obj) -> int:
    return int(replica_set.get("status", {}).get("availableReplicas", 0))


def _surge(deployment: Obj) -> int:
    rolling = deployment["spec"]["strategy"].get("rollingUpdate")
    if not rolling:
        return 0
    return fraction(rolling.get("maxSurge", "25%"), deployment["spec"]["replicas"], up=True)


def _unavailable(deployment: Obj) -> int:
    rolling = deployment["spec"]["strategy"].get("rollingUpdate")
    if not rolling:
        return 0
    down = fraction(rolling.get("maxUnavailable", "25%"), deployment["spec"]["replicas"], up=False)
    return down if down or _surge(deployment) else 1
