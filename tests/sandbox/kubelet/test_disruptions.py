"""Pods that are preempted or evicted pass through the recorded statuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import Event
from sandbox.registry.api import Api
from sandbox.registry.rest import Context
from sandbox.registry.subresources import Evictions
from tests.sandbox.kubelet.failing_pods import (
    DEVELOPER,
    REGISTRY,
    Registry,
    exchange,
    plain,
    recorded_node,
    unmatched,
)
from tests.sandbox.running import Node, tiny_image

pytestmark = pytest.mark.containers

PREEMPTED = "jupyterhub-nb-preempted"


async def test_a_preempted_pod_passes_through_the_recorded_statuses(tmp_path: Path) -> None:
    async with disruptable(tmp_path) as (it, api):
        high = {"metadata": {"name": "high"}, "value": 1000000}
        it.store.create("priorityclasses.scheduling.k8s.io", high)
        it.store.modify("nodes", "sandbox", lambda node: node["status"]["allocatable"].update(memory="24Gi"))
        api.create("pods", exchange("failing pod preempted: create")["body"], DEVELOPER)
        await it.ready(PREEMPTED)
        watch = it.store.watch("pods")
        urgent = exchange("failing pod preempted: the pod of a higher priority")["body"]
        assert api.create("pods", urgent, DEVELOPER)["spec"]["priority"] == 1000000
        found = await statuses(watch, PREEMPTED)
        assert first_missing("failing pod preempted: watch of the pod", found) is None
        await it.ready("urgent")
        about = f"involvedObject.name={PREEMPTED}"
        events = [plain(event) for event in it.store.list("events", field_selector=about)]
        recorded = exchange("failing pod preempted: its events")["response"]["items"]
        assert [event for event in recorded if plain({**event, **HEAD}) not in events] == []


HEAD = {"kind": "Event", "apiVersion": "v1"}  # a list leaves them out of its items


async def test_an_evicted_pod_passes_through_the_recorded_statuses(tmp_path: Path) -> None:
    async with disruptable(tmp_path) as (it, api):
        script = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
        image = f"{REGISTRY}/python-312:latest"
        container = {"name": "notebook", "image": image, "command": ["/bin/sh", "-c", script]}
        spec = {"restartPolicy": "OnFailure", "terminationGracePeriodSeconds": 30, "containers": [container]}
        api.create("pods", {"metadata": {"name": "notebook"}, "spec": spec}, DEVELOPER)
        await it.ready("notebook")
        watch = it.store.watch("pods")
        await Evictions(api).create("notebook", {}, Context(DEVELOPER))
        assert first_missing("evict a notebook pod: watch", await statuses(watch, "notebook")) is None


async def statuses(watch: AsyncIterator[Event], name: str) -> list[Obj]:
    """Every version of a pod until it is gone."""
    found = []
    async for event in watch:
        if event.object["metadata"]["name"] == name:
            found.append(event.object)
            if event.type == "DELETED":
                return found
    return found


def first_missing(name: str, found: list[Obj]) -> Any:
    """The first recorded state that the pod did not pass through."""
    recorded = [state(event["object"]) for event in exchange(name)["response"]]
    return unmatched(recorded, [state(pod) for pod in found])


def state(pod: Obj) -> Any:
    """What tells of a pod's disruption: phase, conditions, containers and deletion."""
    status = plain(pod["status"])
    kept = ("state", "lastState", "ready")
    containers = [{key: one[key] for key in kept} for one in status["containerStatuses"]]
    grace = pod["metadata"].get("deletionGracePeriodSeconds")
    return status["phase"], status["conditions"], containers, None if grace is None else grace > 0


def disruptable(folder: Path) -> AbstractAsyncContextManager[tuple[Node, Api]]:
    images = Registry(folder / "images")
    images.tags = {}
    return recorded_node(folder, images, tiny_image(images))
