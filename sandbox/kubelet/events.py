"""The kubelet's events, in the shape of the recordings."""

from __future__ import annotations

from sandbox.apimachinery import events
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import Store


class Events:
    """Records events about pods; a repeated one is counted."""

    def __init__(self, store: Store, node: str) -> None:
        self.store = store
        self.node = node

    def normal(self, pod: Obj, reason: str, message: str, field_path: str = "") -> None:
        """Record an event of the type Normal."""
        self._record(pod, reason, message, field_path, warning=False)

    def warning(self, pod: Obj, reason: str, message: str, field_path: str = "") -> None:
        """Record an event of the type Warning."""
        self._record(pod, reason, message, field_path, warning=True)

    def _record(self, pod: Obj, reason: str, message: str, field_path: str, *, warning: bool) -> None:
        events.record(
            self.store,
            pod,
            reason,
            message,
            "kubelet",
            host=self.node,
            field_path=field_path,
            warning=warning,
        )
