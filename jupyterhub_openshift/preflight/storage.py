"""Whether the cluster can provide the users' volumes."""

from .capacity import Needs, amount
from .facts import Facts
from .finding import PASSED, UNKNOWN, WARNING, Finding

CHECK = "storage class"
DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def check_storage_class(facts: Facts, needs: Needs) -> Finding:
    """Report a storage class that does not exist, or that there is no default one."""
    show = "oc get storageclasses"
    storage_class = needs.storage_class
    if not needs.volume:
        return Finding(CHECK, PASSED, "The hub creates no volumes: JUPYTERHUB_VOLUME_SIZE is not set.")
    classes = facts.items("storage classes")
    if classes is None:
        return Finding(CHECK, UNKNOWN, "The hub may not read the cluster's storage classes.", show)
    names = sorted(each["metadata"]["name"] for each in classes)
    default = [
        each["metadata"]["name"]
        for each in classes
        if "true" in map((each["metadata"].get("annotations") or {}).get, DEFAULT)
    ]
    if storage_class and storage_class not in names:
        there = f" The cluster has {', '.join(names)}." if names else ""
        message = f"The storage class {storage_class} of the users' volumes does not exist.{there}"
        return Finding(CHECK, WARNING, message, show)
    if not storage_class and not default:
        message = "The cluster has no default storage class, and JUPYTERHUB_STORAGE_CLASS names none."
        return Finding(CHECK, WARNING, message, show)
    message = (
        f"Users' volumes of {amount('storage', needs.volume)} have the storage class "
        f"{storage_class or default[0]}."
    )
    return Finding(CHECK, PASSED, message, show)
