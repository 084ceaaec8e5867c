"""Turns the pod's events into sentences for the progress page.

| event of the pod | text on the page |
|---|---|
| a step of every start | a sentence from the table below |
| a warning, an event of an init container, any other | the message of the event |

API clients find the event itself under `raw_event`.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

_SENTENCES = {
    "Scheduled": "The cluster has found a node for your server.",
    "TriggeredScaleUp": "The cluster is full and adds a node. This takes a few minutes.",
    "SuccessfulAttachVolume": "Your volume is attached.",
    "Pulling": "Pulling the image. The first time this can take minutes.",
    "Pulled": "The image is on the node.",
    "Created": "The container is created.",
    "Started": "Your server is running and opens in a moment.",
}


def as_sentence(step: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the message of a progress step by a sentence; a step without an event stays unchanged."""
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
