"""Whether network policies block a connection that the hub needs.

The rules: https://kubernetes.io/docs/concepts/services-networking/network-policies/
What the hub cannot evaluate counts as allowed: address ranges, named ports, and labels of namespaces.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .facts import Facts, Obj
from .finding import PASSED, UNKNOWN, WARNING, Finding

CHECK = "network policies"
NAMESPACE = "kubernetes.io/metadata.name"
ROUTER = "router"


class Connection(NamedTuple):
    """A connection between two components of the hub, or from the cluster's router."""

    source: str
    target: str
    port: int

    def __str__(self) -> str:
        return f"from the {self.source} to the {self.target} on port {self.port}"


PEERS = {"Egress": "to", "Ingress": "from"}
COMPONENTS = {"notebook servers": "singleuser-server"}  # label values that are not the name used here


def connections(server_port: int) -> list[Connection]:
    """Return the connections without which no server can be used; servers listen on `server_port`."""
    return [
        Connection(ROUTER, "proxy", 8080),
        Connection("proxy", "hub", 8081),
        Connection("hub", "proxy", 8001),
        Connection("hub", "notebook servers", server_port),
        Connection("proxy", "notebook servers", server_port),
        Connection("notebook servers", "hub", 8081),
    ]


DATABASE = Connection("hub", "database", 5432)


def check_network_policies(facts: Facts, database: str, server_port: int) -> Finding:
    """Report connections that the project's network policies block."""
    policies, show = facts.items("network policies"), "oc describe networkpolicies"
    if policies is None:
        return Finding(CHECK, UNKNOWN, "The hub may not read the project's network policies.", show)
    wanted = [*connections(server_port), *([DATABASE] if database == f"{facts.name}-db" else [])]
    blocked = [each for each in wanted if not allowed(policies, facts, each)]
    if not blocked:
        return Finding(CHECK, PASSED, "No network policy blocks a connection that the hub needs.", show)
    message = f"Network policies block connections {', '.join(map(str, blocked))}."
    return Finding(CHECK, WARNING, message, show)


def allowed(policies: list[Obj], facts: Facts, connection: Connection) -> bool:
    """Return whether the policies of source and target allow the connection."""
    source, target = (_labels(facts.name, part) for part in (connection.source, connection.target))

    def side(direction: str, pod: Mapping[str, str] | None, peer: Mapping[str, str] | None) -> bool:
        rules = None if pod is None else _rules(policies, direction, pod)
        return rules is None or any(
            _has_port(rule, connection.port) and _has_peer(rule.get(PEERS[direction]), peer, facts.namespace)
            for rule in rules
        )

    return side("Egress", source, target) and side("Ingress", target, source)


def _labels(name: str, part: str) -> dict[str, str] | None:
    """Return the labels of a component's pods; None for the router, which runs in another namespace."""
    return None if part == ROUTER else {"app": name, "component": COMPONENTS.get(part, part)}


def _rules(policies: list[Obj], direction: str, pod: Mapping[str, str]) -> list[Obj] | None:
    """Return the rules of the policies that select a pod; None if none does, so that all is allowed."""
    specs = [
        policy["spec"]
        for policy in policies
        if direction in _types(policy["spec"]) and matches(policy["spec"].get("podSelector") or {}, pod)
    ]
    return [rule for spec in specs for rule in spec.get(direction.lower()) or []] if specs else None


def _types(spec: Obj) -> list[str]:
    return spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]


def _has_port(rule: Obj, port: int) -> bool:
    for entry in rule.get("ports") or []:
        first = entry.get("port", port)
        if entry.get("protocol", "TCP") == "TCP" and (
            isinstance(first, str) or first <= port <= entry.get("endPort", first)
        ):
            return True
    return not rule.get("ports")


def _has_peer(peers: list[Obj] | None, pod: Mapping[str, str] | None, namespace: str) -> bool:
    """Return whether a rule names the pod; None stands for a pod of the router's namespace."""
    return not peers or any(_is_peer(each, pod, namespace) for each in peers)


def _is_peer(entry: Obj, pod: Mapping[str, str] | None, namespace: str) -> bool:
    selector = entry.get("namespaceSelector")
    if "ipBlock" in entry:
        return True
    if pod is None:
        return selector is not None
    by_name = selector is not None and _keys(selector) <= {NAMESPACE}
    if by_name and not matches(selector or {}, {NAMESPACE: namespace}):
        return False
    return matches(entry.get("podSelector") or {}, pod)


def _keys(selector: Obj) -> set[str]:
    expressions = selector.get("matchExpressions") or []
    return {*(selector.get("matchLabels") or {}), *(each["key"] for each in expressions)}


def matches(selector: Obj, labels: Mapping[str, str]) -> bool:
    """Return whether a label selector selects these labels."""
    plain: Mapping[str, Any] = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in plain.items()) and all(
        _expressions(selector, labels)
    )


def _expressions(selector: Obj, labels: Mapping[str, str]) -> Iterator[bool]:
    for each in selector.get("matchExpressions") or []:
        value, operator = labels.get(each["key"]), each["operator"]
        if operator == "In":
            yield value in each["values"]
        elif operator == "NotIn":
            yield value not in each["values"]
        else:
            yield (value is not None) == (operator == "Exists")
