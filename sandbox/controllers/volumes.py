"""PersistentVolumeClaims: bound at once by the default storage class, protected while a pod uses them."""

from __future__ import annotations

from typing import Any

from sandbox.apimachinery.json_types import Obj
from sandbox.controllers.loop import Controller
from sandbox.controllers.objects import is_going

CLAIMS = "persistentvolumeclaims"
VOLUMES = "persistentvolumes"
CLASSES = "storageclasses.storage.k8s.io"
PROTECTION = "kubernetes.io/pvc-protection"
COMPONENT = "persistentvolume-controller"


class Volumes(Controller):
    """`persistentvolumeclaims`, and the `persistentvolumes` made for them."""

    watches = (CLAIMS, "pods", CLASSES)

    def __init__(self, *args: Any) -> None:  # noqa: ANN401
        super().__init__(*args)
        self._told: set[str] = set()

    def reconcile(self) -> float | None:
        """Bind what waits, let go what is deleted and unused, drop volumes without a claim."""
        delay = self.each(CLAIMS, self._one)
        claims = {claim["metadata"]["uid"] for claim in self.store.look(CLAIMS)}
        for volume in self.store.list(VOLUMES):
            if volume["spec"]["claimRef"]["uid"] not in claims:
                self.store.remove(VOLUMES, volume["metadata"]["name"])
        return delay

    def _one(self, claim: Obj) -> None:
        if is_going(claim):
            self._let_go(claim)
        elif claim.get("status", {}).get("phase") != "Bound":
            self._bind(claim)

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

    def _bind(self, claim: Obj) -> None:
        meta, spec = claim["metadata"], claim["spec"]
        wanted = spec.get("storageClassName")
        if not wanted:
            return
        found = self.store.find(CLASSES, wanted)
        if found is None:
            if meta["uid"] not in self._told:
                self._told.add(meta["uid"])
                text = f'storageclass.storage.k8s.io "{wanted}" not found'
                self.cluster.event(claim, "ProvisioningFailed", text, COMPONENT, warning=True)
            return
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
