"""The steps of a start, as the progress page shows them.

| step | reached when |
|---|---|
| queued | the hub has accepted the request |
| volume | the pod exists, and its claim is not bound; only for a server with a volume |
| node | the pod waits for a node |
| image | the pod has a node, and the kubelet mounts volumes and pulls images |
| starting | the container runs, and the hub waits for the server's answer |
| ready | the server answers |

The steps follow from the pod's status, so that they are right after a reload and without events. Each
progress event has all steps; clients of JupyterHub's API find the current sentence under `message` as
usual.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any

from ..quantity import format_bytes
from .diagnosis import Problem
from .diagnosis.problem import Events, Obj, condition, container_statuses

TITLES = {
    "queued": "Queued",
    "volume": "Volume",
    "node": "Place in the cluster",
    "image": "Image",
    "starting": "Start",
    "ready": "Ready",
}
_PROGRESS = {"queued": 5, "volume": 15, "node": 25, "image": 40, "starting": 75, "ready": 100}
_SENTENCES = {
    "queued": "Your server is queued.",
    "volume": "Your volume is being created.",
    "node": "Looking for a node for your server.",
    "image": "Preparing the image of your server.",
    "starting": "Waiting for your server to answer.",
    "ready": "Your server is ready.",
}
_PULLED = re.compile(
    r"Successfully pulled image .* in (?P<time>[0-9hms.µn]+) .*?(?:Image size: (?P<size>\d+) bytes)?\.?$"
)


def progress_event(
    pod: Obj | None, claims: Iterable[Obj], events: Events, problem: Problem | None
) -> dict[str, Any]:
    """The progress event for the state of a starting pod."""
    claims = list(claims)
    step = _step(pod, claims)
    message = (problem.waiting if problem else "") or _sentence(step, events)
    steps = _steps(step, has_volume=bool(claims) or _has_claim(pod), notes=_notes(events))
    return {
        "progress": _PROGRESS[step],
        "message": message,
        "html_message": escape(message),
        "steps": [{**each, "text": message} if each["state"] == "current" else each for each in steps],
    }


def waiting_event(message: str) -> dict[str, Any]:
    """The progress event of a server that waits for room."""
    steps = _steps("queued", has_volume=False, notes={})
    return {
        "progress": 0,
        "message": message,
        "html_message": escape(message),
        "steps": [{**each, "text": message} if each["state"] == "current" else each for each in steps],
    }


def _step(pod: Obj | None, claims: list[Obj]) -> str:
    if not pod:
        return "queued"
    if condition(pod, "PodScheduled").get("status") != "True":
        unbound = any(claim.get("status", {}).get("phase") != "Bound" for claim in claims)
        return "volume" if unbound else "node"
    notebook = [status for status, is_init in container_statuses(pod) if not is_init]
    started = any(
        {"running", "terminated"} & (status.get("state") or {}).keys() or status.get("lastState")
        for status in notebook
    )
    return "starting" if started else "image"


def _sentence(step: str, events: Events) -> str:
    if step != "image":
        return _SENTENCES[step]
    reasons = {event.get("reason") for event in events}
    if "Pulling" in reasons and "Pulled" not in reasons:
        return "Pulling the image. The first time on a node this can take minutes."
    if "Pulled" in reasons:
        return "Creating the container."
    return _SENTENCES[step]


def _notes(events: Events) -> dict[str, str]:
    """What is worth to know about a finished step."""
    for event in events:
        if event.get("reason") == "Pulled" and (match := _PULLED.search(event.get("message") or "")):
            size = f"{format_bytes(int(match['size']))} " if match["size"] else ""
            return {"image": f"{size}pulled in {_rounded(match['time'])}"}
    return {}


def _rounded(duration: str) -> str:
    """A Go duration without fractions: `1m12.345s` becomes `1m12s`."""
    return re.sub(r"\.\d+(?=s)", "", duration) if "ms" not in duration else "less than a second"


def _steps(current: str, *, has_volume: bool, notes: dict[str, str]) -> list[dict[str, str]]:
    names = [name for name in TITLES if name != "volume" or has_volume]
    at = names.index(current) if current in names else 0
    states = ["done" if i < at else "current" if i == at else "waiting" for i in range(len(names))]
    return [
        {
            "name": name,
            "title": TITLES[name],
            "state": state,
            "text": notes.get(name, "") if state == "done" else "",
        }
        for name, state in zip(names, states, strict=True)
    ]


def _has_claim(pod: Obj | None) -> bool:
    return any(
        "persistentVolumeClaim" in volume for volume in (pod or {}).get("spec", {}).get("volumes") or []
    )
