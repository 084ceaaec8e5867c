"""Problems with the place of a pod: no node fits, or no scheduler looks at it.

The scheduler says why each node does not fit, and for how many of them removing other pods would help ("No
preemption victims found") or not ("Preemption is not helpful"). Where it would help, or an autoscaler adds a
node, the pod may still be scheduled. Otherwise the start fails once an autoscaler has had the time to react.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..causes import Cause
from .problem import ADMINISTRATOR, UNTIL_TIMEOUT, Events, Obj, Problem, condition, messages_of

DEFAULT_SCHEDULER = "default-scheduler"
AUTOSCALER_PATIENCE = 30
SCALE_UP = "The cluster is full and adds a node. This takes a few minutes."
_NODES = re.compile(r"0/(?P<total>\d+) nodes are available: (?P<reasons>.*?)\.(?: |$)(?P<rest>.*)", re.S)
_REASON = re.compile(r"(?P<count>\d+) (?P<text>.+)")
_NOT_HELPFUL = re.compile(r"(\d+) Preemption is not helpful for scheduling")


class _Kind(NamedTuple):
    cause: Cause
    pattern: str
    predicate: str  # `{have}` and `{do}` agree with the number of nodes
    permanent: bool  # only a change of the nodes helps


_KINDS = [
    _Kind("insufficient-memory", r"Insufficient memory", "{have} too little memory", True),
    _Kind("insufficient-cpu", r"Insufficient cpu", "{have} too little CPU", True),
    _Kind("insufficient-storage", r"Insufficient ephemeral-storage", "{have} too little disk space", True),
    _Kind("insufficient-gpu", r"Insufficient (?P<what>\S+/\S*gpu\S*)", "{have} too few GPUs ({what})", True),
    _Kind("insufficient-resource", r"Insufficient (?P<what>\S+)", "{have} too little of {what}", True),
    _Kind(
        "node-selector",
        r"node\(s\) didn't match Pod's node affinity",
        "{do} not have the labels that the server requires{labels}",
        True,
    ),
    _Kind(
        "node-taint",
        r"node\(s\) had (?:untolerated )?taint(?:\(s\))? "
        r"\{(?P<what>(?!node\.kubernetes\.io/|node\.cloudprovider)[^:}]+)",
        "{have} the taint {what}, which the server does not tolerate",
        True,
    ),
    _Kind("node-not-ready", r"node\(s\) had .*taint", "{are} not ready", False),
    _Kind("node-not-ready", r"node\(s\) were unschedulable", "{are} closed for new pods", False),
    _Kind("node-full", r"Too many pods", "{have} no room for another pod", False),
    _Kind(
        "volume-attached",
        r"node\(s\) .*ReadWriteOncePod",
        "{have} a pod that uses the volume of the server",
        False,
    ),
    _Kind("volume-zone", r"node\(s\) had volume node affinity conflict", "{do} not reach the volume", False),
    _Kind("volume-zone", r"node\(s\) didn't find available persistent volumes", "{have} no volume", False),
]
_OTHER = _Kind("unschedulable", r"(?P<what>.+)", "{do} not fit ({what})", False)


def scheduling_problem(pod: Obj, events: Events) -> Problem | None:
    """Return why the pod has no node; None if it has one or the scheduler has not looked at it yet."""
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status", "True" if pod["spec"].get("nodeName") else "") == "True":
        return None
    message = scheduled.get("message") or ""
    if scheduled.get("reason") == "SchedulingGated":
        gates = ", ".join(gate["name"] for gate in pod["spec"].get("schedulingGates") or [])
        return Problem(
            "scheduling-gate",
            f"Nothing has removed the scheduling gate of your server ({gates}). {ADMINISTRATOR}",
            message,
            waiting=f"Your server waits for its scheduling gate ({gates}).",
            patience=UNTIL_TIMEOUT,
        )
    if not scheduled:
        scheduler = pod.get("spec", {}).get("schedulerName") or DEFAULT_SCHEDULER
        return Problem(
            "no-scheduler",
            f'The scheduler "{scheduler}" did not look for a node for your server. {ADMINISTRATOR}',
            waiting="" if scheduler == DEFAULT_SCHEDULER else f'Waiting for the scheduler "{scheduler}".',
            patience=UNTIL_TIMEOUT,
        )
    return _node_problem(pod, message, events)


def _node_problem(pod: Obj, message: str, events: Events) -> Problem:
    match = _NODES.match(message)
    reasons = list(_reasons(match["reasons"], pod)) if match else []
    sentence = "; ".join(text for _, text in reasons) or "the cluster has no node that accepts pods"
    causes = [kind.cause for kind in _KINDS if kind in [found for found, _ in reasons]]
    permanent = (
        match is not None
        and sum(int(count) for count in _NOT_HELPFUL.findall(match["rest"])) == int(match["total"])
        and bool(reasons)
        and all(kind.permanent for kind, _ in reasons)
    )
    patience, waiting = UNTIL_TIMEOUT, f"Waiting for a node: {sentence}."
    if messages_of(events, "TriggeredScaleUp"):
        waiting = SCALE_UP
    elif permanent:
        patience = 0 if messages_of(events, "NotTriggerScaleUp") else AUTOSCALER_PATIENCE
    return Problem(
        causes[0] if causes else _OTHER.cause,
        f"No node of the cluster can run your server: {sentence}. {ADMINISTRATOR}",
        message,
        waiting=waiting,
        patience=patience,
    )


def _reasons(text: str, pod: Obj) -> Iterator[tuple[_Kind, str]]:
    """Each reason of the scheduler with its number of nodes, for the user."""
    for part in re.split(r", (?=\d+ )", text):
        if not (match := _REASON.fullmatch(part.strip())):
            continue
        count = int(match["count"])
        kind, found = next(
            (kind, found) for kind in [*_KINDS, _OTHER] if (found := re.match(kind.pattern, match["text"]))
        )
        one = count == 1
        labels = ", ".join(f"{key}={value}" for key, value in (pod["spec"].get("nodeSelector") or {}).items())
        predicate = kind.predicate.format(
            have="has" if one else "have",
            do="does" if one else "do",
            are="is" if one else "are",
            what=found.groupdict().get("what") or "",
            labels=f" ({labels})" if labels else "",
        )
        yield kind, f"{count} {'node' if one else 'nodes'} {predicate}"
