"""Helpers for objects that controllers share: owner references, conditions, readiness, times."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timezone

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import NAME_LETTERS, now


def owner_reference(owner: Obj, api_version: str, kind: str) -> Obj:
    """Build the owner reference that a controller sets on its objects."""
    meta = owner["metadata"]
    reference = {"apiVersion": api_version, "kind": kind, "name": meta["name"], "uid": meta["uid"]}
    return {**reference, "controller": True, "blockOwnerDeletion": True}


def is_controlled_by(obj: Obj, owner: Obj) -> bool:
    """Return True when `owner` is the controller of `obj`."""
    references = obj["metadata"].get("ownerReferences") or []
    return any(r.get("controller") and r["uid"] == owner["metadata"]["uid"] for r in references)


def is_going(obj: Obj) -> bool:
    """Return True when the object is marked for deletion."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def is_active(pod: Obj) -> bool:
    """Return True for a pod that is neither finished nor marked for deletion."""
    return not is_going(pod) and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")


def is_ready(pod: Obj) -> bool:
    """Return True when the pod's condition Ready is True."""
    found = condition(pod, "Ready")
    return bool(found and found["status"] == "True")


def available_in(pod: Obj, min_ready_seconds: int) -> float | None:
    """Return the seconds until the pod is available: 0 when it is, None while it is not ready."""
    found = condition(pod, "Ready")
    if is_going(pod) or not found or found["status"] != "True":
        return None
    return max(0.0, min_ready_seconds - age(found["lastTransitionTime"])) if min_ready_seconds else 0.0


def condition(obj: Obj, kind: str) -> Obj | None:
    """Find a condition of a status by type."""
    found = (c for c in obj.get("status", {}).get("conditions") or [] if c["type"] == kind)
    return next(found, None)


def set_condition(
    status: Obj, kind: str, value: str, reason: str, message: str, *, touch: bool = False
) -> None:
    """Set a condition of a Deployment or DeploymentConfig; its times change only with its content.

    `touch` renews `lastUpdateTime`: progress was made, though the condition reads the same.
    """
    conditions = status.setdefault("conditions", [])
    old = next((c for c in conditions if c["type"] == kind), None)
    new = {"type": kind, "status": value, "lastUpdateTime": now(), "lastTransitionTime": now()}
    new |= {key: text for key, text in (("reason", reason), ("message", message)) if text}
    if old is None:
        conditions.append(new)
        return
    if old["status"] == value:
        new["lastTransitionTime"] = old["lastTransitionTime"]
        if not touch and (old.get("reason", ""), old.get("message", "")) == (reason, message):
            return
    conditions[conditions.index(old)] = new


def drop_condition(status: Obj, kind: str) -> None:
    """Remove a condition."""
    status["conditions"] = [c for c in status.get("conditions") or [] if c["type"] != kind]


def age(timestamp: str) -> float:
    """Return the seconds since a Kubernetes timestamp."""
    then = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return (datetime.now(timezone.utc) - then).total_seconds()


def fraction(value: int | str, whole: int, *, up: bool) -> int:
    """Resolve `maxSurge` or `maxUnavailable`: a number, or a percentage of the replicas."""
    if isinstance(value, int):
        return value
    scaled = int(value.rstrip("%")) * whole
    return -(-scaled // 100) if up else scaled // 100


def template_hash(template: Obj) -> str:
    """Compute the `pod-template-hash` of a pod template: ten characters."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(NAME_LETTERS[byte % len(NAME_LETTERS)] for byte in digest[:10])
