"""What a group may choose, and how much it may use at a time: `c.OpenShiftSpawner.group_limits`.

    c.OpenShiftSpawner.group_limits = {
        "students": {"images": ["minimal-notebook:*"], "sizes": ["Small"], "servers": 20, "memory": "40Gi"},
        "*": {"servers": 5},
    }

| | |
|---|---|
| `images`, `sizes` | what its members may choose, `*` for any part of a name; left out: all |
| `servers`, `memory` | how much all its members together may use at a time; left out: no limit |
| the group `*` | who is in none of the groups that are named; without it they have no limit |
| who is in several | may choose what any of them allows, and starts while one that allows it has room |

The groups are those of the login, with OpenShift's login its `Group` objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field

from ..model_trait import Entry
from ..quantity import format_bytes, parse_quantity
from ..settings import validators
from .spawn_failures import SpawnRefused

OTHERS = "*"

Memory = Annotated[str, BeforeValidator(validators.number_as_text), AfterValidator(validators.memory)]


class Limits(Entry):
    """Those of one group."""

    example: ClassVar[dict[str, Any]] = {"students": {"sizes": ["Small"], "servers": 20}}

    images: list[str] | None = None
    sizes: list[str] | None = None
    servers: int | None = Field(None, ge=0)
    memory: Memory | None = None

    def allow(self, image: str, size: str) -> bool:
        """Whether they let a server be chosen; without a size there is nothing to choose."""
        return _one_of(image, self.images) and (not size or _one_of(size, self.sizes))


@dataclass(frozen=True)
class Server:
    """One that runs or starts: the groups of its user, and its memory limit in bytes, if it has one."""

    groups: frozenset[str]
    memory: int | None


def limits_for(groups: Iterable[str], table: Mapping[str, Limits]) -> dict[str, Limits]:
    """Those that apply to a member of these groups; none: nothing is limited."""
    named = {group: table[group] for group in sorted(groups) if group in table and group != OTHERS}
    return named or {group: limits for group, limits in table.items() if group == OTHERS}


def refuse_without_room(
    server: Server, image: str, size: str, running: Iterable[Server], table: Mapping[str, Limits]
) -> None:
    """A SpawnRefused if none of the groups of the server's user has room for it."""
    mine = limits_for(server.groups, table)
    if not mine:
        return
    allowing = {group: limits for group, limits in mine.items() if limits.allow(image, size)}
    if not allowing:
        what = f'the image "{image}"' + (f' in the size "{size}"' if size else "")
        raise SpawnRefused(
            f"{_named(mine)} may not choose {what}. Ask those who run this hub.",
            reason="group",
            status_code=403,
        )
    reasons = []
    for group, limits in allowing.items():
        members = [other for other in running if group in limits_for(other.groups, table)]
        reason = _without_room(group, limits, server, members)
        if reason is None:
            return
        reasons.append(reason)
    raise SpawnRefused(
        f"{' '.join(reasons)} "
        "Stop a server that is no longer needed, or ask those who run this hub for more.",
        reason="group",
        status_code=403,
    )


def _without_room(group: str, limits: Limits, server: Server, members: list[Server]) -> str | None:
    name = _named([group])
    if limits.servers is not None and len(members) >= limits.servers:
        servers = "1 server" if limits.servers == 1 else f"{limits.servers} servers"
        return f"{name} may run {servers} at a time, and that many are running."
    if limits.memory is None:
        return None
    if server.memory is None:
        raise SpawnRefused(
            f"{name} may use {limits.memory} of memory at a time, but this server has no memory limit. "
            "Those who run this hub set JUPYTERHUB_NOTEBOOK_MEMORY.",
            reason="group",
            status_code=403,
        )
    used = sum(other.memory or 0 for other in members)
    if used + server.memory > parse_quantity(limits.memory):
        return (
            f"{name} may use {limits.memory} of memory at a time: {format_bytes(used)} are in use, "
            f"and this server needs {format_bytes(server.memory)}."
        )
    return None


def _named(groups: Iterable[str]) -> str:
    names = [group for group in groups if group != OTHERS]
    if not names:
        return "Who is in no group of this hub"
    quoted = " and ".join(f'"{name}"' for name in names)
    return f"The group{'s' if len(names) > 1 else ''} {quoted}"


def _one_of(name: str, patterns: list[str] | None) -> bool:
    return patterns is None or any(fnmatchcase(name, pattern) for pattern in patterns)
