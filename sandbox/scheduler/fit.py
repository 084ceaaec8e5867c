"""Why a pod does not fit a node: the filters of the default scheduler, as pure functions with its words.

Rules: `pkg/scheduler/framework/plugins` of Kubernetes 1.36. As there, the first filter that rejects a node
decides what is said about it; only resources are reported together.

| filter | what it looks at |
|---|---|
| NodeUnschedulable | `kubectl cordon` |
| TaintToleration | taints with the effect NoSchedule or NoExecute |
| NodeAffinity | `nodeSelector`, required node affinity |
| NodeResourcesFit | requests against what the node's pods leave: pods, CPU, memory, storage, GPUs |
| PodTopologySpread | the topology key: on one node pods are always spread evenly |
| InterPodAffinity | required affinity and anti-affinity to the node's pods |

Not looked at: host ports, which no SCC of the project allows, and preferences.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.quantity import Quantity
from sandbox.apimachinery.selectors import label_query

Amounts = dict[str, Fraction]
REPELS = ("NoSchedule", "NoExecute")
SPREAD = "node(s) didn't match pod topology spread constraints"
UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class Misfit(NamedTuple):
    """Why a node rejects a pod; `final` when removing pods from the node would not help."""

    reasons: list[str]
    final: bool


def misfit(pod: Obj, node: Obj, others: list[Obj]) -> Misfit | None:
    """Return why the pod does not fit the node beside `others`, the pods on it; None when it fits."""
    spec = node.get("spec", {})
    if spec.get("unschedulable") and not _tolerates(pod, UNSCHEDULABLE):
        return Misfit(["node(s) were unschedulable"], final=True)
    taints = [taint for taint in spec.get("taints") or [] if taint["effect"] in REPELS]
    if not all(_tolerates(pod, taint) for taint in taints):
        return Misfit(["node(s) had untolerated taint(s)"], final=True)
    if not _matches_node(pod["spec"], node):
        return Misfit(["node(s) didn't match Pod's node affinity/selector"], final=True)
    if lacking := list(_lacking(pod, node, others)):
        allocatable = _amounts(node["status"]["allocatable"])
        wanted = requests(pod)
        final = any(amount > allocatable.get(name, 0) for name, amount in wanted.items())
        return Misfit(lacking, final)
    labels = node["metadata"].get("labels") or {}
    spreads = pod["spec"].get("topologySpreadConstraints") or []
    if any(
        each["topologyKey"] not in labels and each["whenUnsatisfiable"] == "DoNotSchedule" for each in spreads
    ):
        return Misfit([f"{SPREAD} (missing required label)"], final=True)
    return _affinity_misfit(pod, others)


def requests(pod: Obj) -> Amounts:
    """Sum a pod's requests: its containers, or an init container that asks for more."""
    spec = pod["spec"]
    total: Amounts = {}
    for container in spec["containers"]:
        for name, amount in _amounts((container.get("resources") or {}).get("requests")).items():
            total[name] = total.get(name, Fraction(0)) + amount
    for container in spec.get("initContainers") or []:
        for name, amount in _amounts((container.get("resources") or {}).get("requests")).items():
            total[name] = max(total.get(name, Fraction(0)), amount)
    for name, amount in _amounts(spec.get("overhead")).items():
        total[name] = total.get(name, Fraction(0)) + amount
    return total


def _amounts(quantities: Obj | None) -> Amounts:
    return {name: Quantity.parse(text).value for name, text in (quantities or {}).items()}


def _lacking(pod: Obj, node: Obj, others: list[Obj]) -> Iterator[str]:
    allocatable = _amounts(node["status"]["allocatable"])
    if len(others) + 1 > allocatable.get("pods", Fraction(0)):
        yield "Too many pods"
    used: Amounts = {}
    for other in others:
        for name, amount in requests(other).items():
            used[name] = used.get(name, Fraction(0)) + amount
    for name, amount in requests(pod).items():
        if amount and amount > allocatable.get(name, Fraction(0)) - used.get(name, Fraction(0)):
            yield f"Insufficient {name}"


def _tolerates(pod: Obj, taint: Obj) -> bool:
    return any(tolerates(toleration, taint) for toleration in pod["spec"].get("tolerations") or [])


def tolerates(toleration: Obj, taint: Obj) -> bool:
    """Return True when a toleration matches a taint; an empty key or effect matches all."""
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    exists = toleration.get("operator") == "Exists"
    return exists or toleration.get("value", "") == taint.get("value", "")


def _matches_node(spec: Obj, node: Obj) -> bool:
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return required is None or any(_matches_term(term, node) for term in required["nodeSelectorTerms"])


def _matches_term(term: Obj, node: Obj) -> bool:
    """Match one node selector term; an empty term matches nothing."""
    labels = node["metadata"].get("labels") or {}
    fields = {"metadata.name": node["metadata"]["name"]}
    expressions = [(each, labels) for each in term.get("matchExpressions") or []]
    expressions += [(each, fields) for each in term.get("matchFields") or []]
    return bool(expressions) and all(_matches(each, values) for each, values in expressions)


def _matches(expression: Obj, labels: dict[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    try:
        found, bound = int(value or ""), int(values[0])
    except ValueError:
        return False
    return found > bound if expression["operator"] == "Gt" else found < bound


def _affinity_misfit(pod: Obj, others: list[Obj]) -> Misfit | None:
    for term in _pod_terms(pod, "podAffinity"):
        matching = label_query(term.get("labelSelector"))
        if not any(map(matching, others)) and not matching(pod):  # the first of a group may start it
            return Misfit(["node(s) didn't match pod affinity rules"], final=True)
    for term in _pod_terms(pod, "podAntiAffinity"):
        if any(map(label_query(term.get("labelSelector")), others)):
            return Misfit(["node(s) didn't match pod anti-affinity rules"], final=False)
    for other in others:
        if any(label_query(term.get("labelSelector"))(pod) for term in _pod_terms(other, "podAntiAffinity")):
            return Misfit(["node(s) didn't satisfy existing pods anti-affinity rules"], final=False)
    return None


def _pod_terms(pod: Obj, kind: str) -> list[Obj]:
    affinity = (pod["spec"].get("affinity") or {}).get(kind) or {}
    terms: list[Obj] = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or []
    return terms
