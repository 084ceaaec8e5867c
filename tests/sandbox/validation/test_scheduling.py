"""What the API refuses of selectors, affinities, topology spread, taints and storage classes.

The messages are those of `validation.go` in Kubernetes 1.36.
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import DEPLOYMENTS, REPLICA_SETS
from sandbox.authorization.users import ADMIN
from tests.sandbox.projects import a_pod, an_api, refusal

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
BUDGETS, CLASSES = "poddisruptionbudgets.policy", "storageclasses.storage.k8s.io"
NAME = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)


def message(resource: str, obj: Obj) -> str:
    """Return what follows `is invalid: ` in the refusal."""
    caught = refusal(an_api(), resource, obj, ADMIN)
    assert caught.code == 422
    return caught.message.partition(" is invalid: ")[2]


def workload(selector: Obj) -> Obj:
    template = {"metadata": {"labels": {"app": "x"}}, "spec": a_pod()["spec"]}
    return {"metadata": {"name": "w"}, "spec": {"selector": selector, "template": template}}


@pytest.mark.parametrize(
    ("resource", "after"),
    [
        (DEPLOYMENTS, ": invalid label selector"),
        (REPLICA_SETS, ": invalid label selector"),
        ("statefulsets.apps", ""),
    ],
)
def test_an_unknown_operator_in_a_workloads_selector_is_refused(resource: str, after: str) -> None:
    text = message(resource, workload({"matchExpressions": [{"key": "app", "operator": "Is"}]}))
    operator = (
        'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator'
    )
    value = '{"matchExpressions":[{"key":"app","operator":"Is"}]}'
    assert text == f"[{operator}, spec.selector: Invalid value: {value}{after}]"


def test_a_workloads_expressions_must_match_its_template() -> None:
    text = message(DEPLOYMENTS, workload({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}))
    labels = 'spec.template.metadata.labels: Invalid value: {"app":"x"}'
    assert text == f"{labels}: `selector` does not match template `labels`"


def test_a_budgets_selector_is_validated() -> None:
    terms = [{"key": "a b", "operator": "In"}, {"key": "b", "operator": "Exists", "values": ["c"]}]
    budget = {
        "metadata": {"name": "b"},
        "spec": {"maxUnavailable": 1, "selector": {"matchExpressions": terms}},
    }
    path = "spec.selector.matchExpressions"
    assert message(BUDGETS, budget) == (
        f"[{path}[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn', "
        f'{path}[0].key: Invalid value: "a b": name part {NAME}, '
        f"{path}[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist']"
    )


NODES, PODS = "spec.affinity.nodeAffinity", "spec.affinity.podAntiAffinity"


@pytest.mark.parametrize(
    ("spec", "refused"),
    [
        (
            {"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": []}}}},
            f"{NODES}.{REQUIRED}.nodeSelectorTerms: "
            "Required value: must have at least one node selector term",
        ),
        (
            {
                "affinity": {
                    "nodeAffinity": {
                        REQUIRED: {
                            "nodeSelectorTerms": [
                                {
                                    "matchExpressions": [
                                        {"key": "gpus", "operator": "Gt", "values": ["1", "2"]}
                                    ]
                                }
                            ]
                        }
                    }
                }
            },
            f"{NODES}.{REQUIRED}.nodeSelectorTerms[0].matchExpressions[0].values: Required value: "
            "must be specified single value when `operator` is 'Lt' or 'Gt'",
        ),
        (
            {
                "affinity": {
                    "nodeAffinity": {
                        REQUIRED: {
                            "nodeSelectorTerms": [
                                {"matchFields": [{"key": "name", "operator": "In", "values": ["n"]}]}
                            ]
                        }
                    }
                }
            },
            f'{NODES}.{REQUIRED}.nodeSelectorTerms[0].matchFields[0].key: Invalid value: "name": '
            "not a valid field selector key",
        ),
        (
            {"affinity": {"nodeAffinity": {PREFERRED: [{"weight": 101, "preference": {}}]}}},
            f"{NODES}.{PREFERRED}[0].weight: Invalid value: 101: must be in the range 1-100",
        ),
        (
            {"affinity": {"podAntiAffinity": {REQUIRED: [{"labelSelector": {}}]}}},
            f"[{PODS}.{REQUIRED}[0].topologyKey: Required value: can not be empty, "
            f'{PODS}.{REQUIRED}[0].topologyKey: Invalid value: "": name part must be non-empty, '
            f'{PODS}.{REQUIRED}[0].topologyKey: Invalid value: "": name part {NAME}]',
        ),
        (
            {"topologySpreadConstraints": [{"maxSkew": 0, "topologyKey": "", "whenUnsatisfiable": "Wait"}]},
            "[spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero, "
            "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty, "
            'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Wait": '
            'supported values: "DoNotSchedule", "ScheduleAnyway"]',
        ),
        (
            {
                "topologySpreadConstraints": [
                    {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"},
                    {"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"},
                ]
            },
            "spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: "
            'Duplicate value: "{zone, ScheduleAnyway}"',
        ),
        (
            {
                "topologySpreadConstraints": [
                    {
                        "maxSkew": 1,
                        "topologyKey": "zone",
                        "whenUnsatisfiable": "ScheduleAnyway",
                        "minDomains": 2,
                    }
                ]
            },
            "spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: "
            "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway",
        ),
        (
            {"schedulingGates": [{"name": "a/b"}, {"name": "a/b"}]},
            'spec.schedulingGates[1]: Duplicate value: "a/b"',
        ),
    ],
)
def test_where_a_pod_may_run_is_validated(spec: dict[str, Any], refused: str) -> None:
    assert message("pods", a_pod(**spec)) == refused


def test_preferred_node_affinity_may_have_any_value() -> None:
    term = {"matchExpressions": [{"key": "gpu", "operator": "In", "values": ["a b"]}]}
    affinity = {"nodeAffinity": {PREFERRED: [{"weight": 1, "preference": term}]}}
    made = an_api().create("pods", a_pod(affinity=affinity), ADMIN)
    assert made["spec"]["affinity"] == affinity


def test_the_taints_of_a_node_are_validated() -> None:
    taints = [{"key": "gpu", "effect": "NoSchedule"}, {"key": "gpu", "effect": "NoSchedule"}, {"key": "b"}]
    node = {"metadata": {"name": "n"}, "spec": {"taints": taints}}
    assert message("nodes", node) == (
        '[spec.taints[1]: Duplicate value: {"key":"gpu","effect":"NoSchedule"}: '
        "taints must be unique by key and effect pair, spec.taints[2].effect: Required value]"
    )
