"""Evaluate network policies over labels and addresses, as the API defines them.

https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.selectors import label_query


@dataclass(frozen=True)
class Pod:
    """A pod in the project (`namespace` is None), or in a namespace with these labels."""

    labels: dict[str, str]
    namespace: dict[str, str] | None = None
    address: str = field(default="10.128.0.7")


@dataclass(frozen=True)
class Host:
    """An address that belongs to no pod: a host outside the cluster, or a node."""

    address: str


def allowed(
    policies: list[Obj], source: Pod | Host, target: Pod | Host, port: int, protocol: str = "TCP"
) -> bool:
    """Whether the policies of both sides allow a connection."""
    return _passes(policies, "Egress", source, target, port, protocol) and _passes(
        policies, "Ingress", target, source, port, protocol
    )


def _passes(
    policies: list[Obj], way: str, pod: Pod | Host, other: Pod | Host, port: int, protocol: str
) -> bool:
    """Whether the policies of one side allow it. A pod that no policy selects allows everything."""
    if isinstance(pod, Host) or pod.namespace is not None:
        return True
    selecting = [
        policy["spec"]
        for policy in policies
        if way in policy["spec"]["policyTypes"] and _matches(policy["spec"]["podSelector"], pod.labels)
    ]
    rules = [rule for spec in selecting for rule in spec.get(way.lower(), [])]
    side = "to" if way == "Egress" else "from"
    return not selecting or any(
        _port(rule, port, protocol) and (side not in rule or any(_peer(peer, other) for peer in rule[side]))
        for rule in rules
    )


def _port(rule: Obj, port: int, protocol: str) -> bool:
    if "ports" not in rule:
        return True
    return any((entry["protocol"], entry["port"]) == (protocol, port) for entry in rule["ports"])


def _peer(peer: Obj, other: Pod | Host) -> bool:
    if block := peer.get("ipBlock"):
        # Whether a block includes pods is left to the network: OVN-Kubernetes says yes, and so do we.
        address = ip_address(other.address)
        return address in ip_network(block["cidr"]) and not any(
            address in ip_network(hole) for hole in block.get("except", [])
        )
    if isinstance(other, Host):
        return False
    if "namespaceSelector" in peer:
        in_namespace = _matches(peer["namespaceSelector"], other.namespace or {})
    else:
        in_namespace = other.namespace is None
    return in_namespace and _matches(peer.get("podSelector", {}), other.labels)


def _matches(selector: Obj, labels: dict[str, str]) -> bool:
    return bool(label_query(selector)({"metadata": {"labels": labels}}))
