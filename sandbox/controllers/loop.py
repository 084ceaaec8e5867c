"""The reconcile loop that every controller runs, and the cluster that it works on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.apimachinery import events
from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import Store

if TYPE_CHECKING:
    from sandbox.apimachinery.project import Project
    from sandbox.registry.api import Api

log = logging.getLogger(__name__)

SETTLE = 0.02  # one reconcile for a burst of changes
RETRY = 1.0


@dataclass
class Cluster:
    """The store, the API with its admission, the project, and the sandbox's directory."""

    store: Store
    api: Api
    project: Project
    state: Path

    def create(self, resource: str, obj: Obj, account: str) -> Obj:
        """Create an object as the controller `account`: admission and quota apply."""
        return self.api.create(resource, obj, self.api.controller(account))

    def delete(self, resource: str, name: str, account: str) -> None:
        """Delete an object as the controller `account`; a missing one is no error."""
        try:
            self.api.delete(resource, name, self.api.controller(account))
        except StatusError as refusal:
            if refusal.code != 404:
                raise

    def record_log(self, pod: str) -> Path:
        """Return the log file of a pod whose work a controller does."""
        return self.state / "records" / f"{pod}.log"

    def event(self, obj: Obj, reason: str, message: str, component: str, *, warning: bool = False) -> None:
        """Record an event about an object, or increase the count of an equal one."""
        events.record(self.store, obj, reason, message, component, warning=warning)


class Controller:
    """Runs `reconcile` after each change of the resources that it watches."""

    watches: tuple[str, ...] = ()

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.store = cluster.store

    def reconcile(self) -> float | None:
        """Reconcile once; return the seconds after which to reconcile again without a change, or None."""
        raise NotImplementedError

    def each(self, resource: str, one: Callable[[Obj], float | None]) -> float | None:
        """Call `one` for each object; log a refused one and retry it later."""
        delays = []
        for obj in self.store.list(resource):
            try:
                delays.append(one(obj))
            except StatusError as refusal:
                log.info("%s %s: %s", type(self).__name__, obj["metadata"]["name"], refusal.message)
                delays.append(RETRY)
        return soonest(*delays)

    async def run(self) -> None:
        """Reconcile until cancelled."""
        changed, loop = asyncio.Event(), asyncio.get_running_loop()
        with self.store.watch(*self.watches) as watch:

            async def listen() -> None:
                while await watch.changed():
                    changed.set()

            listener = asyncio.create_task(listen())
            try:
                while True:
                    changed.clear()
                    again = self._reconcile_once()
                    # Not `asyncio.wait_for`: until Python 3.12 it may swallow a cancellation.
                    timer = None if again is None else loop.call_later(again, changed.set)
                    await changed.wait()
                    if timer:
                        timer.cancel()
                    await asyncio.sleep(SETTLE)
            finally:
                listener.cancel()

    def _reconcile_once(self) -> float | None:
        """Log a controller's exception and retry, so that the other controllers go on."""
        try:
            return self.reconcile()
        except StatusError as refusal:
            log.info("%s: %s", type(self).__name__, refusal.message)
        except Exception:
            log.exception("%s", type(self).__name__)
        return RETRY


def soonest(*delays: float | None) -> float | None:
    """Return the shortest delay; None means never."""
    return min((delay for delay in delays if delay is not None), default=None)
