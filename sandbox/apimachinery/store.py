"""The object store: in memory and synchronous; objects are copied in and out, each change is an event.

| etcd behind a real API | here |
|---|---|
| one counter gives every write its `resourceVersion` | the same |
| a watch from an old version fails with 410 | the same, after `HISTORY` events |
| a write that changes nothing makes no event | the same |
"""

from __future__ import annotations

import asyncio
import marshal
import secrets
import uuid
import weakref
from collections import deque
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, NamedTuple, TypeVar

from sandbox.apimachinery import errors, selectors
from sandbox.apimachinery.json_types import Obj

T = TypeVar("T")
HISTORY = 4096
NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # k8s.io/apimachinery/pkg/util/rand


class Event(NamedTuple):
    """ADDED, MODIFIED or DELETED; `old` is the object before a MODIFIED."""

    type: str
    resource: str
    object: Obj
    old: Obj | None = None


class Watch:
    """An asynchronous iterator of events; it ends when it is dropped or its `with` block ends."""

    def __init__(self, resources: tuple[str, ...]) -> None:
        self.resources = frozenset(resources)
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()

    def send(self, event: Event) -> None:
        """Queue an event of a watched resource."""
        if event.resource in self.resources:
            self._events.put_nowait(event)

    async def changed(self) -> bool:
        """Wait for the next event; False at the end."""
        return await self._events.get() is not None

    def tick(self) -> None:
        """Wake the consumer by an event of type TICK."""
        self._events.put_nowait(Event("TICK", "", {}))

    def close(self) -> None:
        """End the iteration after the queued events."""
        self._events.put_nowait(None)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Event:
        event = await self._events.get()
        if event is None:
            raise StopAsyncIteration
        return Event(event.type, event.resource, copied(event.object), event.old and copied(event.old))


class Store:
    """All objects, by resource and name."""

    def __init__(self) -> None:
        self.version = 1
        self._objects: dict[str, dict[str, Obj]] = {}
        self._history: deque[tuple[int, Event]] = deque(maxlen=HISTORY)
        self._watches: weakref.WeakSet[Watch] = weakref.WeakSet()

    def get(self, resource: str, name: str) -> Obj:
        """Return a copy of an object; StatusError 404 when it does not exist."""
        found = self.find(resource, name)
        if found is None:
            raise errors.not_found(resource, name)
        return found

    def find(self, resource: str, name: str) -> Obj | None:
        """Return a copy of an object, or None."""
        found = self.look_at(resource, name)
        return None if found is None else copied(found)

    def look_at(self, resource: str, name: str) -> Obj | None:
        """Return the object itself, which the caller must not change."""
        return self._objects.get(resource, {}).get(name)

    def look(self, resource: str, label_selector: str = "", field_selector: str = "") -> list[Obj]:
        """As `list`, but the objects themselves, which the caller must not change."""
        there = self._objects.get(resource, {})
        objects = [there[name] for name in sorted(there)]
        if label_selector:
            objects = list(filter(selectors.labels(label_selector), objects))
        if field_selector:
            objects = list(filter(selectors.fields(field_selector), objects))
        return objects

    def list(self, resource: str, label_selector: str = "", field_selector: str = "") -> list[Obj]:
        """Return copies of the objects that both selectors match, ordered by name."""
        return [copied(obj) for obj in self.look(resource, label_selector, field_selector)]

    def create(self, resource: str, obj: Obj) -> Obj:
        """Store a new object with uid, resourceVersion and creationTimestamp; 409 when its name exists."""
        new = copied(obj)
        meta = new.setdefault("metadata", {})
        if not meta.get("name"):
            meta["name"] = meta.get("generateName", "") + random_suffix()
        if meta["name"] in self._objects.setdefault(resource, {}):
            raise errors.already_exists(resource, meta["name"])
        meta["uid"] = meta.get("uid") or str(uuid.uuid4())
        meta["creationTimestamp"] = meta.get("creationTimestamp") or now()
        return self._write(resource, new, None)

    def update(self, resource: str, obj: Obj) -> Obj:
        """Replace an object; 409 when its resourceVersion is old; no event when nothing changes."""
        new = copied(obj)
        name = new["metadata"]["name"]
        old = self._objects.get(resource, {}).get(name)
        if old is None:
            raise errors.not_found(resource, name)
        version = new["metadata"].setdefault("resourceVersion", old["metadata"]["resourceVersion"])
        if version != old["metadata"]["resourceVersion"]:
            raise errors.conflict(resource, name)
        return copied(old) if new == old else self._write(resource, new, old)

    def modify(self, resource: str, name: str, change: Callable[[Obj], None]) -> Obj:
        """Apply a change to an object in one step."""
        obj = self.get(resource, name)
        change(obj)
        return self.update(resource, obj)

    def remove(self, resource: str, name: str) -> Obj:
        """Remove an object at once, whatever its finalizers."""
        if name not in self._objects.get(resource, {}):
            raise errors.not_found(resource, name)
        gone = copied(self._objects[resource].pop(name))
        self.version += 1
        gone["metadata"]["resourceVersion"] = str(self.version)
        self._tell(Event("DELETED", resource, gone))
        return copied(gone)

    def watch(self, *resources: str, since: int | None = None) -> Watch:
        """Watch existing objects (as ADDED) and all changes, or only the changes after a resource version."""
        watch = Watch(resources)
        if since is None:
            for resource in resources:
                for name in sorted(self._objects.get(resource, {})):
                    watch.send(Event("ADDED", resource, self._objects[resource][name]))
        else:
            oldest = self._history[0][0] if len(self._history) == HISTORY else 0
            if since + 1 < oldest:
                raise errors.expired(since, oldest)
            for version, event in self._history:
                if version > since:
                    watch.send(event)
        self._watches.add(watch)
        return watch

    def forget_history(self) -> None:
        """Make every past resource version too old to watch from, as a compaction does."""
        self._history.extend([(self.version + 1, Event("", "", {}))] * HISTORY)

    def _write(self, resource: str, new: Obj, old: Obj | None) -> Obj:
        self.version += 1
        new["metadata"]["resourceVersion"] = str(self.version)
        self._objects[resource][new["metadata"]["name"]] = new
        self._tell(Event("MODIFIED" if old else "ADDED", resource, new, old))
        return copied(new)

    def _tell(self, event: Event) -> None:
        self._history.append((self.version, event))
        for watch in list(self._watches):
            watch.send(event)


def copied(value: T) -> T:
    """Return a deep copy of JSON data, many times as fast as `copy.deepcopy`."""
    data: Any = value
    copy: T = marshal.loads(marshal.dumps(data))  # noqa: S302 (of our own making)
    return copy


def now() -> str:
    """Return the current time as in `metadata.creationTimestamp`."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def random_suffix(length: int = 5) -> str:
    """Return a suffix for `generateName`."""
    return "".join(secrets.choice(NAME_LETTERS) for _ in range(length))
