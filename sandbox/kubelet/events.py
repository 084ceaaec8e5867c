"""The kubelet's and the scheduler's events, in the shape of the recordings."""

from __future__ import annotations

from datetime import datetime, timezone

from sandbox.apimachinery import events
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import Store


class Events:
    """Writes events about pods; one that repeats is counted."""

    def __init__(self, store: Store, node: str) -> None:
        self.store = store
        self.node = node

    def scheduled(self, pod: Obj) -> None:
        """The scheduler has found a node."""
        meta = pod["metadata"]
        where = f"{meta['namespace']}/{meta['name']} to {self.node}"
        event = {
            **events.new(pod, "Scheduled", f"Successfully assigned {where}"),
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
        host = self.node if component == "kubelet" else ""
        events.record(
            self.store, pod, reason, message, component, host=host, field_path=field_path, warning=warning
        )
