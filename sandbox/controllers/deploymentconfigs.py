"""The DeploymentConfig controller: a ReplicationController NAME-N for each triggered or requested rollout.

The rollout itself is the deployer's. Words, conditions and annotations are those of
openshift-controller-manager (`pkg/apps/deploymentconfig`), which `oc rollout status` reads.
"""

from __future__ import annotations

import json

from sandbox.apimachinery import errors
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import DEPLOYMENT_CONFIGS
from sandbox.apimachinery.store import Store, copied
from sandbox.controllers.loop import Cluster, Controller
from sandbox.controllers.objects import (
    condition,
    fraction,
    is_controlled_by,
    is_going,
    owner_reference,
    set_condition,
)

CONTROLLERS = "replicationcontrollers"
COMPONENT = "deploymentconfig-controller"
PHASE = "openshift.io/deployment.phase"
VERSION = "openshift.io/deployment-config.latest-version"
CONFIG = "openshift.io/deployment-config.name"
ENCODED = "openshift.io/encoded-deployment-config"
REASON = "openshift.io/deployment.status-reason"
CANCELLED = "openshift.io/deployment.cancelled"
DESIRED = "kubectl.kubernetes.io/desired-replicas"
DEPLOYED = "openshift.io/deployment.replicas"
OVER = ("Complete", "Failed")


class DeploymentConfigs(Controller):
    """`deploymentconfigs.apps.openshift.io`."""

    watches = (DEPLOYMENT_CONFIGS, CONTROLLERS)

    def reconcile(self) -> float | None:
        """Start triggered rollouts, create their ReplicationControllers, update the status."""
        return self.each(DEPLOYMENT_CONFIGS, self._one)

    def _one(self, config: Obj) -> float | None:
        if is_going(config):
            return None
        name = config["metadata"]["name"]
        if not config["spec"].get("paused"):
            if causes := _triggered(config, self._latest(config)):
                config = start(self.store, name, causes)
            if config["status"].get("latestVersion", 0) > 0 and self._latest(config) is None:
                self._roll_out(config)
        if (latest := self._latest(config)) and phase(latest) in OVER:
            self._settle(config)
        self._status(config)
        return None

    def _latest(self, config: Obj) -> Obj | None:
        version = config["status"].get("latestVersion", 0)
        return next((rc for rc in rollouts(self.store, config) if version_of(rc) == version), None)

    def _roll_out(self, config: Obj) -> None:
        """Cancel older rollouts; once they have ended, create a ReplicationController."""
        running = [rc for rc in rollouts(self.store, config) if phase(rc) not in OVER]
        for rc in running:
            cancelled = {CANCELLED: "true", REASON: "newer deployment was found running"}
            annotate(self.store, rc, cancelled)
        if not running:
            rc = self.cluster.create(CONTROLLERS, _replication_controller(config), COMPONENT)
            version = config["status"]["latestVersion"]
            text = f'Created new replication controller "{rc["metadata"]["name"]}" for version {version}'
            self.cluster.event(config, "DeploymentCreated", text, COMPONENT)

    def _settle(self, config: Obj) -> None:
        """Give the replicas to the last complete rollout, scale a failed one to 0, delete old ones."""
        there = rollouts(self.store, config)
        active = next((rc for rc in there if phase(rc) == "Complete"), None)
        for rc in there:
            scale(self.store, rc, config["spec"]["replicas"] if rc is active else 0)
        over = [rc for rc in there if rc is not active and rc["status"].get("replicas", 0) == 0]
        keep = config["spec"].get("revisionHistoryLimit", 10)
        for rc in over[keep:]:
            self.cluster.delete(CONTROLLERS, rc["metadata"]["name"], COMPONENT)

    def _status(self, config: Obj) -> None:
        name = config["metadata"]["name"]
        config = self.store.get(DEPLOYMENT_CONFIGS, name)
        latest, there = self._latest(config), rollouts(self.store, config)

        def total(key: str, *of: Obj) -> int:
            return sum(rc.get("status", {}).get(key, 0) for rc in of)

        replicas, available = total("replicas", *there), total("availableReplicas", *there)
        status = copied(config["status"])
        status.update(
            observedGeneration=config["metadata"].get("generation", 1),
            replicas=replicas,
            updatedReplicas=total("replicas", latest) if latest else 0,
            availableReplicas=available,
            unavailableReplicas=max(0, replicas - available),
        )
        status.pop("readyReplicas", None)
        if ready := total("readyReplicas", *there):
            status["readyReplicas"] = ready
        self._conditions(config, status, latest)
        if status != config["status"]:
            self.store.modify(DEPLOYMENT_CONFIGS, name, lambda c: c.update(status=status))

    def _conditions(self, config: Obj, status: Obj, latest: Obj | None) -> None:
        available, least = status["availableReplicas"], config["spec"]["replicas"] - max_unavailable(config)
        if available and available >= least:
            set_condition(status, "Available", "True", "", "Deployment config has minimum availability.")
        else:
            text = "Deployment config does not have minimum availability."
            set_condition(status, "Available", "False", "", text)
        if config["spec"].get("paused"):
            text = "Deployment config is paused"
            set_condition(status, "Progressing", "Unknown", "DeploymentConfigPaused", text)
        elif latest is not None:
            set_condition(status, "Progressing", *_progress(latest))
        elif (old := condition(config, "Progressing")) and old.get("reason") == "DeploymentConfigPaused":
            text = "Deployment config is resumed"
            set_condition(status, "Progressing", "Unknown", "DeploymentConfigResumed", text)


