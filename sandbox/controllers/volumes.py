"""The controller of PersistentVolumeClaims: binds them to volumes that it provisions, protects those in use.

| claim | what happens |
|---|---|
| a class of the sandbox's provisioner, binding mode Immediate | bound at once |
| the same with the binding mode WaitForFirstConsumer | bound once the scheduler has chosen a node for a pod |
| the same with the class parameter `delay: SECONDS` | bound after this time, as by a slow storage |
| a class of another provisioner | Pending, event ExternalProvisioning |
| a class that does not exist | Pending, event ProvisioningFailed |
| no class | Pending, event FailedBinding |
"""

from __future__ import annotations

from typing import Any

from sandbox.apimachinery.json_types import Obj
from sandbox.controllers.loop import Controller
from sandbox.controllers.objects import age, is_going

CLAIMS = "persistentvolumeclaims"
VOLUMES = "persistentvolumes"
CLASSES = "storageclasses.storage.k8s.io"
PROTECTION = "kubernetes.io/pvc-protection"
COMPONENT = "persistentvolume-controller"
PROVISIONER = "kubernetes.io/host-path"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
NO_CLASS = "no persistent volumes available for this claim and no storage class is set"
FIRST_CONSUMER = "waiting for first consumer to be created before binding"
EXTERNAL = (
    "Waiting for a volume to be created either by the external provisioner '{}' or manually by the system "
    "administrator. If volume creation is delayed, please verify that the provisioner is running and "
    "correctly registered."
)


class Volumes(Controller):
    """`persistentvolumeclaims`, and the `persistentvolumes` made for them."""

    watches = (CLAIMS, "pods", CLASSES)

    def __init__(self, *args: Any) -> None:  # noqa: ANN401
        super().__init__(*args)
        self._told: set[tuple[str, str]] = set()  # claim and reason

    def reconcile(self) -> float | None:
        """Bind what waits, let go what is deleted and unused, drop volumes without a claim."""
        delay = self.each(CLAIMS, self._one)
        claims = {claim["metadata"]["uid"] for claim in self.store.look(CLAIMS)}
        for volume in self.store.list(VOLUMES):
            if volume["spec"]["claimRef"]["uid"] not in claims:
                self.store.remove(VOLUMES, volume["metadata"]["name"])
        return delay

    def _one(self, claim: Obj) -> float | None:
        if is_going(claim):
            self._let_go(claim)
        elif claim.get("status", {}).get("phase") != "Bound":
            return self._provision(claim)
        return None

    def _let_go(self, claim: Obj) -> None:
        """`pvc-protection`: a claim goes when no pod uses it any more."""
        name = claim["metadata"]["name"]
        for pod in self.store.look("pods"):
            if pod["status"].get("phase") in ("Succeeded", "Failed"):
                continue
            volumes = pod["spec"].get("volumes") or []
            if any(v.get("persistentVolumeClaim", {}).get("claimName") == name for v in volumes):
                return
        others = [f for f in claim["metadata"].get("finalizers") or [] if f != PROTECTION]
        if others:
            self.store.modify(CLAIMS, name, lambda c: c["metadata"].update(finalizers=others))
        else:
            self.store.remove(CLAIMS, name)

    def _provision(self, claim: Obj) -> float | None:
        """Bind a claim, or say why not; the seconds until a slow volume is there."""
        wanted = claim["spec"].get("storageClassName")
        if not wanted:
            self._tell(claim, "FailedBinding", NO_CLASS)
            return None
        found = self.store.find(CLASSES, wanted)
        if found is None:
            text = f'storageclass.storage.k8s.io "{wanted}" not found'
            self._tell(claim, "ProvisioningFailed", text, warning=True)
            return None
        chosen = claim["metadata"].get("annotations", {}).get(SELECTED_NODE)
        if found.get("volumeBindingMode") == "WaitForFirstConsumer" and not chosen:
            self._tell(claim, "WaitForFirstConsumer", FIRST_CONSUMER)
            return None
        if found["provisioner"] != PROVISIONER:
            self._tell(claim, "ExternalProvisioning", EXTERNAL.format(found["provisioner"]))
            return None
        delay = float((found.get("parameters") or {}).get("delay", 0))
        left = delay - age(claim["metadata"]["creationTimestamp"]) if delay else 0.0
        if left > 0:
            return left
        self._bind(claim, found)
        return None

    def _tell(self, claim: Obj, reason: str, message: str, *, warning: bool = False) -> None:
        known = (claim["metadata"]["uid"], reason)
        if known not in self._told:
            self._told.add(known)
            self.cluster.event(claim, reason, message, COMPONENT, warning=warning)

    def _bind(self, claim: Obj, found: Obj) -> None:
        meta, spec = claim["metadata"], claim["spec"]
        volume = _volume(claim, found)
        if self.store.find(VOLUMES, volume["metadata"]["name"]) is None:
            self.store.create(VOLUMES, volume)

        def bind(claim: Obj) -> None:
            claim["metadata"].setdefault("annotations", {}).update(
                {
                    "pv.kubernetes.io/bind-completed": "yes",
                    "pv.kubernetes.io/bound-by-controller": "yes",
                    "volume.beta.kubernetes.io/storage-provisioner": found["provisioner"],
                    "volume.kubernetes.io/storage-provisioner": found["provisioner"],
                }
            )
            claim["spec"]["volumeName"] = volume["metadata"]["name"]
            claim["status"] = {
                "phase": "Bound",
                "accessModes": spec["accessModes"],
                "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            }

        self.store.modify(CLAIMS, meta["name"], bind)


def _volume(claim: Obj, storage_class: Obj) -> Obj:
    meta, spec = claim["metadata"], claim["spec"]
    return {
        "kind": "PersistentVolume",
        "apiVersion": "v1",
        "metadata": {
            "name": f"pvc-{meta['uid']}",
            "annotations": {"pv.kubernetes.io/provisioned-by": storage_class["provisioner"]},
        },
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "claimRef": {
                "kind": "PersistentVolumeClaim",
                "apiVersion": "v1",
                "namespace": meta.get("namespace"),
                "name": meta["name"],
                "uid": meta["uid"],
            },
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
        },
        "status": {"phase": "Bound"},
    }
