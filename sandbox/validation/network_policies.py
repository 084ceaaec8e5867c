"""Validation of NetworkPolicies.

Messages: `k8s.io/kubernetes/pkg/apis/networking/validation/validation.go`.
"""

from __future__ import annotations

import ipaddress

from sandbox.apimachinery.errors import Cause
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import forbidden, invalid, required, unsupported
from sandbox.validation.label_selectors import label_selector
from sandbox.validation.pods import RANGE

CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


def network_policy(obj: Obj) -> list[Cause]:
    """Validate selectors, ports and peers."""
    spec = obj["spec"]
    problems = label_selector(spec.get("podSelector") or {}, "spec.podSelector")
    for way, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(way) or []):
            path = f"spec.{way}[{index}]"
            for number, port in enumerate(rule.get("ports") or []):
                problems += _port(port, f"{path}.ports[{number}]")
            for number, peer in enumerate(rule.get(peers) or []):
                problems += _peer(peer, f"{path}.{peers}[{number}]")
    for index, kind in enumerate(spec.get("policyTypes") or []):
        if kind not in ("Ingress", "Egress"):
            problems.append(unsupported(f"spec.policyTypes[{index}]", kind, ["Ingress", "Egress"]))
    return problems


def _port(port: Obj, path: str) -> list[Cause]:
    problems: list[Cause] = []
    protocols = ["TCP", "UDP", "SCTP"]
    if port.get("protocol") not in protocols:
        problems.append(unsupported(f"{path}.protocol", port.get("protocol"), protocols))
    number = port.get("port")
    if isinstance(number, int) and not 1 <= number <= 65535:
        problems.append(invalid(f"{path}.port", number, RANGE))
    return problems


def _peer(peer: Obj, path: str) -> list[Cause]:
    given = [kind for kind in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(kind) is not None]
    if not given:
        return [required(path, "must specify a peer")]
    if "ipBlock" in given and len(given) > 1:
        return [forbidden(path, "may not specify both ipBlock and another peer")]
    problems: list[Cause] = []
    for kind in given:
        check = _block if kind == "ipBlock" else label_selector
        problems += check(peer[kind], f"{path}.{kind}")
    return problems


def _block(block: Obj, path: str) -> list[Cause]:
    whole = _network(block.get("cidr", ""))
    if whole is None:
        return [invalid(f"{path}.cidr", block.get("cidr", ""), CIDR)]
    problems: list[Cause] = []
    for index, text in enumerate(block.get("except") or []):
        part, field = _network(text), f"{path}.except[{index}]"
        if part is None:
            problems.append(invalid(field, text, CIDR))
        elif part.version != whole.version or part == whole or part[0] not in whole or part[-1] not in whole:
            problems.append(invalid(field, text, "must be a strict subset of `cidr`"))
    return problems


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None
