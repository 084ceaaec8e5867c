"""LimitRanges: default requests and limits of containers, and bounds for pods and claims.

Messages: `plugin/pkg/admission/limitranger/admission.go`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sandbox.admission.usage import pod_resources
from sandbox.apimachinery.errors import forbidden
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.quantity import Quantity
from sandbox.apimachinery.store import Store

ANNOTATION = "kubernetes.io/limit-ranger"


def fill_in(pod: Obj, store: Store) -> None:
    """Give each container the default limits and requests that it lacks."""
    spec = pod["spec"]
    for item in _items(store, "Container"):
        notes = [
            *_fill_in_all(spec.get("containers") or [], "container", item),
            *_fill_in_all(spec.get("initContainers") or [], "init container", item),
        ]
        if notes:
            text = f"LimitRanger plugin set: {'; '.join(notes)}"
            pod["metadata"].setdefault("annotations", {})[ANNOTATION] = text


def check(resource: str, obj: Obj, store: Store) -> None:
    """Raise StatusError 403 when a pod or a claim is out of bounds."""
    problems: list[str] = []
    if resource == "pods":
        for item in _items(store, "Container"):
            for container in (obj["spec"].get("containers") or []) + (
                obj["spec"].get("initContainers") or []
            ):
                problems += _problems(item, container.get("resources") or {})
        for item in _items(store, "Pod"):
            problems += _problems(item, pod_resources(obj))
    if resource == "persistentvolumeclaims":
        for item in _items(store, "PersistentVolumeClaim"):
            problems += _claim_problems(item, obj["spec"]["resources"].get("requests") or {})
    if problems:
        unique = list(dict.fromkeys(problems))
        why = unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]"
        raise forbidden(resource, obj["metadata"].get("name", ""), why)


def _items(store: Store, kind: str) -> Iterator[Obj]:
    for limit_range in store.look("limitranges"):
        for item in limit_range["spec"].get("limits") or []:
            if item.get("type") == kind:
                yield item


def _fill_in_all(containers: list[Obj], kind: str, item: Obj) -> Iterator[str]:
    for container in containers:
        resources = container.setdefault("resources", {})
        for key, defaults, word in (
            ("requests", "defaultRequest", "request"),
            ("limits", "default", "limit"),
        ):
            there = resources.get(key) or {}
            missing = sorted(set(item.get(defaults) or {}) - set(there))
            if missing:
                resources[key] = there | {name: item[defaults][name] for name in missing}
                yield f"{', '.join(missing)} {word} for {kind} {container['name']}"


def _problems(item: Obj, resources: Obj) -> Iterator[str]:
    kind = item["type"]
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for name, bound in (item.get("min") or {}).items():
        head = f"minimum {name} usage per {kind} is {bound}"
        if name not in requests:
            yield f"{head}.  No request is specified"
        elif _value(requests[name]) < _value(bound):
            yield f"{head}, but request is {requests[name]}"
        elif name in limits and _value(limits[name]) < _value(bound):
            yield f"{head}, but limit is {limits[name]}"
    for name, bound in (item.get("max") or {}).items():
        head = f"maximum {name} usage per {kind} is {bound}"
        if name not in limits:
            yield f"{head}.  No limit is specified"
        elif _value(limits[name]) > _value(bound):
            yield f"{head}, but limit is {limits[name]}"
        elif name in requests and _value(requests[name]) > _value(bound):
            yield f"{head}, but request is {requests[name]}"
    for name, bound in (item.get("maxLimitRequestRatio") or {}).items():
        head = f"{name} max limit to request ratio per {kind} is {bound}"
        request, limit = _value(requests.get(name, "0")), _value(limits.get(name, "0"))
        if not request:
            yield f"{head}, but no request is specified or request is 0"
        elif not limit:
            yield f"{head}, but no limit is specified or limit is 0"
        elif limit / request > _value(bound):
            yield f"{head}, but provided ratio is {float(limit / request):f}"


def _claim_problems(item: Obj, requests: Obj) -> Iterator[str]:
    yield from _problems({**item, "max": None, "maxLimitRequestRatio": None}, {"requests": requests})
    for name, bound in (item.get("max") or {}).items():
        head = f"maximum {name} usage per {item['type']} is {bound}"
        if name not in requests:
            yield f"{head}.  No request is specified"
        elif _value(requests[name]) > _value(bound):
            yield f"{head}, but request is {requests[name]}"


def _value(quantity: str) -> Fraction:
    return Quantity.parse(quantity).value
