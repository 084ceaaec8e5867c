"""Finds out why a starting pod does not run, from its status, its claims and the events of both.

`diagnose` is a pure function of what the cluster says at one moment. A problem that can still go away has a
`patience`: the start fails only if it lasts. `FailureTimer` measures that. The statuses and events in
`tests/hub/spawner/failing_pods.jsonl` are those of a real kubelet and scheduler.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .containers import container_problem
from .images import image_problem
from .problem import (
    ADMINISTRATOR,
    TRY_AGAIN,
    UNTIL_TIMEOUT,
    Events,
    Obj,
    Problem,
    condition,
    messages_of,
    quoted,
)
from .scheduling import scheduling_problem
from .volumes import volume_problem

__all__ = ["DELETED", "FailureTimer", "Problem", "diagnose"]

_DISRUPTIONS = {
    "PreemptionByScheduler": "The cluster gave the node of your server to a pod with a higher priority.",
    "EvictionByEvictionAPI": "The node of your server is being drained for maintenance.",
    "DeletionByTaintManager": "The node of your server is not available any more.",
    "TerminationByKubelet": "The node of your server was short of resources or is shutting down.",
}
DELETED = Problem(
    "pod-deleted", f"The pod of your server was deleted while it started. {TRY_AGAIN}", patience=5
)


def diagnose(pod: Obj, claims: Iterable[Obj], events: Events) -> Problem | None:
    """Return what keeps this pod from running; None if nothing does.

    The events are those of the pod and its claims, the oldest first.
    """
    own = [event for event in events if event["involvedObject"].get("kind", "Pod") == "Pod"]
    return (
        _ended_problem(pod, own)
        or image_problem(pod, own)
        or container_problem(pod, own)
        or volume_problem(pod, claims, events)
        or _sandbox_problem(pod, own)
        or scheduling_problem(pod, own)
    )


def _ended_problem(pod: Obj, events: Events) -> Problem | None:
    """The pod is being deleted, or the kubelet has ended it."""
    status = pod.get("status", {})
    disruption = condition(pod, "DisruptionTarget")
    detail = disruption.get("message") or status.get("message") or ""
    if status.get("reason") == "DeadlineExceeded":
        return Problem(
            "deadline",
            "Your server was ended, because it reached the deadline that its pod has "
            f"(activeDeadlineSeconds). {ADMINISTRATOR}",
            detail,
        )
    if status.get("reason") == "Evicted":
        return Problem("evicted", f"The node evicted your server: {quoted(detail)}. {ADMINISTRATOR}", detail)
    if pod.get("metadata", {}).get("deletionTimestamp") or disruption.get("status") == "True":
        sentence = _DISRUPTIONS.get(disruption.get("reason") or "")
        return (
            Problem("pod-disrupted", f"{sentence} Try again.", detail)
            if sentence
            else replace(DELETED, patience=0)
        )
    if status.get("phase") == "Failed" and not container_problem(pod, events):
        return Problem(
            "pod-failed",
            f"The pod of your server failed: {quoted(detail or status.get('reason') or 'no reason given')}. "
            f"{TRY_AGAIN}",
            detail,
        )
    return None


def _sandbox_problem(pod: Obj, events: Events) -> Problem | None:
    """The node cannot create the pod's sandbox, which has its network; the kubelet tries again."""
    failed = messages_of(events, "FailedCreatePodSandBox")
    if not failed or condition(pod, "PodReadyToStartContainers").get("status") == "True":
        return None
    if messages_of(events, "Pulling", "Pulled", "Created", "Started"):
        return None
    return Problem(
        "pod-sandbox",
        f"The node cannot set up the network of your server: {quoted(failed[-1])}. {TRY_AGAIN}",
        failed[-1],
        waiting="The node could not set up the network of your server yet, and tries again.",
        patience=UNTIL_TIMEOUT,
    )


class FailureTimer:
    """Tells when a problem has lasted longer than its patience."""

    def __init__(self) -> None:
        self._problem = ("", 0.0)  # its cause and patience
        self._since = 0.0

    def failed(self, problem: Problem | None, now: float) -> bool:
        """Return True if the start has failed. `now` is in seconds of any monotonic clock."""
        current = (problem.cause, problem.patience) if problem else ("", 0.0)
        if current != self._problem:
            self._problem, self._since = current, now
        return problem is not None and now - self._since >= problem.patience
