"""Conditions that the scheduler and taint eviction set on pods."""

from __future__ import annotations

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import now


def set_condition(pod: Obj, condition: Obj) -> None:
    """Add a condition to a pod's status, or replace the one of its type."""
    conditions = pod["status"].setdefault("conditions", [])
    before = next((one for one in conditions if one["type"] == condition["type"]), None)
    same = before is not None and before["status"] == condition["status"]
    changed = before["lastTransitionTime"] if before and same else now()
    new = {**condition, "lastProbeTime": None, "lastTransitionTime": changed}
    if before is None:
        conditions.append(new)
    else:
        conditions[conditions.index(before)] = new
