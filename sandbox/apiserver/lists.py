"""Lists and watches: selectors, pages, bookmarks."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from sandbox.apimachinery import errors, selectors
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import BUILDS, REPLICA_SETS, ROUTES
from sandbox.apimachinery.resources import Resource
from sandbox.apimachinery.store import Event, Store, Watch

COMMON = ("metadata.name", "metadata.namespace")
FIELDS = {
    "pods": (
        *(
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
        ),
        *("status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"),
    ),
    "events": (
        *(f"involvedObject.{name}" for name in ("kind", "namespace", "name", "uid", "apiVersion")),
        *("involvedObject.resourceVersion", "involvedObject.fieldPath"),
        *("reason", "reportingComponent", "source", "type"),
    ),
    "secrets": ("type",),
    "namespaces": ("status.phase", "name"),
    "replicationcontrollers": ("status.replicas",),
    REPLICA_SETS: ("status.replicas",),
    "jobs.batch": ("status.successful",),
    BUILDS: ("status", "podName"),
    ROUTES: ("spec.path", "spec.host", "spec.to.name"),
}
STRICT = ("pods", "events", "secrets", "namespaces", "replicationcontrollers")
BOOKMARK_SECONDS = 60.0
BEFORE_END = 2.0


class Selection(NamedTuple):
    """The label and field selectors of a list or a watch."""

    labels: str = ""
    fields: str = ""

    def test(self) -> Callable[[Obj], bool]:
        """Return a test for objects that match."""
        if not self.labels and not self.fields:
            return lambda obj: True
        by_labels, by_fields = selectors.labels(self.labels), selectors.fields(self.fields)
        return lambda obj: by_labels(obj) and by_fields(obj)


def check_fields(resource: Resource, selection: Selection) -> None:
    """Raise StatusError 400 for a field that the resource cannot be selected by."""
    known = {*COMMON, *FIELDS.get(resource.key, ())}
    for name in selectors.field_names(selection.fields) if selection.fields else ():
        if name not in known:
            if resource.key in STRICT:
                raise errors.bad_request(f"field label not supported: {name}")
            common = ", ".join(f'"{each}"' for each in COMMON)
            raise errors.bad_request(f'"{name}" is not a known field selector: only {common}')


def check_version(asked: int | None, newest: int) -> None:
    """Raise StatusError 504 for a resource version in the future."""
    if asked is not None and asked > newest:
        causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
        why = f"Timeout: Too large resource version: {asked}, current: {newest}"
        raise errors.StatusError(504, "Timeout", why, {"causes": causes, "retryAfterSeconds": 1})


def page(
    objects: list[Obj], version: int, selection: Selection, limit: int, token: str
) -> tuple[list[Obj], Obj]:
    """Return one page of a list, and the metadata of the list."""
    start, at = _continued(token) if token else ("", version)
    meta: Obj = {"resourceVersion": str(at)}
    rest = [obj for obj in objects if obj["metadata"]["name"] >= start]
    if not limit or len(rest) <= limit:
        return rest, meta
    following = json.dumps(
        {"v": "meta.k8s.io/v1", "rv": at, "start": f"/{rest[limit - 1]['metadata']['name']}\0"},
        separators=(",", ":"),
    )
    meta["continue"] = base64.urlsafe_b64encode(following.encode()).decode().rstrip("=")
    if selection == Selection():
        meta["remainingItemCount"] = len(rest) - limit
    return rest[:limit], meta


def _continued(token: str) -> tuple[str, int]:
    try:
        decoded = json.loads(base64.urlsafe_b64decode(token + "=="))
        return decoded["start"].removeprefix("/"), decoded["rv"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise errors.bad_request("invalid continue token: continue key is not valid") from None


class Change(NamedTuple):
    """One event of a watch."""

    type: str
    object: Obj


async def changes(
    store: Store,
    watch: Watch,
    test: Callable[[Obj], bool],
    *,
    initial: int,
    seconds: float | None,
    bookmarks: bool,
    initial_end: bool,
) -> AsyncIterator[Change]:
    """Yield the events of a watch; the first `initial` of them are the existing objects.

    An object that begins to match the selection is ADDED, one that ceases to is DELETED.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds if seconds else None
    if initial_end and not initial:
        yield _bookmark(store, end=True)
    timer = loop.call_later(_until_bookmark(deadline, loop.time()), watch.tick)
    try:
        async for event in watch:
            if event.type == "TICK":
                if bookmarks:
                    yield _bookmark(store)
                if deadline is not None and loop.time() >= deadline:
                    return
                timer = loop.call_later(_until_bookmark(deadline, loop.time()), watch.tick)
                continue
            if change := _selected(event, test):
                yield change
            if initial:
                initial -= 1
                if initial_end and not initial:
                    yield _bookmark(store, end=True)
    finally:
        timer.cancel()


def _until_bookmark(deadline: float | None, now: float) -> float:
    """Return the seconds to the next bookmark: each minute, shortly before the end, and at the end."""
    if deadline is None:
        return BOOKMARK_SECONDS
    left = deadline - now
    return min(left - BEFORE_END if left > BEFORE_END else max(left, 0), BOOKMARK_SECONDS)


def _selected(event: Event, test: Callable[[Obj], bool]) -> Change | None:
    now = event.type != "DELETED" and test(event.object)
    before = test(event.old) if event.old else event.type == "DELETED" and test(event.object)
    if now:
        return Change("MODIFIED" if before else "ADDED", event.object)
    return Change("DELETED", event.object) if before else None


def _bookmark(store: Store, *, end: bool = False) -> Change:
    meta: Obj = {"resourceVersion": str(store.version)}
    if end:
        meta["annotations"] = {"k8s.io/initial-events-end": "true"}
    return Change("BOOKMARK", {"metadata": meta})
