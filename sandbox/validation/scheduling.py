"""Validation of where a pod may run: node selectors, affinities, tolerations, topology spread, gates, taints.

Messages: `k8s.io/kubernetes/pkg/apis/core/validation/validation.go`.
"""

from __future__ import annotations

from sandbox.apimachinery.errors import Cause
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import (
    duplicate,
    forbidden,
    invalid,
    label_value,
    labels,
    named,
    qualified,
    required,
    unsupported,
)
from sandbox.validation.label_selectors import NOT_AN_OPERATOR, WITH_VALUES, label_selector, requirement

EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
ACTIONS = ["DoNotSchedule", "ScheduleAnyway"]
POLICIES = ["Honor", "Ignore"]
COMPARISONS = ("Gt", "Lt")
POSITIVE = "must be greater than zero"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def scheduling(spec: Obj, path: str) -> list[Cause]:
    """Validate the fields of a pod's spec that the scheduler reads."""
    problems = labels(f"{path}.nodeSelector", spec.get("nodeSelector") or {})
    problems += _affinity(spec.get("affinity") or {}, f"{path}.affinity")
    problems += _tolerations(spec.get("tolerations") or [], f"{path}.tolerations")
    problems += _gates(spec, path)
    return problems + _spread(
        spec.get("topologySpreadConstraints") or [], f"{path}.topologySpreadConstraints"
    )


def node(obj: Obj) -> list[Cause]:
    """Validate the taints of a node."""
    problems: list[Cause] = []
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(obj["spec"].get("taints") or []):
        path, key, effect = f"spec.taints[{index}]", taint.get("key", ""), taint.get("effect", "")
        problems += qualified(f"{path}.key", key)
        problems += label_value(f"{path}.value", taint.get("value", ""))
        if not effect:
            problems.append(required(f"{path}.effect"))
        elif effect not in EFFECTS:
            problems.append(unsupported(f"{path}.effect", effect, EFFECTS))
        if (key, effect) in seen:
            why = duplicate(path, taint)
            problems.append(
                why._replace(message=f"{why.message}: taints must be unique by key and effect pair")
            )
        seen.add((key, effect))
    return problems


def _affinity(affinity: Obj, path: str) -> list[Cause]:
    of_nodes = affinity.get("nodeAffinity") or {}
    problems: list[Cause] = []
    if of_nodes.get(REQUIRED) is not None:
        terms, where = of_nodes[REQUIRED].get("nodeSelectorTerms") or [], f"{path}.nodeAffinity.{REQUIRED}"
        if not terms:
            why = "must have at least one node selector term"
            problems.append(required(f"{where}.nodeSelectorTerms", why))
        for index, term in enumerate(terms):
            problems += _node_term(term, f"{where}.nodeSelectorTerms[{index}]")
    for index, preferred in enumerate(of_nodes.get(PREFERRED) or []):
        where = f"{path}.nodeAffinity.{PREFERRED}[{index}]"
        problems += _weight(preferred, where)
        problems += _node_term(preferred.get("preference") or {}, f"{where}.preference", any_value=True)
    for kind in ("podAffinity", "podAntiAffinity"):
        of_pods = affinity.get(kind) or {}
        for index, term in enumerate(of_pods.get(REQUIRED) or []):
            problems += _pod_term(term, f"{path}.{kind}.{REQUIRED}[{index}]")
        for index, preferred in enumerate(of_pods.get(PREFERRED) or []):
            where = f"{path}.{kind}.{PREFERRED}[{index}]"
            problems += _weight(preferred, where)
            problems += _pod_term(preferred.get("podAffinityTerm") or {}, f"{where}.podAffinityTerm")
    return problems


def _weight(preferred: Obj, path: str) -> list[Cause]:
    weight = preferred.get("weight", 0)
    return [] if 1 <= weight <= 100 else [invalid(f"{path}.weight", weight, "must be in the range 1-100")]


def _node_term(term: Obj, path: str, *, any_value: bool = False) -> list[Cause]:
    problems: list[Cause] = []
    for index, each in enumerate(term.get("matchExpressions") or []):
        where = f"{path}.matchExpressions[{index}]"
        if each.get("operator") in COMPARISONS and len(each.get("values") or []) != 1:
            why = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            problems.append(required(f"{where}.values", why))
        problems += requirement(each, where, COMPARISONS, any_value=any_value)
    for index, each in enumerate(term.get("matchFields") or []):
        problems += _node_field(each, f"{path}.matchFields[{index}]")
    return problems


