"""Limits per group, on choice and on use: `c.OpenShiftSpawner.group_limits`.

    c.OpenShiftSpawner.group_limits = {
        "students": {"images": ["minimal-notebook:*"], "sizes": ["Small"], "servers": 20, "memory": "40Gi"},
        "*": {"servers": 5},
    }

| key or case | meaning |
|---|---|
| `images`, `sizes` | patterns (with `*`) of what members may choose; omitted: everything |
| `servers`, `memory` | what all members together may use at the same time; omitted: no limit |
| the group `*` | applies to users who are in none of the other groups; without it they have no limit |
| a user in several groups | may choose what any of them allows, and may start while one of these has room |

Group membership comes from the authenticator. With the OpenShift login these are OpenShift's `Group` objects.
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
from .spawn_failures import ADVICE, NoRoom, SpawnRefused

DEFAULT_GROUP = "*"

Memory = Annotated[str, BeforeValidator(validators.number_as_text), AfterValidator(validators.memory)]


class Limits(Entry):
    """The limits of one group."""

    example: ClassVar[dict[str, Any]] = {"students": {"sizes": ["Small"], "servers": 20}}

    images: list[str] | None = None
    sizes: list[str] | None = None
    servers: int | None = Field(None, ge=0)
    memory: Memory | None = None

    def allow(self, image: str, size: str) -> bool:
        """Return True if members may choose this image and size; the size is empty if there are no sizes."""
        return _matches(image, self.images) and (not size or _matches(size, self.sizes))


@dataclass(frozen=True)
class ServerUsage:
    """What a running or starting server uses: its user's groups and its memory limit in bytes, if any."""

    groups: frozenset[str]
    memory: int | None


def limits_for(groups: Iterable[str], table: Mapping[str, Limits]) -> dict[str, Limits]:
    """The limits that apply to a member of these groups; empty if the user has no limit."""
    named = {group: table[group] for group in sorted(groups) if group in table and group != DEFAULT_GROUP}
    return named or {group: limits for group, limits in table.items() if group == DEFAULT_GROUP}


def refuse_without_room(
    server: ServerUsage, image: str, size: str, running: Iterable[ServerUsage], table: Mapping[str, Limits]
) -> None:
    """Raise SpawnRefused unless one of the user's groups allows this choice and has room for the server."""
    applicable = limits_for(server.groups, table)
    if not applicable:
        return
    allowing = {group: limits for group, limits in applicable.items() if limits.allow(image, size)}
    if not allowing:
        what = f'the image "{image}"' + (f' in the size "{size}"' if size else "")
        raise SpawnRefused(
            f"{_subject(applicable)} may not choose {what}. Ask an administrator of this hub.",
            reason="group",
            status_code=403,
        )
    reasons = []
    for group, limits in allowing.items():
        members = [other for other in running if group in limits_for(other.groups, table)]
        reason = _exceeded_limit(group, limits, server, members)
        if reason is None:
            return
        reasons.append(reason)
    refusal = NoRoom(
        f"{' '.join(reasons)} {ADVICE}, or ask an administrator of this hub to raise the limit.",
        reason="group",
        status_code=403,
    )
    refusal.groups = frozenset(allowing)
    raise refusal


def _exceeded_limit(
    group: str, limits: Limits, server: ServerUsage, members: list[ServerUsage]
) -> str | None:
    name = _subject([group])
    if limits.servers is not None and len(members) >= limits.servers:
        servers = "1 server" if limits.servers == 1 else f"{limits.servers} servers"
        verb = "is" if len(members) == 1 else "are"
        return f"{name} may run {servers} at the same time; {len(members)} {verb} running."
    if limits.memory is None:
        return None
    most = format_bytes(int(parse_quantity(limits.memory)))
    if server.memory is None:
        raise SpawnRefused(
            f"{name} may use {most} of memory, but this server has no memory limit. "
            "An administrator of this hub can set JUPYTERHUB_NOTEBOOK_MEMORY.",
            reason="group",
            status_code=403,
        )
    used = sum(other.memory or 0 for other in members)
    if used + server.memory > parse_quantity(limits.memory):
        return (
            f"{name} may use {most} of memory. {format_bytes(used)} is in use, "
            f"and this server needs {format_bytes(server.memory)}."
        )
    return None


def _subject(groups: Iterable[str]) -> str:
    names = [group for group in groups if group != DEFAULT_GROUP]
    if not names:
        return "A user who is in no group of this hub"
    quoted = " and ".join(f'"{name}"' for name in names)
    return f"The group{'s' if len(names) > 1 else ''} {quoted}"


def _matches(name: str, patterns: list[str] | None) -> bool:
    return patterns is None or any(fnmatchcase(name, pattern) for pattern in patterns)
