"""The queue of servers that wait for room, instead of a refusal.

| room | who finds out | whom a waiting server blocks |
|---|---|---|
| `JUPYTERHUB_MAX_SERVERS`, and how many may start at the same time | the hub counts | all behind it |
| the project's quota | the API refuses the pod | all behind it: small servers never pass a large one |
| a limit of the user's groups | the hub counts | those behind it who are in these groups |

While nobody waits, servers start in parallel. The order is that of the requests. It is in the database, as
`queued_since` in the state of a waiting server: after a restart of the hub, the places of the servers that
waited are reserved until their pages have asked again, for RETURN seconds.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from jupyterhub import orm
from sqlalchemy import text

from .spawn_failures import NoRoom, SpawnRefused

PAUSE = 1.0  # seconds between two looks at the queue
RETRY = 3.0  # seconds after which a server that the API refused for want of room tries again
RETURN = 60.0


@dataclass(eq=False)
class Place:
    """A server's place in the queue."""

    user: str
    server: str
    groups: frozenset[str]  # of the user, as far as they have limits
    since: float = field(default_factory=time.time)
    waits: bool = False  # False: it is being started
    why: str = ""
    blocked_groups: frozenset[str] = frozenset()  # those behind it that it blocks; empty: all
    reserved_until: float = 0.0  # for a server that waited before the hub's restart; 0: it is here


class Queue:
    """The places, in the order of the requests."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self._changed = asyncio.Event()
        self._loaded = False

    def load(self, db: Any) -> None:  # noqa: ANN401 (SQLAlchemy's session)
        """Reserve the places of before the hub's restart, once; later free those that nobody has taken."""
        if not self._loaded:
            self._loaded = True
            for each in _waited(db):
                until = time.monotonic() + RETURN
                since = each.state["queued_since"]
                self.places.append(
                    Place(each.user.name, each.name, frozenset(), since, waits=True, reserved_until=until)
                )
            self.places.sort(key=lambda place: place.since)
        late = {place for place in self.places if 0 < place.reserved_until < time.monotonic()}
        if late:
            self.places = [place for place in self.places if place not in late]
            for each in _waited(db):
                if any((each.user.name, each.name) == (place.user, place.server) for place in late):
                    each.state = {key: value for key, value in each.state.items() if key != "queued_since"}
            db.commit()

    def reserved(self, user: str, server: str) -> Place | None:
        """The place that a server had before the hub's restart."""
        return next(
            (
                each
                for each in self.places
                if each.reserved_until and (each.user, each.server) == (user, server)
            ),
            None,
        )

    def enter(self, user: str, server: str, groups: frozenset[str]) -> Place:
        """Return the reserved place of a server, or a new one at the end."""
        place = self.reserved(user, server)
        if place:
            place.reserved_until, place.groups = 0.0, groups
        else:
            place = Place(user, server, groups)
            self.places.append(place)
        return place

    def leave(self, place: Place) -> None:
        """Give up a place, and let the others look; nothing happens the second time."""
        if place in self.places:
            self.places.remove(place)
            self._changed.set()
            self._changed = asyncio.Event()

    async def pause(self) -> None:
        """Return when another one has left, or after a moment."""
        with suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(self._changed.wait(), PAUSE)

    def ahead(self, place: Place) -> list[Place]:
        """Those who wait before this place."""
        before = self.places[: self.places.index(place)] if place in self.places else []
        return [each for each in before if each.waits]

    def refusal(self, place: Place) -> NoRoom | None:
        """Return why others must start first; a server behind them blocks whom they block."""
        blocking = self._blocking(place)
        if not blocking:
            return None
        found = NoRoom("There is no room for another server yet.", reason="queue")
        if all(each.blocked_groups for each in blocking):
            found.groups = frozenset().union(*(each.blocked_groups for each in blocking))
        return found

    def _blocking(self, place: Place) -> list[Place]:
        """Those who must start first."""
        return [
            each
            for each in self.ahead(place)
            if not each.blocked_groups or each.blocked_groups & place.groups
        ]

    def wait(self, place: Place, refusal: NoRoom, length: int) -> None:
        """Wait for what the refusal names; raise a SpawnRefused if the queue has no place for the server."""
        others = [each for each in self.places if each.waits and each is not place]
        if not place.waits and len(others) >= length:
            raise refusal.without_place(len(others))
        if not place.waits and any(each.user == place.user for each in others):
            raise SpawnRefused(
                "Another server of yours waits for room. Only one of each user may: stop it, or wait for it.",
                reason="queue",
                status_code=429,
            )
        place.waits, place.why, place.blocked_groups = True, refusal.why(), refusal.groups


def _waited(db: Any) -> list[Any]:  # noqa: ANN401 (SQLAlchemy's session, JupyterHub's records)
    """The records of the servers that wait, or have waited when the hub ended.

    After the hub's restart JupyterHub takes them for running servers, until it has asked for their pods.
    """
    queued = text("state LIKE :queued").bindparams(queued='%"queued_since"%')
    return list(db.query(orm.Spawner).filter(queued))


QUEUE = Queue()


def sentence(why: str, before: int) -> str:
    """What the progress page says about a place."""
    if before == 0:
        return f"{why} You are next in the queue."
    who = "1 person is" if before == 1 else f"{before} people are"
    return f"{why} {who} before you in the queue."
