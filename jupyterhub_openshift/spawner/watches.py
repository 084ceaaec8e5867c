"""The cluster's pods and events as the hub knows them, from lists and watches.

KubeSpawner's reflectors list everything anew every 10 seconds, which was 35 to 40 % of an idle hub's CPU with
300 servers, and give up after a minute without the API. These

- go on where a watch has ended, with a new list only every `LIST_INTERVAL` seconds and after an error,
- try again until the API is back,
- tell a pod's spawner when its pod changes (`PodWatch.listen`), so that frequent polls are not needed,
- index events by pod (`EventWatch.of`), where KubeSpawner sorts all events for each start.

A list that lacks a pod would make the hub stop its server, so an absent pod is looked up by name, see
`pod_exists`.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

from kubernetes_asyncio.client import ApiException, CoreV1Api
from kubernetes_asyncio.watch import Watch
from kubespawner.reflector import ResourceReflector
from kubespawner.spawner import EventReflector, PodReflector

Resource = dict[str, Any]

LIST_INTERVAL = (
    300  # seconds between two full lists: KubeSpawner does not trust watches to report every change
)
WATCH_SECONDS = 30  # after which the API ends a watch
SILENCE = 40  # seconds without the end of a watch: the connection is dead
PAUSES = (0.2, 0.4, 1, 2, 4, 8, 15, 30)  # seconds before the next watch: the first, or after so many errors
GONE = 410  # the API no longer knows the changes since the version at which the watch should go on


class _Lasting(ResourceReflector):  # type: ignore[misc]
    _version = ""  # of the resources; the watch goes on from here
    _listed = 0.0  # when

    async def _list_and_update(self, resource_version: str | None = None) -> str:
        """List as upstream; then tell the listeners."""
        self._version = await super()._list_and_update(resource_version)
        self._listed = time.monotonic()
        self.list_changed()
        return self._version

    async def _watch_and_update(self) -> None:
        """Follow the changes, whatever the API answers, until the reflector is stopped."""
        with suppress(asyncio.CancelledError):  # from `stop`, or at the end of the hub
            errors = 0
            while True:
                errors = errors + 1 if await self._follow_failed() else 0
                await asyncio.sleep(PAUSES[min(errors, len(PAUSES) - 1)])

    async def _follow_failed(self) -> bool:
        """Follow the changes until the API ends the watch; True after an error that calls for patience."""
        try:
            if not self._version or time.monotonic() > self._listed + LIST_INTERVAL:
                await self._list_and_update("0")  # from the memory of the API
            await self._follow()
        except Exception as error:
            watching, self._version = bool(self._version), ""
            if watching and isinstance(error, ApiException) and error.status == GONE:
                return False  # the next list is a new beginning
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            self.log.warning("Cannot watch %s, trying again: %s", self.kind, reason)
            return True
        return False

    async def _follow(self) -> None:
        """Apply changes until the API ends the watch."""
        # Without `_preload_content` the client makes no models: https://github.com/jupyterhub/kubespawner/pull/424
        method = partial(getattr(self.api, self.list_method_name), _preload_content=False)
        options = {} if self.omit_namespace else {"namespace": self.namespace}
        watch = Watch()
        stream = watch.stream(
            method,
            label_selector=self.label_selector,
            field_selector=self.field_selector,
            resource_version=self._version,
            allow_watch_bookmarks=True,  # a version to go on from, also while nothing changes
            timeout_seconds=WATCH_SECONDS,
            _request_timeout=SILENCE,
            **options,
        )
        try:
            async for change in stream:
                self._version = change["raw_object"]["metadata"]["resourceVersion"]
                if change["type"] != "BOOKMARK":
                    self._apply(change["type"], change["raw_object"])
        finally:
            watch.stop()
            await watch.close()

    def _apply(self, type_: str, resource: Resource) -> None:
        key = f"{resource['metadata']['namespace']}/{resource['metadata']['name']}"
        if type_ == "DELETED":
            self.resources.pop(key, None)
        else:
            self.resources[key] = resource
        self.changed(key, type_, resource)

    def list_changed(self) -> None:
        """All resources may have changed."""

    def changed(self, key: str, type_: str, resource: Resource) -> None:
        """One resource has changed."""


class PodWatch(_Lasting, PodReflector):  # type: ignore[misc]
    """The pods of the project's notebook servers."""

    listeners: ClassVar[defaultdict[str, list[Callable[[], object]]]] = defaultdict(list)  # by pod

    def list_changed(self) -> None:
        """Tell all listeners."""
        for key in list(self.listeners):
            self._tell(key)

    def changed(self, key: str, type_: str, resource: Resource) -> None:
        """Tell the listeners of this pod."""
        self._tell(key)

    def _tell(self, key: str) -> None:
        for listener in list(self.listeners.get(key, ())):
            listener()

    @classmethod
    def listen(cls, key: str, listener: Callable[[], object]) -> None:
        """Call the listener whenever this pod may have changed."""
        if listener not in cls.listeners[key]:
            cls.listeners[key].append(listener)

    @classmethod
    def unlisten(cls, key: str, listener: Callable[[], object]) -> None:
        """Do so no longer."""
        if listener in cls.listeners.get(key, ()):
            cls.listeners[key].remove(listener)
        if not cls.listeners.get(key):
            cls.listeners.pop(key, None)


class EventWatch(_Lasting, EventReflector):  # type: ignore[misc]
    """The events of pods."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._by_pod: defaultdict[str, dict[str, Resource]] = defaultdict(dict)  # by name and key

    def of(self, pod: str) -> Iterable[Resource]:
        """The events of the pods that have, or had, this name."""
        return self._by_pod.get(pod, {}).values()

    def list_changed(self) -> None:
        """Index all events."""
        self._by_pod.clear()
        for key, event in self.resources.items():
            self._by_pod[event["involvedObject"]["name"]][key] = event

    def changed(self, key: str, type_: str, resource: Resource) -> None:
        """Index this event."""
        name = resource["involvedObject"]["name"]
        if type_ != "DELETED":
            self._by_pod[name][key] = resource
        elif name in self._by_pod:
            self._by_pod[name].pop(key, None)
            if not self._by_pod[name]:
                del self._by_pod[name]


WATCHES = {"pods": PodWatch, "events": EventWatch}


def has_failed(reflector: Any) -> bool:  # noqa: ANN401 (ResourceReflector or None)
    """Return True if the first list failed, so that the reflector watches nothing."""
    loaded = reflector.first_load_future if reflector else None
    return bool(loaded and loaded.done() and (loaded.cancelled() or loaded.exception()))


async def pod_exists(api: CoreV1Api, namespace: str, name: str, timeout: float) -> bool:
    """Ask the API itself; raise if it does not say."""
    try:
        await api.read_namespaced_pod(name, namespace, _request_timeout=timeout)
    except ApiException as refusal:
        if refusal.status == 404:
            return False
        raise
    return True
