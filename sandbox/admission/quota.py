"""ResourceQuotas: refuses objects that exceed one, and updates their status.

Messages: `k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go` and the pod evaluator beside it.
"""

from __future__ import annotations

from fractions import Fraction

from sandbox.admission.usage import Usage, is_best_effort, usage
from sandbox.apimachinery.errors import forbidden
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.quantity import Quantity
from sandbox.apimachinery.resource_keys import IMAGE_STREAMS
from sandbox.apimachinery.store import Store

QUOTAS = "resourcequotas"
ZERO = Quantity(Fraction(0))
MUST_ASK = ("cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory")


def check(resource: str, obj: Obj, store: Store) -> None:
    """Raise StatusError 403 when a new object exceeds a quota."""
    name = obj["metadata"].get("name", "")
    asked = usage(resource, obj)
    for quota in store.look(QUOTAS):
        if not _counts(quota, resource, obj):
            continue
        hard = {key: Quantity.parse(text) for key, text in (quota["spec"].get("hard") or {}).items()}
        missing = _missing(hard, obj) if resource == "pods" else ""
        if missing:
            raise forbidden(
                resource, name, f"failed quota: {quota['metadata']['name']}: must specify {missing}"
            )
        used = _used(quota, store)
        requested = {key: quantity for key, quantity in asked.items() if key in hard and quantity.value}
        over = [key for key in requested if used[key].plus(requested[key]).value > hard[key].value]
        if over:
            parts = [
                f"{word}: {_listed(of, over)}" for word, of in (("requested", requested), ("used", used))
            ]
            parts.append(f"limited: {_listed(hard, over)}")
            why = f"exceeded quota: {quota['metadata']['name']}, {', '.join(parts)}"
            raise forbidden(resource, name, why)


def refresh(store: Store) -> None:
    """Update the status of every quota."""
    for quota in store.list(QUOTAS):
        hard = quota["spec"].get("hard") or {}
        used = {key: str(quantity) for key, quantity in sorted(_used(quota, store).items())}
        quota["status"] = {"hard": dict(hard), "used": used} if hard else {}
        store.update(QUOTAS, quota)


def _used(quota: Obj, store: Store) -> Usage:
    total = dict.fromkeys(quota["spec"].get("hard") or {}, ZERO)
    for resource in sorted({_resource(key) for key in total} - {""}):
        for obj in store.look(resource):
            if _counts(quota, resource, obj):
                for key, quantity in usage(resource, obj).items():
                    if key in total:
                        total[key] = total[key].plus(quantity)
    return total


def _resource(key: str) -> str:
    """Return the resource that a name in a quota counts; empty for one that the sandbox lacks."""
    if key.startswith("count/"):
        return key.removeprefix("count/")
    if key.startswith("services."):
        return "services"
    if key.endswith("requests.storage") or key.endswith("persistentvolumeclaims"):
        return "persistentvolumeclaims"
    if key == "openshift.io/imagestreams":
        return IMAGE_STREAMS
    computes = key.removeprefix("requests.").removeprefix("limits.") in ("cpu", "memory", "ephemeral-storage")
    return "pods" if computes else key


def _counts(quota: Obj, resource: str, obj: Obj) -> bool:
    """Tell whether a quota's scopes match an object."""
    scopes = quota["spec"].get("scopes") or []
    if resource != "pods":
        return not scopes
    terminating = obj["spec"].get("activeDeadlineSeconds") is not None
    tests = {
        "Terminating": terminating,
        "NotTerminating": not terminating,
        "BestEffort": is_best_effort(obj),
        "NotBestEffort": not is_best_effort(obj),
    }
    return all(tests.get(scope, False) for scope in scopes)


def _missing(hard: Usage, pod: Obj) -> str:
    """Return which containers lack the requests or limits that a quota on cpu or memory requires."""
    texts = []
    for key in MUST_ASK:
        if key not in hard:
            continue
        kind, _, name = key.rpartition(".")
        silent = [
            container["name"]
            for container in (pod["spec"].get("containers") or []) + (pod["spec"].get("initContainers") or [])
            if name not in ((container.get("resources") or {}).get(kind or "requests") or {})
        ]
        if silent:
            texts.append(f"{key} for: {','.join(sorted(silent))}")
    return "; ".join(texts)


def _listed(quantities: Usage, keys: list[str]) -> str:
    return ",".join(f"{key}={quantities[key]}" for key in sorted(keys))
