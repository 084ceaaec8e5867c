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
from functools import lru_cache
from typing import NamedTuple

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.quantity import Quantity
from sandbox.apimachinery.selectors import label_query

Amounts = dict[str, Fraction]
ZERO = Fraction(0)
REPELS = ("NoSchedule", "NoExecute")
SPREAD = "node(s) didn't match pod topology spread constraints"
UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class Misfit(NamedTuple):
    """Why a node rejects a pod; `final` when removing pods from the node would not help."""

    reasons: list[str]
    final: bool


class NodeInfo:
    """A node with the pods on it and the sum of their requests."""

    def __init__(self, node: Obj, pods: list[Obj]) -> None:
        self.node = node
        self.allocatable = _amounts(node["status"]["allocatable"])
        self.pods: list[Obj] = []
        self.used: Amounts = {}
        for pod in pods:
            self.add(pod)

    def add(self, pod: Obj) -> None:
        """Count one more pod."""
        self.pods.append(pod)
        for name, amount in requests(pod).items():
            self.used[name] = self.used.get(name, ZERO) + amount


def misfit(pod: Obj, info: NodeInfo) -> Misfit | None:
    """Return why the pod does not fit a node beside the pods on it; None when it fits."""
    node = info.node
    spec = node.get("spec", {})
    if spec.get("unschedulable") and not _tolerates(pod, UNSCHEDULABLE):
        return Misfit(["node(s) were unschedulable"], final=True)
    taints = [taint for taint in spec.get("taints") or [] if taint["effect"] in REPELS]
    if not all(_tolerates(pod, taint) for taint in taints):
        return Misfit(["node(s) had untolerated taint(s)"], final=True)
    if not _matches_node(pod["spec"], node):
        return Misfit(["node(s) didn't match Pod's node affinity/selector"], final=True)
    if lacking := list(_lacking(pod, info)):
        final = any(amount > info.allocatable.get(name, ZERO) for name, amount in requests(pod).items())
        return Misfit(lacking, final)
    labels = node["metadata"].get("labels") or {}
    spreads = pod["spec"].get("topologySpreadConstraints") or []
    if any(
        each["topologyKey"] not in labels and each["whenUnsatisfiable"] == "DoNotSchedule" for each in spreads
    ):
        return Misfit([f"{SPREAD} (missing required label)"], final=True)
    return _affinity_misfit(pod, info.pods)


def requests(pod: Obj) -> Amounts:
    """Sum a pod's requests: its containers, or an init container that asks for more."""
    spec = pod["spec"]
    total: Amounts = {}
    for container in spec["containers"]:
        for name, amount in _amounts((container.get("resources") or {}).get("requests")).items():
            total[name] = total.get(name, ZERO) + amount
    for container in spec.get("initContainers") or []:
        for name, amount in _amounts((container.get("resources") or {}).get("requests")).items():
            total[name] = max(total.get(name, ZERO), amount)
    for name, amount in _amounts(spec.get("overhead")).items():
        total[name] = total.get(name, ZERO) + amount
    return total


def _amounts(quantities: Obj | None) -> Amounts:
    return {name: _amount(text) for name, text in (quantities or {}).items()}


@lru_cache(maxsize=1024)
def _amount(text: str) -> Fraction:
    return Quantity.parse(text).value


def _lacking(pod: Obj, info: NodeInfo) -> Iterator[str]:
    if len(info.pods) + 1 > info.allocatable.get("pods", ZERO):
        yield "Too many pods"
    for name, amount in requests(pod).items():
        if amount and amount > info.allocatable.get(name, ZERO) - info.used.get(name, ZERO):
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
