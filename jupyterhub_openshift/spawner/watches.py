"""Watches that outlast the cluster's API, and what an absent pod means.

KubeSpawner's reflectors give up after a minute without the API, and one whose first list failed stays empty:
the hub then sees no new pod until it restarts. A list that lacks a pod would make the hub stop its server.
"""

from __future__ import annotations

from typing import Any

from kubernetes_asyncio.client import ApiException, CoreV1Api
from kubespawner.reflector import ResourceReflector
from kubespawner.spawner import EventReflector, PodReflector


class _Lasting(ResourceReflector):  # type: ignore[misc]
    async def _watch_and_update(self) -> None:
        """Watch again whenever KubeSpawner gives up."""
        while not self._stopping:
            await super()._watch_and_update()


class PodWatch(_Lasting, PodReflector):  # type: ignore[misc]
    """The pods of the project's notebook servers."""


class EventWatch(_Lasting, EventReflector):  # type: ignore[misc]
    """The events of pods."""


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
