"""The work of the deployer pod NAME-N-deploy: scale the new ReplicationController up and the old ones down.

On a cluster it is a real pod, which counts against the quota and stays as Completed. Here it is a record: an
object with a log, whose work is done in this process.
Words and order: `pkg/cli/deployer/strategy` of `oc`.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import DEPLOYMENT_CONFIGS
from sandbox.controllers.deploymentconfigs import (
    CANCELLED,
    CONTROLLERS,
    DEPLOYED,
    DESIRED,
    ENCODED,
    OVER,
    annotate,
    max_unavailable,
    phase,
    rollouts,
    scale,
    version_of,
)
from sandbox.controllers.deploymentconfigs import PHASE as PHASE_OF
from sandbox.controllers.loop import RETRY, Controller
from sandbox.controllers.objects import age, fraction, is_controlled_by, owner_reference
from sandbox.controllers.records import PodRecord

COMPONENT = "deployer-controller"
DEFAULT_TIMEOUT = 600


class Deployer(Controller):
    """Runs the rollout of each ReplicationController that has not finished."""

    watches = (CONTROLLERS, "pods")

    def reconcile(self) -> float | None:
        """Advance each rollout by one step."""
        return self.each(CONTROLLERS, self._one)

    def _one(self, rc: Obj) -> float | None:
        if not phase(rc) or phase(rc) in OVER:
            return None
        pod = PodRecord(self.cluster, f"{rc['metadata']['name']}-deploy", "deployment")
        if CANCELLED in rc["metadata"]["annotations"]:
            self._end(rc, pod, "Failed", "error: the rollout was cancelled")
            return None
        if phase(rc) == "New":
            return self._begin(rc, pod)
        if phase(rc) == "Pending":
            pod.run()
            annotate(self.store, rc, {PHASE_OF: "Running"})
            return 0.0
        config = json.loads(rc["metadata"]["annotations"][ENCODED])
        desired = int(rc["metadata"]["annotations"][DESIRED])
        owner = self.store.find(DEPLOYMENT_CONFIGS, config["metadata"]["name"])
        older = (
            [old for old in rollouts(self.store, owner) if version_of(old) < version_of(rc)] if owner else []
        )
        if config["spec"]["strategy"]["type"] == "Recreate":
            done = self._recreate(rc, older, desired, pod)
        else:
            done = self._roll(rc, older, desired, config, pod)
        if done:
            self._end(rc, pod, "Complete", "--> Success")
            return None
        return self._deadline(rc, config, pod)

    def _begin(self, rc: Obj, pod: PodRecord) -> float | None:
        name = pod.name
        config = json.loads(rc["metadata"]["annotations"][ENCODED])
        meta = {
            "name": name,
            "labels": {"openshift.io/deployer-pod-for.name": rc["metadata"]["name"]},
            "annotations": {
                "openshift.io/deployment-config.name": config["metadata"]["name"],
                "openshift.io/deployment.name": rc["metadata"]["name"],
            },
            "ownerReferences": [owner_reference(rc, "v1", "ReplicationController")],
        }
        try:
            pod.create(meta, "deployer", config["spec"]["strategy"].get("resources") or {})
        except StatusError as refusal:
            text = f"Error creating deployer pod: {refusal.message}"
            self.cluster.event(rc, "FailedCreate", text, COMPONENT, warning=True)
            return RETRY
        created = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")
        annotate(
            self.store,
            rc,
            {
                PHASE_OF: "Pending",
                "openshift.io/deployer-pod.name": name,
                "openshift.io/deployer-pod.created-at": created,
            },
        )
        return None

    def _recreate(self, rc: Obj, older: list[Obj], desired: int, pod: PodRecord) -> bool:
        for old in older:
            if old["spec"]["replicas"]:
                pod.say(f"--> Scaling {old['metadata']['name']} down to zero")
                scale(self.store, old, 0)
        if any(self._running(old) for old in older):
            return False
        if rc["spec"]["replicas"] != desired:
            pod.say(f"--> Scaling {rc['metadata']['name']} to {desired}")
            scale(self.store, rc, desired)
            return False
        return _available(rc) >= desired

    def _running(self, rc: Obj) -> bool:
        """List the remaining pods of a ReplicationController, without its finished deployer pod."""
        pods = [pod for pod in self.store.look("pods") if is_controlled_by(pod, rc)]
        return any(pod["status"].get("phase") not in ("Succeeded", "Failed") for pod in pods)

    def _roll(self, rc: Obj, older: list[Obj], desired: int, config: Obj, pod: PodRecord) -> bool:
        name = rc["metadata"]["name"]
        rolling = config["spec"]["strategy"].get("rollingParams") or {}
        surge = fraction(rolling.get("maxSurge", "25%"), desired, up=True)
        unavailable = max_unavailable(config) or (0 if surge else 1)
        there = sum(each["spec"]["replicas"] for each in [*older, rc])
        more = min(desired - rc["spec"]["replicas"], desired + surge - there)
        if not any(old["spec"]["replicas"] for old in older):
            more = desired - rc["spec"]["replicas"]
        if more > 0:
            pod.say(f"--> Scaling up {name} from {rc['spec']['replicas']} to {rc['spec']['replicas'] + more}")
            scale(self.store, rc, rc["spec"]["replicas"] + more)
            return False
        spare = sum(map(_available, [*older, rc])) - (desired - unavailable)
        for old in older:
            less = min(max(0, spare), old["spec"]["replicas"])
            spare -= less
            if less:
                pod.say(f"--> Scaling {old['metadata']['name']} down to {old['spec']['replicas'] - less}")
                scale(self.store, old, old["spec"]["replicas"] - less)
        return _available(rc) >= desired and not any(old["spec"]["replicas"] for old in older)

    def _deadline(self, rc: Obj, config: Obj, pod: PodRecord) -> float | None:
        """Fail a rollout that exceeds the timeout of its strategy."""
        strategy = config["spec"]["strategy"]
        params = strategy.get("recreateParams") or strategy.get("rollingParams") or {}
        limit = params.get("timeoutSeconds") or DEFAULT_TIMEOUT
        record = self.store.find("pods", pod.name)
        if record is None:
            self._end(rc, pod, "Failed", "error: deployer pod no longer exists")
            return None
        left = limit - age(record["status"]["startTime"])
        if left > 0:
            return float(left)
        name = rc["metadata"]["name"]
        late = f"took longer than {limit} seconds to become available"
        why = f"pods for rc '{self.cluster.project.name}/{name}' {late}"
        self._end(rc, pod, "Failed", f"error: update acceptor rejected {name}: {why}")
        return None

    def _end(self, rc: Obj, pod: PodRecord, phase_now: str, last_words: str) -> None:
        pod.say(last_words)
        pod.end(succeeded=phase_now == "Complete")
        ended = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")
        annotate(
            self.store,
            rc,
            {
                PHASE_OF: phase_now,
                DEPLOYED: rc["metadata"]["annotations"][DESIRED],
                "openshift.io/deployer-pod.completed-at": ended,
            },
        )


def _available(rc: Obj) -> int:
    return int(rc.get("status", {}).get("availableReplicas", 0))
