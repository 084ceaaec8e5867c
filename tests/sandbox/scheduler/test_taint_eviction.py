"""A NoExecute taint evicts the pods that do not tolerate it, or do so for a time only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox import seed
from sandbox.apimachinery.json_types import Obj
from sandbox.authorization.users import ADMIN
from sandbox.controllers.loop import Cluster
from sandbox.registry.api import Api
from sandbox.scheduler.taint_eviction import TaintEviction
from tests.sandbox.projects import PROJECT, a_pod, an_api

TAINT = {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"}
TOLERATION = {"key": TAINT["key"], "operator": "Exists"}


@pytest.fixture
def api() -> Api:
    """A project with a pod `one` on its node."""
    api = an_api()
    api.store.create("nodes", seed.node())
    return api


def run(api: Api, **spec: Any) -> Obj:
    api.create("pods", a_pod("one", nodeName="sandbox", **spec), ADMIN)
    return api.store.get("pods", "one")


def reconcile(api: Api) -> float | None:
    return TaintEviction(Cluster(api.store, api, PROJECT, Path("unused"))).reconcile()


def taint(api: Api, **changes: str) -> None:
    api.store.modify("nodes", "sandbox", lambda node: node["spec"].update(taints=[{**TAINT, **changes}]))


def test_a_pod_that_does_not_tolerate_the_taint_is_evicted(api: Api):
    run(api)
    taint(api)
    assert reconcile(api) is None
    pod = api.store.get("pods", "one")
    assert pod["metadata"]["deletionTimestamp"]
    [condition] = pod["status"]["conditions"]
    assert condition.pop("lastTransitionTime")
    assert condition == {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "reason": "DeletionByTaintManager",
        "message": "Taint manager: deleting due to NoExecute taint",
    }
    [event] = api.store.list("events")
    assert (event["reason"], event["message"]) == ("TaintManagerEviction", "Marking for deletion Pod rec/one")


@pytest.mark.parametrize(
    ("spec", "changes"),
    [
        ({}, {"effect": "NoSchedule"}),
        ({"tolerations": [TOLERATION]}, {}),
        ({"tolerations": [{"operator": "Exists"}]}, {}),
    ],
)
def test_a_pod_stays_that_tolerates_the_taint(api: Api, spec: Obj, changes: dict[str, str]):
    before = run(api, **spec)
    taint(api, **changes)
    assert reconcile(api) is None
    assert api.store.get("pods", "one") == before


def test_a_pod_stays_for_its_toleration_seconds(api: Api):
    before = run(api, tolerations=[{**TOLERATION, "effect": "NoExecute", "tolerationSeconds": 300}])
    taint(api)
    left = reconcile(api)
    assert left is not None and 290 < left <= 300
    assert api.store.get("pods", "one") == before
