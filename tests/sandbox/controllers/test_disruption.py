"""Disruption budgets: their status, and the evictions that they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import DEPLOYMENTS, DISRUPTION_BUDGETS, REPLICA_SETS
from sandbox.authorization.users import ADMIN
from sandbox.controllers.disruption import Disruption
from sandbox.controllers.loop import Cluster
from sandbox.controllers.objects import owner_reference
from sandbox.registry.api import Api
from sandbox.registry.rest import Context
from sandbox.registry.subresources import Evictions
from tests.sandbox.projects import PROJECT, a_pod, an_api

READY, UNREADY = [{"type": "Ready", "status": "True"}], [{"type": "Ready", "status": "False"}]


def with_pods(ready: int, unready: int = 0, **budget: Any) -> tuple[Api, Obj]:
    """Return an API with running pods of one Deployment, and the status of their budget."""
    api = an_api()
    template = {"metadata": {"labels": {"app": "x"}}, "spec": a_pod()["spec"]}
    spec = {
        "replicas": ready + unready,
        "selector": {"matchLabels": {"app": "x"}},
        "template": template,
    }
    deployment = api.create(DEPLOYMENTS, {"metadata": {"name": "d"}, "spec": spec}, ADMIN)
    owners = [owner_reference(deployment, "apps/v1", "Deployment")]
    replicas = {"metadata": {"name": "r", "ownerReferences": owners}, "spec": spec}
    above = owner_reference(api.create(REPLICA_SETS, replicas, ADMIN), "apps/v1", "ReplicaSet")
    for index in range(ready + unready):
        pod = a_pod(f"p{index}", nodeName="n")
        pod["metadata"] |= {"labels": {"app": "x"}, "ownerReferences": [above]}
        api.create("pods", pod, ADMIN)
        status = {"phase": "Running", "conditions": READY if index < ready else UNREADY}
        api.store.modify("pods", f"p{index}", lambda p, status=status: p.update(status=status))
    selector = {"matchLabels": {"app": "x"}}
    api.create(
        DISRUPTION_BUDGETS, {"metadata": {"name": "b"}, "spec": {"selector": selector, **budget}}, ADMIN
    )
    Disruption(Cluster(api.store, api, PROJECT, Path())).reconcile()
    return api, api.store.get(DISRUPTION_BUDGETS, "b")["status"]


@pytest.mark.parametrize(
    ("ready", "unready", "budget", "counts"),
    [
        (2, 0, {"maxUnavailable": 1}, (1, 2, 1, 2)),
        (1, 1, {"maxUnavailable": 1}, (0, 1, 1, 2)),
        (3, 0, {"minAvailable": "50%"}, (1, 3, 2, 3)),
        (3, 0, {"minAvailable": 1}, (2, 3, 1, 3)),
        (1, 0, {"maxUnavailable": 0}, (0, 1, 1, 1)),
    ],
)
def test_the_status_counts_the_pods(ready: int, unready: int, budget: Obj, counts: tuple[int, ...]) -> None:
    _, status = with_pods(ready, unready, **budget)
    allowed, healthy, desired, expected = counts
    (condition,) = status.pop("conditions")
    assert status == {
        "observedGeneration": 1,
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
    }
    assert (condition["status"], condition["reason"]) == (
        ("True", "SufficientPods") if allowed else ("False", "InsufficientPods")
    )


async def test_a_second_eviction_waits_until_the_budget_is_counted_anew() -> None:
    api, _ = with_pods(2, maxUnavailable=1)
    evictions = Evictions(api)
    await evictions.create("p0", {}, Context(ADMIN, dry_run=True))
    await evictions.create("p0", {}, Context(ADMIN))
    with pytest.raises(StatusError) as caught:
        await evictions.create("p1", {}, Context(ADMIN))
    assert caught.value.status() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Cannot evict pod as it would violate the pod's disruption budget.",
        "reason": "TooManyRequests",
        "details": {
            "causes": [
                {
                    "reason": "DisruptionBudget",
                    "message": "The disruption budget b needs 1 healthy pods and has 2 currently",
                }
            ]
        },
        "code": 429,
    }


async def test_a_pod_that_is_not_ready_is_evicted_where_the_budget_always_allows_it() -> None:
    api, status = with_pods(1, 1, maxUnavailable=1, unhealthyPodEvictionPolicy="AlwaysAllow")
    assert status["disruptionsAllowed"] == 0
    await Evictions(api).create("p1", {}, Context(ADMIN))
    assert api.store.get("pods", "p1")["metadata"]["deletionTimestamp"]
    with pytest.raises(StatusError, match="violate the pod's disruption budget"):
        await Evictions(api).create("p0", {}, Context(ADMIN))