def instantiate(cluster: Cluster, name: str, request: Obj) -> Obj:
    """Answer `POST deploymentconfigs/NAME/instantiate`, which `oc rollout latest` sends."""
    config = cluster.store.get(DEPLOYMENT_CONFIGS, name)
    if config["spec"].get("paused"):
        raise errors.bad_request("cannot deploy a paused deployment config")
    latest = config["status"].get("latestVersion", 0)
    if not request.get("force"):
        manual = [trigger["type"] for trigger in config["spec"].get("triggers") or []]
        if latest and manual:
            return config
    return start(cluster.store, name, [{"type": "Manual"}])


def start(store: Store, name: str, causes: list[Obj]) -> Obj:
    """Return the next version of a DeploymentConfig with the cause of its rollout.

    A new generation too, so that `oc rollout status` waits until the controller has seen it:
    PrepareForUpdate in openshift-apiserver's `pkg/apps/apiserver/registry/deployconfig/strategy.go`.
    """
    words = {"ConfigChange": "config change", "ImageChange": "image change", "Manual": "manual change"}

    def change(config: Obj) -> None:
        status = config["status"]
        status["latestVersion"] = status.get("latestVersion", 0) + 1
        status["details"] = {"message": words[causes[0]["type"]], "causes": causes}
        config["metadata"]["generation"] = config["metadata"].get("generation", 1) + 1

    return store.modify(DEPLOYMENT_CONFIGS, name, change)


def rollouts(store: Store, config: Obj) -> list[Obj]:
    """The ReplicationControllers of a DeploymentConfig, newest first."""
    found = [rc for rc in store.list(CONTROLLERS) if is_controlled_by(rc, config)]
    return sorted(found, key=version_of, reverse=True)


def version_of(rc: Obj) -> int:
    """Return the rollout number of a ReplicationController."""
    return int((rc["metadata"].get("annotations") or {}).get(VERSION, 0))


def phase(rc: Obj) -> str:
    """Return New, Pending, Running, Complete or Failed."""
    return str((rc["metadata"].get("annotations") or {}).get(PHASE, ""))


def annotate(store: Store, rc: Obj, annotations: dict[str, str]) -> Obj:
    """Add annotations to a ReplicationController."""
    name = rc["metadata"]["name"]
    return store.modify(CONTROLLERS, name, lambda rc: rc["metadata"]["annotations"].update(annotations))


def scale(store: Store, rc: Obj, replicas: int) -> None:
    """Set the replicas of a ReplicationController."""

    def change(rc: Obj) -> None:
        rc["spec"]["replicas"] = replicas
        rc["metadata"]["generation"] = rc["metadata"].get("generation", 1) + 1

    if rc["spec"]["replicas"] != replicas:
        store.modify(CONTROLLERS, rc["metadata"]["name"], change)


