"""The scheduler binds a pod, or says in a cluster's words why it fits no node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox import seed
from sandbox.apimachinery.json_types import Obj
from sandbox.authorization.users import ADMIN
from sandbox.controllers.loop import Cluster
from sandbox.registry.api import Api
from sandbox.scheduler.scheduler import Scheduler
from tests.sandbox.projects import PROJECT, a_pod, an_api

NOT_HELPFUL = (
    "no new claims to deallocate, preemption: 0/1 nodes are available: "
    "1 Preemption is not helpful for scheduling."
)
NO_VICTIMS = (
    "no new claims to deallocate, preemption: 0/1 nodes are available: "
    "1 No preemption victims found for incoming pod."
)
SMALL = {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "10Gi", "pods": "3"}
GPU = {"key": "gpu", "value": "a100", "effect": "NoSchedule"}


@pytest.fixture
def api() -> Api:
    """A project with one node of 4 CPUs and 8 GiB for 3 pods."""
    api = an_api()
    node = seed.node()
    node["status"] |= {"capacity": dict(SMALL), "allocatable": dict(SMALL)}
    api.store.create("nodes", node)
    return api


def schedule(api: Api) -> None:
    Scheduler(Cluster(api.store, api, PROJECT, Path("unused"))).reconcile()


def create(api: Api, name: str, memory: str = "1Gi", cpu: str = "1", **spec: Any) -> Obj:
    requests = {"memory": memory, "cpu": cpu, **spec.pop("requests", {})}
    resources = {"requests": requests, "limits": dict(requests)}
    labels = spec.pop("labels", {})
    pod = a_pod(name, container={"resources": resources}, **spec)
    pod["metadata"]["labels"] = labels
    return api.create("pods", pod, ADMIN)


def change_node(api: Api, **spec: Any) -> None:
    api.store.modify("nodes", "sandbox", lambda node: node["spec"].update(spec))


def why(api: Api, name: str) -> str:
    """Why a pod has no node; empty when it has one."""
    schedule(api)
    pod = api.store.get("pods", name)
    if pod["spec"].get("nodeName"):
        return ""
    [condition] = pod["status"]["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == (
        *("PodScheduled", "False", "Unschedulable"),
    )
    [event] = api.store.list("events", field_selector=f"involvedObject.name={name},reason=FailedScheduling")
    assert event["message"] == condition["message"]
    return str(condition["message"]).removeprefix("0/1 nodes are available: ")


def affinity(kind: str, **term: Any) -> Obj:
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def node_affinity(*expressions: Obj) -> Obj:
    terms = {"nodeSelectorTerms": [{"matchExpressions": list(expressions)}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def spread(key: str) -> Obj:
    selector = {"matchLabels": {"app": "hub"}}
    return {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector}


SELECTOR = f"1 node(s) didn't match Pod's node affinity/selector. {NOT_HELPFUL}"
OTHERS = {"labelSelector": {"matchLabels": {"app": "hub"}}, "topologyKey": "kubernetes.io/hostname"}


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({}, ""),
        ({"nodeSelector": {"kubernetes.io/os": "linux"}}, ""),
        ({"nodeSelector": {"gpu": "yes"}}, SELECTOR),
        ({"affinity": node_affinity({"key": "kubernetes.io/arch", "operator": "Exists"})}, ""),
        ({"affinity": node_affinity({"key": "gpu", "operator": "Exists"})}, SELECTOR),
        ({"affinity": node_affinity({"key": "gpu", "operator": "DoesNotExist"})}, ""),
        ({"affinity": node_affinity({"key": "gpu", "operator": "NotIn", "values": ["no"]})}, ""),
        ({"affinity": node_affinity({"key": "gpu", "operator": "Gt", "values": ["1"]})}, SELECTOR),
        ({"memory": "9Gi"}, f"1 Insufficient memory. {NOT_HELPFUL}"),
        ({"memory": "9Gi", "cpu": "5"}, f"1 Insufficient cpu, 1 Insufficient memory. {NOT_HELPFUL}"),
        ({"requests": {"nvidia.com/gpu": "1"}}, f"1 Insufficient nvidia.com/gpu. {NOT_HELPFUL}"),
        (
            {"affinity": affinity("podAffinity", **OTHERS)},
            f"1 node(s) didn't match pod affinity rules. {NOT_HELPFUL}",
        ),
        ({"affinity": affinity("podAffinity", **OTHERS), "labels": {"app": "hub"}}, ""),
        ({"affinity": affinity("podAntiAffinity", **OTHERS)}, ""),
        ({"topologySpreadConstraints": [spread("kubernetes.io/hostname")]}, ""),
        (
            {"topologySpreadConstraints": [spread("zone")]},
            "1 node(s) didn't match pod topology spread constraints (missing required label). " + NOT_HELPFUL,
        ),
    ],
)
def test_a_pod_on_an_empty_node(api: Api, spec: Obj, reason: str):
    create(api, "one", **spec)
    assert why(api, "one") == reason


def test_a_taint_needs_a_toleration(api: Api):
    change_node(api, taints=[GPU])
    create(api, "without")
    assert why(api, "without") == f"1 node(s) had untolerated taint(s). {NOT_HELPFUL}"
    create(api, "other", tolerations=[{"key": "gpu", "value": "t4", "effect": "NoSchedule"}])
    assert why(api, "other") == f"1 node(s) had untolerated taint(s). {NOT_HELPFUL}"
    create(api, "same", tolerations=[{"key": "gpu", "value": "a100"}])
    create(api, "any", tolerations=[{"operator": "Exists"}])
    assert (why(api, "same"), why(api, "any")) == ("", "")


def test_a_taint_that_only_prefers_other_nodes_keeps_no_pod_away(api: Api):
    change_node(api, taints=[{**GPU, "effect": "PreferNoSchedule"}])
    create(api, "one")
    assert why(api, "one") == ""


def test_a_cordoned_node_takes_no_pod_until_it_is_uncordoned(api: Api):
    change_node(api, unschedulable=True)
    create(api, "one")
    assert why(api, "one") == f"1 node(s) were unschedulable. {NOT_HELPFUL}"
    change_node(api, unschedulable=False)
    assert why(api, "one") == ""


def test_requests_of_the_pods_on_the_node_count(api: Api):
    create(api, "first", memory="5Gi")
    create(api, "second", memory="5Gi")
    assert why(api, "first") == ""
    assert why(api, "second") == f"1 Insufficient memory. {NO_VICTIMS}"
    api.store.modify("pods", "first", lambda pod: pod["status"].update(phase="Succeeded"))
    assert why(api, "second") == ""


def test_a_node_takes_a_number_of_pods(api: Api):
    names = [f"pod-{number}" for number in range(4)]
    for name in names:
        create(api, name, cpu="10m")
    assert [why(api, name) for name in names] == ["", "", "", f"1 Too many pods. {NO_VICTIMS}"]


def test_pods_with_anti_affinity_stay_apart(api: Api):
    create(api, "first", labels={"app": "hub"})
    create(api, "second", affinity=affinity("podAntiAffinity", **OTHERS))
    assert why(api, "second") == f"1 node(s) didn't match pod anti-affinity rules. {NO_VICTIMS}"


def test_an_init_container_may_ask_for_more_than_the_others(api: Api):
    container = {"name": "init", "image": "busybox:1", "resources": {"requests": {"memory": "9Gi"}}}
    container["resources"]["limits"] = dict(container["resources"]["requests"])
    create(api, "one", initContainers=[container])
    assert why(api, "one") == f"1 Insufficient memory. {NOT_HELPFUL}"


@pytest.mark.parametrize("spec", [{"schedulingGates": [{"name": "quota"}]}, {"schedulerName": "other"}])
def test_a_pod_with_a_gate_or_another_scheduler_is_left_alone(api: Api, spec: Obj):
    before = create(api, "one", **spec)
    schedule(api)
    assert api.store.get("pods", "one") == before
    assert api.store.list("events") == []


def test_the_pod_of_the_highest_priority_comes_first(api: Api):
    priority(api, "high", 100)
    create(api, "early", memory="6Gi")
    create(api, "late", memory="6Gi", priorityClassName="high")
    assert (why(api, "late"), why(api, "early")) == ("", f"1 Insufficient memory. {NO_VICTIMS}")


def test_a_pod_preempts_the_fewest_pods_of_lower_priority(api: Api):
    priority(api, "low", 10)
    priority(api, "high", 100)
    create(api, "small", memory="2Gi")
    create(api, "large", memory="4Gi", priorityClassName="low")
    schedule(api)
    urgent = create(api, "urgent", memory="3Gi", priorityClassName="high")
    schedule(api)
    assert api.store.get("pods", "urgent")["status"]["nominatedNodeName"] == "sandbox"
    assert not api.store.get("pods", "large")["metadata"].get("deletionTimestamp")
    preempted = api.store.get("pods", "small")
    assert preempted["metadata"]["deletionTimestamp"]
    [disruption] = [one for one in preempted["status"]["conditions"] if one["type"] == "DisruptionTarget"]
    assert (disruption["reason"], disruption["message"]) == (
        "PreemptionByScheduler",
        "default-scheduler: preempting to accommodate a higher priority pod",
    )
    [event] = api.store.list("events", field_selector="reason=Preempted")
    assert event["message"] == f"Preempted by pod {urgent['metadata']['uid']} on node sandbox"
    api.store.remove("pods", "small")
    schedule(api)
    assert api.store.get("pods", "urgent")["spec"]["nodeName"] == "sandbox"


def test_a_class_that_never_preempts_waits(api: Api):
    priority(api, "patient", 100, preemptionPolicy="Never")
    create(api, "first", memory="6Gi")
    schedule(api)
    create(api, "second", memory="6Gi", priorityClassName="patient")
    waits = "no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
    assert why(api, "second") == f"1 Insufficient memory. {waits}"


def priority(api: Api, name: str, value: int, **more: Any) -> None:
    meta = {"kind": "PriorityClass", "metadata": {"name": name}, "value": value}
    api.create("priorityclasses.scheduling.k8s.io", {**meta, **more}, ADMIN)
