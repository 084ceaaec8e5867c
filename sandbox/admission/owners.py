"""Owner references: only who may delete an object may change its owners, as their deletion deletes it.

OwnerReferencesPermissionEnforcement, which OpenShift switches on: `plugin/pkg/admission/gc` of Kubernetes.
"""

from __future__ import annotations

from sandbox.apimachinery import resources
from sandbox.apimachinery.errors import StatusError, forbidden
from sandbox.apimachinery.json_types import Obj
from sandbox.authorization.rbac import Ask, Rbac
from sandbox.authorization.users import User


def check_change(resource: str, new: Obj, old: Obj, user: User, rbac: Rbac) -> None:
    """Raise StatusError 403 when the owners change and the user may not delete the object."""
    meta = new["metadata"]
    owners, before = (each["metadata"].get("ownerReferences") or [] for each in (new, old))
    if owners == before:
        return
    known, name, namespace = resources.of(resource), meta["name"], meta.get("namespace", "")
    delete = Ask("delete", known.group, known.name, name, namespace)
    if not rbac.decide(user, delete).allowed:
        raise _refused(resource, name, "cannot set an ownerRef on a resource you can't delete")
    blocking = {owner["uid"] for owner in before if owner.get("blockOwnerDeletion")}
    for owner in owners:
        kept = resources.of_kind(owner["apiVersion"], owner["kind"])
        if not owner.get("blockOwnerDeletion") or owner["uid"] in blocking or kept is None:
            continue
        finalizers = Ask("update", kept.group, f"{kept.name}/finalizers", owner["name"], namespace)
        if not rbac.decide(user, finalizers).allowed:
            why = "an ownerReference refers to a resource you can't set finalizers on"
            raise _refused(resource, name, f"cannot set blockOwnerDeletion if {why}")


def _refused(resource: str, name: str, why: str) -> StatusError:
    return forbidden(resource, name, f"{why}: , <nil>")
