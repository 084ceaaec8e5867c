"""The garbage collector: deletes objects whose owners are all gone."""

from __future__ import annotations

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import (
    BUILD_CONFIGS,
    BUILDS,
    DEPLOYMENT_CONFIGS,
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    IMAGE_STREAMS,
    REPLICA_SETS,
    ROLE_BINDINGS,
    ROLES,
    ROUTES,
)
from sandbox.controllers.loop import Controller
from sandbox.controllers.objects import is_going

COMPONENT = "generic-garbage-collector"
FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class Garbage(Controller):
    """Watches every resource that can own or be owned."""

    watches = (
        "pods",
        "services",
        "endpoints",
        "endpointslices.discovery.k8s.io",
        "secrets",
        "configmaps",
        "serviceaccounts",
        "persistentvolumeclaims",
        "replicationcontrollers",
        REPLICA_SETS,
        DEPLOYMENTS,
        DEPLOYMENT_CONFIGS,
        BUILD_CONFIGS,
        BUILDS,
        IMAGE_STREAMS,
        ROUTES,
        "templates.template.openshift.io",
        "networkpolicies.networking.k8s.io",
        DISRUPTION_BUDGETS,
        ROLES,
        ROLE_BINDINGS,
    )

    def reconcile(self) -> float | None:
        """Delete objects without a living owner, and release owners that wait for their dependents."""
        there = [(resource, obj) for resource in self.watches for obj in self.store.look(resource)]
        uids = {obj["metadata"]["uid"] for _, obj in there}
        dying = {obj["metadata"]["uid"] for _, obj in there if _waits(obj, FOREGROUND)}
        for resource, obj in there:
            owners = obj["metadata"].get("ownerReferences") or []
            alive = any(owner["uid"] in uids - dying for owner in owners)
            if owners and not alive and not is_going(obj):
                self.cluster.delete(resource, obj["metadata"]["name"], COMPONENT)
        for resource, obj in there:
            dependents = [pair for pair in there if _is_owned_by(pair[1], obj)]
            if _waits(obj, FOREGROUND) and not dependents:
                self._let_go(resource, obj, FOREGROUND)
            elif _waits(obj, ORPHAN):
                for kind, dependent in dependents:
                    self._disown(kind, dependent, obj)
                self._let_go(resource, obj, ORPHAN)
        return None

    def _disown(self, resource: str, dependent: Obj, owner: Obj) -> None:
        def change(obj: Obj) -> None:
            kept = [r for r in obj["metadata"]["ownerReferences"] if r["uid"] != owner["metadata"]["uid"]]
            obj["metadata"]["ownerReferences"] = kept
            if not kept:
                del obj["metadata"]["ownerReferences"]

        self.store.modify(resource, dependent["metadata"]["name"], change)

    def _let_go(self, resource: str, obj: Obj, finalizer: str) -> None:
        name = obj["metadata"]["name"]
        others = [each for each in obj["metadata"]["finalizers"] if each != finalizer]
        if others:
            self.store.modify(resource, name, lambda o: o["metadata"].update(finalizers=others))
        else:
            self.store.remove(resource, name)


def _waits(obj: Obj, finalizer: str) -> bool:
    return is_going(obj) and finalizer in (obj["metadata"].get("finalizers") or [])


def _is_owned_by(obj: Obj, owner: Obj) -> bool:
    references = obj["metadata"].get("ownerReferences") or []
    return any(reference["uid"] == owner["metadata"]["uid"] for reference in references)
