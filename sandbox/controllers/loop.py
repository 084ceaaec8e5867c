"""The loop that every controller runs, and what it is given to work with."""

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

SETTLE = 0.02  # a burst of changes (a list of pods created) is looked at once
RETRY = 1.0


@dataclass
class Cluster:
    """The store, the API with its admission, the project, and the sandbox's directory."""

    store: Store
    api: Api
    project: Project
    state: Path

    def create(self, resource: str, obj: Obj, account: str) -> Obj:
        """Create as a controller does: through admission, which also counts quota."""
        return self.api.create(resource, obj, self.api.controller(account))

    def delete(self, resource: str, name: str, account: str) -> None:
        """Delete as a controller does: pods get their grace; an object that is gone is fine."""
        try:
            self.api.delete(resource, name, self.api.controller(account))
        except StatusError as refusal:
            if refusal.code != 404:
                raise

    def record_log(self, pod: str) -> Path:
        """The log of a pod whose work a controller does itself."""
        return self.state / "records" / f"{pod}.log"

    def event(self, obj: Obj, reason: str, message: str, component: str, *, warning: bool = False) -> None:
        """Record an event about an object, or count one that says the same."""
        events.record(self.store, obj, reason, message, component, warning=warning)


class Controller:
    """Looks at everything of its kind after each change; `reconcile` says what to do then."""

    watches: tuple[str, ...] = ()

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.store = cluster.store

    def reconcile(self) -> float | None:
        """Do what is to be done; the seconds after which to look again though nothing changed."""
        raise NotImplementedError

    def each(self, resource: str, one: Callable[[Obj], float | None]) -> float | None:
        """`one` for each object; a refusal concerns only its own object, and is tried again."""
        delays = []
        for obj in self.store.list(resource):
            try:
                delays.append(one(obj))
            except StatusError as refusal:
                log.info("%s %s: %s", type(self).__name__, obj["metadata"]["name"], refusal.message)
                delays.append(RETRY)
        return soonest(*delays)

    async def run(self) -> None:
        """Until cancelled."""
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
        """One controller's fault must not end the others: it is logged, and tried again."""
        try:
            return self.reconcile()
        except StatusError as refusal:
            log.info("%s: %s", type(self).__name__, refusal.message)
        except Exception:
            log.exception("%s", type(self).__name__)
        return RETRY


def soonest(*delays: float | None) -> float | None:
    """The shortest of some delays; None is never."""
    return min((delay for delay in delays if delay is not None), default=None)
