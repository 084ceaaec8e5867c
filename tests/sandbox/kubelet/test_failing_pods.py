"""Pods fail here as they fail on a cluster: the same statuses and events, in the same order.

A kubelet may write several changes of a pod at once, so each recorded status must be among the sandbox's.
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from sandbox.apimachinery.json_types import Obj
from tests.sandbox.kubelet import failing_pods
from tests.sandbox.kubelet.failing_pods import (
    DEVELOPER,
    FAILING,
    REGISTRY,
    RESTARTS,
    Recorded,
    Registry,
    Replayed,
    distinct,
    plain,
    restarts,
    unmatched,
    without_released,
)
from tests.sandbox.recorded import differences
from tests.sandbox.running import tiny_image

CAUSES = {name: each for name, each in failing_pods.recorded().items() if name != "preempted"}
PATIENCE = 60


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Recorded, Replayed]]:
    """All causes at once on one node, until each has shown what was recorded or patience ends."""
    return asyncio.run(replay(tmp_path_factory.mktemp("node")))


async def replay(folder: Path) -> dict[str, tuple[Recorded, Replayed]]:
    images = Registry(folder / "images")
    images.tags = {}
    image = tiny_image(images)
    async with (
        failing_pods.registry() as address,
        failing_pods.recorded_node(folder, images, image) as (it, api),
    ):
        results = {name: (at(address, each), Replayed()) for name, each in CAUSES.items()}
        tag = f"{address}/python-312:latest"
        images.tags[tag] = image
        it.kubelet.node.pulled.add(tag)
        api.create("secrets", {"metadata": {"name": "there"}, "data": {"k": "dg=="}}, DEVELOPER)
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        claim["storageClassName"] = "nosuch"
        api.create("persistentvolumeclaims", {"metadata": {"name": "unbound"}, "spec": claim}, DEVELOPER)
        names = {each.body["metadata"]["name"]: one for each, one in results.values()}
        following = asyncio.create_task(follow(it.store.watch("pods", "events"), names))
        for each, one in results.values():
            one.created = api.create("pods", each.body, DEVELOPER)
        deadline = time.monotonic() + PATIENCE
        while any(missing(*each) for each in results.values()) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        following.cancel()
    return results


async def follow(watch, names: dict[str, Replayed]) -> None:
    async for event in watch:
        about = event.object["involvedObject"] if event.resource == "events" else event.object["metadata"]
        if about["name"] in names and event.type in ("ADDED", "MODIFIED"):
            one = names[about["name"]]
            (one.events if event.resource == "events" else one.pods).append(event.object)


def at(address: str, each: Recorded) -> Recorded:
    """A recorded cause with the address of the test's own registry."""
    text = json.dumps([each.body, each.created, each.pods, each.events])
    return Recorded(*json.loads(text.replace(REGISTRY, address).replace(FAILING, address)))


def wanted_pods(each: Recorded) -> list[Obj]:
    return distinct([without_released(pod) for pod in each.pods if restarts(pod) <= RESTARTS])


def first_events(events: list[Obj]) -> list[Obj]:
    """Each event as it was first written."""
    found: list[Obj] = []
    for event in map(plain, events):
        event.pop("series", None)
        if event.get("count", 1) == 1 and event not in found:
            found.append(event)
    return found


def missing(each: Recorded, one: Replayed) -> Obj | None:
    pods = [plain(without_released(pod)) for pod in one.pods]
    if (pod := unmatched(wanted_pods(each), pods)) is not None:
        return pod
    if (event := unmatched(first_events(each.events), first_events(one.events))) is not None:
        return event
    return unmatched(
        [plain(event) for event in each.events if event.get("count") == 2], list(map(plain, one.events))
    )


@pytest.mark.parametrize("cause", CAUSES)
def test_a_failing_pod_is_created_as_recorded(cause: str, replayed: dict[str, tuple[Recorded, Replayed]]):
    each, one = replayed[cause]
    assert plain(one.created) == plain(each.created)


@pytest.mark.parametrize("cause", CAUSES)
def test_a_failing_pod_has_the_recorded_statuses(cause: str, replayed: dict[str, tuple[Recorded, Replayed]]):
    each, one = replayed[cause]
    pods = [plain(without_released(pod)) for pod in one.pods]
    pod = unmatched(wanted_pods(each), pods)
    if pod is not None:
        assert closest(pod, pods) == []


@pytest.mark.parametrize("cause", CAUSES)
def test_a_failing_pod_has_the_recorded_events(cause: str, replayed: dict[str, tuple[Recorded, Replayed]]):
    each, one = replayed[cause]
    wanted, found = first_events(each.events), first_events(one.events)
    assert found[: len(wanted)] == wanted
    repeated = [plain(event) for event in each.events if event.get("count") == 2]
    assert [event for event in repeated if event not in list(map(plain, one.events))] == []


def closest(pod: Obj, pods: list[Obj]) -> list[str]:
    """How the most similar of some pods differs, for the message."""
    return min((list(differences(each, pod)) for each in pods), key=len, default=["there was no status"])
