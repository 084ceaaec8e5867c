"""A problem that keeps a pod from running, and helpers that the diagnoses share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from ...quantity import readable_quantities
from ..causes import Cause

Obj = Mapping[str, Any]
Events = Sequence[Obj]

UNTIL_TIMEOUT = inf
ADMINISTRATOR = "Ask an administrator of this hub."
TRY_AGAIN = "Try again; if that does not help, ask an administrator of this hub."


@dataclass(frozen=True)
class Problem:
    """Something that keeps a pod from running: final at once, or only if it lasts."""

    cause: Cause
    message: str  # what the user reads when the start has failed
    detail: str = ""  # the cluster's own words, for the hub's log
    waiting: str = ""  # what the user reads on the progress page while the start may still succeed
    patience: float = 0  # seconds that the problem must last before the start has failed
    container: str = ""  # the container whose last log lines explain the failure
    command: str = "oc get events --field-selector involvedObject.name={pod}"  # shows more after the failure


def container_statuses(pod: Obj) -> Iterator[tuple[Obj, bool]]:
    """Each container status with a flag for init containers, in the order in which they start."""
    status = pod.get("status", {})
    yield from ((each, True) for each in status.get("initContainerStatuses") or [])
    yield from ((each, False) for each in status.get("containerStatuses") or [])


def waiting_state(status: Obj) -> tuple[str, str]:
    """The reason and message of a waiting container."""
    waiting = (status.get("state") or {}).get("waiting") or {}
    return waiting.get("reason") or "", waiting.get("message") or ""


def condition(pod: Obj, kind: str) -> Obj:
    """A condition of the pod; empty if it has none of this type."""
    conditions = pod.get("status", {}).get("conditions") or []
    return next((each for each in conditions if each.get("type") == kind), {})


def messages_of(events: Events, *reasons: str) -> list[str]:
    """The messages of the events with these reasons, the oldest first."""
    return [event.get("message") or "" for event in events if event.get("reason") in reasons]


def quoted(text: str) -> str:
    """The cluster's words on one line, with memory as people write it and without digests."""
    line = re.sub(r"@sha256:[0-9a-f]{64}", "", " ".join(text.split()))
    return readable_quantities(line).rstrip(".")