def _node_field(each: Obj, path: str) -> list[Cause]:
    operator, key, values = each.get("operator", ""), each.get("key", ""), each.get("values") or []
    problems: list[Cause] = []
    if operator not in WITH_VALUES:
        problems.append(invalid(f"{path}.operator", operator, NOT_AN_OPERATOR))
    elif len(values) != 1:
        why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        problems.append(required(f"{path}.values", why))
    if key != "metadata.name":
        return [*problems, invalid(f"{path}.key", key, "not a valid field selector key")]
    for index, value in enumerate(values):
        problems += named("subdomain", f"{path}.values[{index}]", value)
    return problems


def _pod_term(term: Obj, path: str) -> list[Cause]:
    problems = label_selector(term.get("labelSelector"), f"{path}.labelSelector")
    problems += label_selector(term.get("namespaceSelector"), f"{path}.namespaceSelector")
    for name in term.get("namespaces") or []:
        problems += named("label", f"{path}.namespace", name)
    key = term.get("topologyKey", "")
    if not key:
        problems.append(required(f"{path}.topologyKey", "can not be empty"))
    return problems + qualified(f"{path}.topologyKey", key)


def _tolerations(tolerations: list[Obj], path: str) -> list[Cause]:
    problems: list[Cause] = []
    for index, each in enumerate(tolerations):
        where, operator, effect = f"{path}[{index}]", each.get("operator", ""), each.get("effect", "")
        if each.get("key"):
            problems += qualified(f"{where}.key", each["key"])
        elif operator != "Exists":
            why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            problems.append(invalid(f"{where}.operator", operator, why))
        if each.get("tolerationSeconds") is not None and effect != "NoExecute":
            why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            problems.append(invalid(f"{where}.effect", effect, why))
        if operator == "Exists" and each.get("value"):
            why = "value must be empty when `operator` is 'Exists'"
            problems.append(invalid(f"{where}.operator", each["value"], why))
        if operator not in ("", "Equal", "Exists"):
            problems.append(unsupported(f"{where}.operator", operator, ["Equal", "Exists"]))
        if effect and effect not in EFFECTS:
            problems.append(unsupported(f"{where}.effect", effect, EFFECTS))
    return problems


def _gates(spec: Obj, path: str) -> list[Cause]:
    gates = [gate.get("name", "") for gate in spec.get("schedulingGates") or []]
    problems: list[Cause] = []
    for index, name in enumerate(gates):
        where = f"{path}.schedulingGates[{index}]"
        problems += qualified(where, name)
        if name in gates[:index]:
            problems.append(duplicate(where, name))
    if gates and spec.get("nodeName"):
        why = "cannot be set until all schedulingGates have been cleared"
        problems.append(forbidden(f"{path}.nodeName", why))
    return problems


def _spread(constraints: list[Obj], path: str) -> list[Cause]:
    problems: list[Cause] = []
    for index, each in enumerate(constraints):
        where = f"{path}[{index}]"
        skew, key, action = (
            each.get("maxSkew", 0),
            each.get("topologyKey", ""),
            each.get("whenUnsatisfiable", ""),
        )
        if skew <= 0:
            problems.append(invalid(f"{where}.maxSkew", skew, POSITIVE))
        if not key:
            problems.append(required(f"{where}.topologyKey", "can not be empty"))
        if action not in ACTIONS:
            problems.append(unsupported(f"{where}.whenUnsatisfiable", action, ACTIONS))
        following = [
            (c.get("topologyKey", ""), c.get("whenUnsatisfiable", "")) for c in constraints[index + 1 :]
        ]
        if (key, action) in following:
            pair = f"{{{key}, {action}}}"
            problems.append(duplicate(f"{where}.{{topologyKey, whenUnsatisfiable}}", pair))
        problems += _min_domains(each.get("minDomains"), action, f"{where}.minDomains")
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if each.get(field) not in (None, *POLICIES):
                problems.append(unsupported(f"{where}.{field}", each[field], POLICIES))
        problems += label_selector(each.get("labelSelector"), f"{where}.labelSelector")
    return problems


def _kind_of_spread(constraint: Obj) -> tuple[str, str]:
    return constraint.get("topologyKey", ""), constraint.get("whenUnsatisfiable", "")


def _min_domains(least: int | None, action: str, path: str) -> list[Cause]:
    if least is None:
        return []
    problems = [] if least > 0 else [invalid(path, least, POSITIVE)]
    if action != "DoNotSchedule":
        why = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        problems.append(invalid(path, least, why))
    return problems
