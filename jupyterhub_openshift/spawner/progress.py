"""What the cluster reports while a server starts, in sentences for the person who waits.

| the event of the pod | what is read |
|---|---|
| one that each start has | a sentence of ours |
| a warning, an init container's, any other | what the cluster says, in its words |

The exact event goes along, as `raw_event`, for those who want it.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

_SENTENCES = {
    "Scheduled": "The cluster has found a place for it.",
    "TriggeredScaleUp": "The cluster is full and adds a machine. This takes a few minutes.",
    "SuccessfulAttachVolume": "Your volume is attached.",
    "Pulling": "Its image is being fetched. The first time this can take minutes.",
    "Pulled": "Its image is there.",
    "Created": "Its container is made.",
    "Started": "It is running, and opens in a moment.",
}


def readable(step: Mapping[str, Any]) -> dict[str, Any]:
    """A step of KubeSpawner's progress, its event as a sentence; what is none stays as it is."""
    event = step.get("raw_event")
    if not event:
        return dict(step)
    time = event.get("lastTimestamp") or event.get("eventTime") or ""
    reason = event.get("reason") or ""
    known = "initContainers" not in (event["involvedObject"].get("fieldPath") or "") and _SENTENCES.get(
        reason
    )
    sentence = known or event.get("message") or reason
    html = f'<time datetime="{escape(time)}"></time> {escape(sentence)}'
    if event.get("type") == "Warning":
        html = f'<span class="warning">{html}</span>'
    return {**step, "message": sentence, "html_message": html}
