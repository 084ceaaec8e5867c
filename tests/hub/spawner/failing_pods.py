"""Replays how real pods failed: every change of their status and every event, in the order of the cluster.

`failing_pods.jsonl` has one failing pod a line, recorded from a kubelet and scheduler 1.36: `cause`,
`changes` and `log`. A change has either an `event` or those parts of the `pod` that differ from the change
before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

Obj = dict[str, Any]


class Moment(NamedTuple):
    """What the cluster shows after one change."""

    pod: Obj
    events: list[Obj]
    change: str  # in words


def recordings() -> dict[str, Obj]:
    """The recordings by cause."""
    lines = Path(__file__).with_name("failing_pods.jsonl").read_text().splitlines()
    return {record["cause"]: record for record in map(json.loads, lines)}


def replay(recording: Obj) -> Iterator[Moment]:
    """The moments of one recording, from the creation of the pod."""
    pod: Obj = {}
    events: dict[str, Obj] = {}
    for change in recording["changes"]:
        if event := change.get("event"):
            events.pop(event["metadata"]["name"], None)
            events[event["metadata"]["name"]] = event
            yield Moment(pod, list(events.values()), f"event {event['reason']}")
        else:
            pod = {**pod, **change["pod"]}
            yield Moment(pod, list(events.values()), in_words(pod["status"]))


def in_words(status: Obj) -> str:
    """The part of a status that tells a failure."""
    words = [status.get("phase") or "", status.get("reason") or ""]
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        ((kind, state),) = container["state"].items()
        words.append(f"{kind} {state.get('reason', '')}")
        if container["restartCount"]:
            words.append(f"restarts {container['restartCount']}")
    words += [
        c["reason"] for c in status.get("conditions", []) if c["type"] == "PodScheduled" and c.get("reason")
    ]
    return " ".join(" ".join(words).split())