def max_unavailable(config: Obj) -> int:
    """Return how many replicas may be unavailable during a rollout."""
    rolling = config["spec"]["strategy"].get("rollingParams") or {}
    if config["spec"]["strategy"]["type"] != "Rolling" or config["spec"]["replicas"] == 0:
        return 0
    return fraction(rolling.get("maxUnavailable", "25%"), config["spec"]["replicas"], up=False)


def image_triggers(config: Obj) -> list[Obj]:
    """Return the `imageChangeParams` of the triggers."""
    triggers = config["spec"].get("triggers") or []
    return [t["imageChangeParams"] for t in triggers if t["type"] == "ImageChange"]


def _triggered(config: Obj, latest: Obj | None) -> list[Obj]:
    """Return the causes for a new rollout; empty while an image is unresolved."""
    images = [params for params in image_triggers(config) if params.get("automatic")]
    if any(not params.get("lastTriggeredImage") for params in images):
        return []
    on_change = any(t["type"] == "ConfigChange" for t in config["spec"].get("triggers") or [])
    if config["status"].get("latestVersion", 0) == 0:
        if on_change:
            return [{"type": "ConfigChange"}]
        return [_image_cause(params) for params in images]
    if latest is None:
        return []
    before = json.loads(latest["metadata"]["annotations"][ENCODED])
    known = {params.get("lastTriggeredImage") for params in image_triggers(before)}
    if changed := [_image_cause(p) for p in images if p["lastTriggeredImage"] not in known]:
        return changed
    if on_change and before["spec"]["template"] != config["spec"]["template"]:
        return [{"type": "ConfigChange"}]
    return []


def _image_cause(params: Obj) -> Obj:
    return {"type": "ImageChange", "imageTrigger": {"from": params["from"]}}


def _progress(latest: Obj) -> tuple[str, str, str]:
    name = latest["metadata"]["name"]
    named = f'replication controller "{name}"'
    if phase(latest) == "Complete":
        return "True", "NewReplicationControllerAvailable", f"{named} successfully rolled out"
    if phase(latest) == "Failed" and CANCELLED in latest["metadata"]["annotations"]:
        return "False", "RolloutCancelled", f"rollout of {named} was cancelled"
    if phase(latest) == "Failed":
        return "False", "ProgressDeadlineExceeded", f"{named} has failed progressing"
    if phase(latest) == "Running":
        return "True", "ReplicationControllerUpdated", f"{named} is progressing"
    return "Unknown", "", f'{named} is waiting for pod "{name}-deploy" to run'


def _replication_controller(config: Obj) -> Obj:
    meta, spec, version = config["metadata"], config["spec"], config["status"]["latestVersion"]
    name = f"{meta['name']}-{version}"
    mark = {"deployment": name, "deploymentconfig": meta["name"]}
    template = copied(spec["template"])
    inside = template.setdefault("metadata", {})
    inside["labels"] = {**(inside.get("labels") or {}), **mark}
    stamp = {VERSION: str(version), CONFIG: meta["name"], "openshift.io/deployment.name": name}
    inside["annotations"] = {**(inside.get("annotations") or {}), **stamp}
    annotations = {
        DESIRED: str(spec["replicas"]),
        VERSION: str(version),
        CONFIG: meta["name"],
        PHASE: "New",
        DEPLOYED: "0",
        ENCODED: json.dumps(config, separators=(",", ":")) + "\n",
        REASON: config["status"].get("details", {}).get("message", ""),
    }
    return {
        "kind": "ReplicationController",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "labels": {**(meta.get("labels") or {}), CONFIG: meta["name"]},
            "annotations": annotations,
            "ownerReferences": [owner_reference(config, "apps.openshift.io/v1", "DeploymentConfig")],
        },
        "spec": {
            "replicas": 0,
            **({"minReadySeconds": spec["minReadySeconds"]} if spec.get("minReadySeconds") else {}),
            "selector": {**spec["selector"], **mark},
            "template": template,
        },
    }
