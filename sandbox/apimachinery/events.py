"""Events about objects: a new one for each reason and message, counted when it repeats.

In the shape of `k8s.io/client-go/tools/record`.
"""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import Store, now

_names: WeakKeyDictionary[Store, dict[tuple[str, ...], str]] = WeakKeyDictionary()  # events by what they say


def record(
    store: Store,
    obj: Obj,
    reason: str,
    message: str,
    component: str,
    *,
    host: str = "",
    field_path: str = "",
    warning: bool = False,
) -> None:
    """Store a new event, or increase the count of the one that has the same reason, message and field."""
    names = _names.setdefault(store, {})
    about = (obj["metadata"]["uid"], reason, message, field_path)
    known = store.find("events", names.get(about, ""))
    if known is not None:
        known["count"] += 1
        known["lastTimestamp"] = now()
        store.update("events", known)
        return
    seen = {"firstTimestamp": now(), "lastTimestamp": now(), "count": 1, "eventTime": None}
    event = {
        **new(obj, reason, message, field_path),
        **seen,
        "type": "Warning" if warning else "Normal",
        "source": {"component": component, **({"host": host} if host else {})},
        "reportingComponent": component,
        "reportingInstance": host,
    }
    names[about] = store.create("events", event)["metadata"]["name"]


def new(obj: Obj, reason: str, message: str, field_path: str = "") -> Obj:
    """Return an event without times, type and reporter."""
    meta = obj["metadata"]
    involved = {"kind": obj["kind"], "apiVersion": obj["apiVersion"]}
    involved |= {key: meta[key] for key in ("namespace", "name", "uid", "resourceVersion")}
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {"name": f"{meta['name']}.{time.time_ns():x}", "namespace": meta["namespace"]},
        "involvedObject": {**involved, **({"fieldPath": field_path} if field_path else {})},
        "reason": reason,
        "message": message,
    }
