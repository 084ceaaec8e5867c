"""Validation of ResourceQuotas and LimitRanges.

Messages: `k8s.io/kubernetes/pkg/apis/core/validation/validation.go`.
"""

from __future__ import annotations

import re

from sandbox.apimachinery.errors import Cause
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import duplicate, forbidden, invalid
from sandbox.apimachinery.quantity import Quantity
from sandbox.validation.pods import NOT_NEGATIVE

COUNTED = re.compile(
    "pods|services|secrets|configmaps|replicationcontrollers|resourcequotas|persistentvolumeclaims"
    "|services[.].+|count/.+"
)
MEASURED = re.compile(
    "((requests|limits)[.])?(cpu|memory|ephemeral-storage)|requests[.].+|storage|hugepages-.+"
)
# Two fields in the order that their values must have; which of them is named, and whose value is shown.
ORDER = (
    ("min", "max", "min", "min"),
    ("min", "defaultRequest", "defaultRequest", "defaultRequest"),
    ("defaultRequest", "max", "defaultRequest", "defaultRequest"),
    ("min", "default", "default", "min"),
    ("default", "max", "default", "max"),
)
CALLED = {"min": "min", "max": "max", "defaultRequest": "default request", "default": "default"}


def quota(obj: Obj) -> list[Cause]:
    """Validate a ResourceQuota."""
    problems: list[Cause] = []
    for name, text in (obj["spec"].get("hard") or {}).items():
        field, value = f"spec.hard[{name}]", Quantity.parse(text).value
        if "/" not in name and not COUNTED.fullmatch(name) and not MEASURED.fullmatch(name):
            problems.append(invalid(field, name, "must be a standard resource type or fully qualified"))
            problems.append(invalid(field, name, "must be a standard resource for quota"))
        if value < 0:
            problems.append(invalid(field, text, NOT_NEGATIVE))
        elif COUNTED.fullmatch(name) and value != int(value):
            problems.append(invalid(field, text, "must be an integer"))
    return problems


def limit_range(obj: Obj) -> list[Cause]:
    """Validate a LimitRange."""
    problems: list[Cause] = []
    seen: set[str] = set()
    for index, limit in enumerate(obj["spec"].get("limits") or []):
        path, kind = f"spec.limits[{index}]", limit.get("type", "")
        if kind not in ("Pod", "Container", "PersistentVolumeClaim") and "/" not in kind:
            problems.append(invalid(f"{path}.type", kind, "must be a standard limit type or fully qualified"))
        if kind in seen:
            problems.append(duplicate(f"{path}.type", kind))
        seen.add(kind)
        if kind == "Pod":
            why = "may not be specified when `type` is 'Pod'"
            given = [field for field in ("default", "defaultRequest") if limit.get(field)]
            problems += [forbidden(f"{path}.{field}", why) for field in given]
        else:
            problems += _out_of_order(limit, path)
    return problems


def _out_of_order(limit: Obj, path: str) -> list[Cause]:
    problems: list[Cause] = []
    for name in sorted({name for field in CALLED for name in limit.get(field) or {}}):
        there = {field: limit[field][name] for field in CALLED if name in (limit.get(field) or {})}
        values = {field: Quantity.parse(text).value for field, text in there.items()}
        for low, high, field, shown in ORDER:
            if low in there and high in there and values[low] > values[high]:
                less = f"{CALLED[low]} value {there[low]}"
                why = f"{less} is greater than {CALLED[high]} value {there[high]}"
                problems.append(invalid(f"{path}.{field}[{name}]", there[shown], why))
    return problems
