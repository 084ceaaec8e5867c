"""Reads what explains a start and what no reflector has: claims, their events, and the log of a container."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import ClientResponse
from kubernetes_asyncio.client import ApiException, CoreV1Api

from .diagnosis.problem import Obj, condition, container_statuses

TAIL = 20
REQUEST_TIMEOUT = 5


def claim_names(pod: Obj) -> list[str]:
    """The claims that the pod mounts."""
    volumes = pod.get("spec", {}).get("volumes") or []
    return [
        volume["persistentVolumeClaim"]["claimName"]
        for volume in volumes
        if "persistentVolumeClaim" in volume
    ]


def waits_for_volumes(pod: Obj) -> bool:
    """Return True if the pod has no node, and the scheduler gives no other reason than a volume."""
    scheduled = condition(pod, "PodScheduled")
    message = (scheduled.get("message") or "").lower()
    return scheduled.get("status") != "True" and (not message or "volume" in message)


async def read_claims(
    api: CoreV1Api, namespace: str, names: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Read these claims, without those that do not exist, and the events of all of them."""
    claims: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for name in names:
        selector = f"involvedObject.kind=PersistentVolumeClaim,involvedObject.name={name}"
        claim = await api.read_namespaced_persistent_volume_claim(
            name, namespace, _request_timeout=REQUEST_TIMEOUT, _preload_content=False
        )
        if claim.status != 404:
            claims.append(await _json(claim))
        found = await api.list_namespaced_event(
            namespace, field_selector=selector, _request_timeout=REQUEST_TIMEOUT, _preload_content=False
        )
        events += sorted((await _json(found))["items"], key=event_time)
    return claims, events


async def read_log(api: CoreV1Api, pod: Obj, container: str, *, secret: str) -> list[str]:
    """The last lines of a container's log, of the run that ended if it was restarted, without the secret."""
    state = next((s.get("state") or {} for s, _ in container_statuses(pod) if s["name"] == container), {})
    restarts = next((s.get("restartCount") for s, _ in container_statuses(pod) if s["name"] == container), 0)
    text = await api.read_namespaced_pod_log(
        pod["metadata"]["name"],
        pod["metadata"]["namespace"],
        container=container,
        tail_lines=TAIL,
        previous=bool(restarts and "running" in state),
        _request_timeout=REQUEST_TIMEOUT,
    )
    return [line for line in text.replace(secret, "...").splitlines() if line.strip()]


async def _json(response: ClientResponse) -> dict[str, Any]:
    """The object as the cluster sends it; models of the client would refuse objects that lack a field."""
    if not response.ok:
        raise ApiException(status=response.status, reason=response.reason)
    content: dict[str, Any] = json.loads(await response.read())
    return content


def event_time(event: Obj) -> str:
    """When the event occurred last, as text that sorts by time."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")
