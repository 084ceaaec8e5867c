"""The resources of a quota that an object uses.

Sources: `k8s.io/kubernetes/pkg/quota/v1/evaluator/core`, `k8s.io/component-helpers/resource/helpers.go`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.quantity import Quantity
from sandbox.apimachinery.resource_keys import IMAGE_STREAMS

Usage = dict[str, Quantity]

ONE = Quantity(Fraction(1))
COUNTED = (
    "services",
    "secrets",
    "configmaps",
    "resourcequotas",
    "replicationcontrollers",
    "persistentvolumeclaims",
)


def usage(resource: str, obj: Obj) -> Usage:
    """Return the usage of an object, by the names that a quota may limit."""
    used = {f"count/{resource}": ONE}
    if resource in COUNTED:
        used[resource] = ONE
    if resource == IMAGE_STREAMS:
        used["openshift.io/imagestreams"] = ONE
    if resource in MEASURED:
        used |= MEASURED[resource](obj)
    return used


def pod_resources(pod: Obj) -> Obj:
    """Return requests and limits of a pod: the sum of its containers, or its largest init container."""
    spec = pod["spec"]
    return {
        key: {name: str(quantity) for name, quantity in _pod_total(spec, key).items()}
        for key in ("requests", "limits")
    }


def is_best_effort(pod: Obj) -> bool:
    """Tell whether no container has requests or limits."""
    return quality_of_service(pod) == "BestEffort"


def quality_of_service(pod: Obj) -> str:
    """Return the pod's `status.qosClass`, from cpu and memory."""
    spec = pod["spec"]
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    asked, guaranteed = False, True
    for container in containers:
        resources = container.get("resources") or {}
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        for name in ("cpu", "memory"):
            asked = asked or name in requests or name in limits
            guaranteed = guaranteed and name in limits and requests.get(name, limits[name]) == limits[name]
    if not asked:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"


def _pod(pod: Obj) -> Usage:
    """Return the usage of a pod; one that has ended uses nothing."""
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return {}
    used = {"pods": ONE}
    for name, quantity in _pod_total(pod["spec"], "requests").items():
        used[name] = used[f"requests.{name}"] = quantity
    for name, quantity in _pod_total(pod["spec"], "limits").items():
        used[f"limits.{name}"] = quantity
    return used


def _pod_total(spec: Obj, key: str) -> Usage:
    total: Usage = {}
    for container in spec.get("containers") or []:
        for name, text in ((container.get("resources") or {}).get(key) or {}).items():
            total[name] = total.get(name, Quantity(Fraction(0))).plus(Quantity.parse(text))
    for container in spec.get("initContainers") or []:
        for name, text in ((container.get("resources") or {}).get(key) or {}).items():
            quantity = Quantity.parse(text)
            if name not in total or quantity.value > total[name].value:
                total[name] = quantity
    return total


def _claim(claim: Obj) -> Usage:
    used: Usage = {}
    requests = claim["spec"]["resources"].get("requests") or {}
    if "storage" in requests:
        used["requests.storage"] = Quantity.parse(requests["storage"])
    storage_class = claim["spec"].get("storageClassName")
    if storage_class:
        prefix = f"{storage_class}.storageclass.storage.k8s.io"
        used[f"{prefix}/persistentvolumeclaims"] = ONE
        if "requests.storage" in used:
            used[f"{prefix}/requests.storage"] = used["requests.storage"]
    return used


def _service(service: Obj) -> Usage:
    kinds = {"NodePort": "services.nodeports", "LoadBalancer": "services.loadbalancers"}
    kind = kinds.get(service["spec"].get("type", ""))
    return {kind: ONE} if kind else {}


MEASURED: dict[str, Callable[[Obj], Usage]] = {
    "pods": _pod,
    "persistentvolumeclaims": _claim,
    "services": _service,
}
