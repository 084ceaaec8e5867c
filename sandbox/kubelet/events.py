"""The kubelet's and the scheduler's events, in the shape of the recordings."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import Store, now


class Events:
    """Writes events about pods; one that repeats is counted."""

    def __init__(self, store: Store, node: str) -> None:
        self.store = store
        self.node = node

    def scheduled(self, pod: Obj) -> None:
        """The scheduler has found a node."""
        meta = pod["metadata"]
        event = self._event(pod, "Scheduled", "")
        event |= {
            "message": f"Successfully assigned {meta['namespace']}/{meta['name']} to {self.node}",
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "type": "Normal",
            "eventTime": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "action": "Binding",
            "reportingComponent": "default-scheduler",
            "reportingInstance": f"default-scheduler-{self.node}",
        }
        self.store.create("events", event)

    def failed_scheduling(self, pod: Obj, message: str) -> None:
        """It has not."""
        self._count(pod, "FailedScheduling", message, "default-scheduler", "", warning=True)

    def normal(self, pod: Obj, reason: str, message: str, field_path: str = "") -> None:
        """As it should be."""
        self._count(pod, reason, message, "kubelet", field_path, warning=False)

    def warning(self, pod: Obj, reason: str, message: str, field_path: str = "") -> None:
        """As it should not be."""
        self._count(pod, reason, message, "kubelet", field_path, warning=True)

    def _count(
        self, pod: Obj, reason: str, message: str, component: str, field_path: str, *, warning: bool
    ) -> None:
        about = f"involvedObject.uid={pod['metadata']['uid']},reason={reason}"
        for known in self.store.list("events", field_selector=about):
            same_field = known["involvedObject"].get("fieldPath", "") == field_path
            if known["message"] == message and same_field:
                known["count"] = known.get("count", 1) + 1
                known["lastTimestamp"] = now()
                self.store.update("events", known)
                return
        event = self._event(pod, reason, field_path)
        source = (
            {"component": component, "host": self.node}
            if component == "kubelet"
            else {"component": component}
        )
        event |= {
            "message": message,
            "source": source,
            "firstTimestamp": now(),
            "lastTimestamp": now(),
            "count": 1,
            "type": "Warning" if warning else "Normal",
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": self.node if component == "kubelet" else "",
        }
        self.store.create("events", event)

    def _event(self, pod: Obj, reason: str, field_path: str) -> Obj:
        meta = pod["metadata"]
        involved = {
            "kind": "Pod",
            "namespace": meta["namespace"],
            "name": meta["name"],
            "uid": meta["uid"],
            "apiVersion": "v1",
            "resourceVersion": meta["resourceVersion"],
        }
        if field_path:
            involved["fieldPath"] = field_path
        return {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {"name": f"{meta['name']}.{time.time_ns():x}", "namespace": meta["namespace"]},
            "involvedObject": involved,
            "reason": reason,
        }
