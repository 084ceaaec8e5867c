"""Validation of objects on create and on update, by resource.

Messages: `k8s.io/kubernetes/pkg/apis/*/validation/validation.go`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.apimachinery import selectors
from sandbox.apimachinery.errors import Cause
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import (
    duplicate,
    forbidden,
    invalid,
    labels,
    metadata,
    named,
    owners,
    required,
    too_long,
    unsupported,
)
from sandbox.apimachinery.resource_keys import (
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    RBAC_GROUP,
    REPLICA_SETS,
    ROLE_BINDINGS,
    ROLES,
)
from sandbox.validation import limits, network_policies, openshift, pods, scheduling, storage
from sandbox.validation.label_selectors import label_selector

PERCENT_WORDS = (
    "a valid percent string must be a numeric string followed by an ending '%' "
    "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
)
IMMUTABLE = "field is immutable"
NOT_SECRET = {
    "Opaque": (),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
NOT_SECRET |= {"kubernetes.io/dockerconfigjson": (".dockerconfigjson",)}
KEY_WORDS = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
    "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)


def on_create(resource: str, obj: Obj) -> list[Cause]:
    """Validate a new object."""
    check = CHECKS.get(resource)
    return [*metadata(resource, obj), *(check(obj) if check else [])]


def on_update(resource: str, new: Obj, old: Obj) -> list[Cause]:
    """Validate an object that replaces another."""
    problems = labels("metadata.labels", new["metadata"].get("labels") or {})
    problems += owners(new["metadata"].get("ownerReferences") or [])
    for field in ("name", "namespace", "uid", "creationTimestamp"):
        if new["metadata"].get(field) != old["metadata"].get(field):
            problems.append(invalid(f"metadata.{field}", new["metadata"].get(field, ""), IMMUTABLE))
    check = UPDATES.get(resource)
    if check:
        problems += check(new, old)
    if resource not in ("pods", "persistentvolumeclaims") and resource in CHECKS:
        problems += CHECKS[resource](new)
    return problems


def _pod(obj: Obj) -> list[Cause]:
    return [*pods.pod_spec(obj["spec"]), *pods.images(obj["spec"])]


def _pod_update(new: Obj, old: Obj) -> list[Cause]:
    return pods.changed_spec(new["spec"], old["spec"])


def _service(obj: Obj) -> list[Cause]:
    spec = obj["spec"]
    problems: list[Cause] = []
    ports = spec.get("ports") or []
    headless = spec.get("clusterIP") == "None" or spec.get("type") == "ExternalName"
    if not ports and not headless:
        problems.append(required("spec.ports"))
    seen: set[tuple[Any, ...]] = set()
    names: set[str] = set()
    for index, port in enumerate(ports):
        path, name = f"spec.ports[{index}]", port.get("name", "")
        if len(ports) > 1 and not name:
            problems.append(required(f"{path}.name"))
        elif name:
            problems += named("label", f"{path}.name", name)
            if name in names:
                problems.append(duplicate(f"{path}.name", name))
            names.add(name)
        if not 1 <= port.get("port", 0) <= 65535:
            problems.append(invalid(f"{path}.port", port.get("port", 0), pods.RANGE))
        problems += pods.protocol(port, f"{path}.protocol")
        if port.get("targetPort") is not None:
            problems += pods.port(f"{path}.targetPort", port["targetPort"])
        problems += _node_port(port.get("nodePort", 0), spec.get("type", ""), f"{path}.nodePort")
        key = (port.get("protocol"), port.get("port"))
        if key in seen:
            problems.append(duplicate(path, {"protocol": key[0], "port": key[1]}))
        seen.add(key)
    affinities = ["ClientIP", "None"]
    if spec.get("sessionAffinity") not in affinities:
        problems.append(unsupported("spec.sessionAffinity", spec.get("sessionAffinity", ""), affinities))
    if spec.get("type") == "ExternalName" and not spec.get("externalName"):
        problems.append(required("spec.externalName"))
    kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
    if spec.get("type") not in kinds:
        problems.append(unsupported("spec.type", spec.get("type", ""), kinds))
    return problems + labels("spec.selector", spec.get("selector") or {})


def _node_port(number: int, kind: str, field: str) -> list[Cause]:
    if number and kind == "ClusterIP":
        return [forbidden(field, "may not be used when `type` is 'ClusterIP'")]
    if number and not 30000 <= number <= 32767:
        why = "provided port is not in the valid range. The range of valid ports is 30000-32767"
        return [invalid(field, number, why)]
    return []


def _service_update(new: Obj, old: Obj) -> list[Cause]:
    was, now = old["spec"].get("clusterIP"), new["spec"].get("clusterIP")
    changed = was and was != now and new["spec"].get("type") != "ExternalName"
    return [invalid("spec.clusterIPs[0]", [now], "may not change once set")] if changed else []


def _keys(field: str, mapping: Obj) -> list[Cause]:
    problems: list[Cause] = []
    for key in mapping:
        if len(key) > 253:
            problems.append(invalid(f"{field}[{key}]", key, too_long(253, "characters")))
        if not re.fullmatch(r"[-._a-zA-Z0-9]+", key):
            problems.append(invalid(f"{field}[{key}]", key, KEY_WORDS))
        if key in (".", ".."):
            problems.append(invalid(f"{field}[{key}]", key, f"must not be '{key}'"))
    return problems


def _config_map(obj: Obj) -> list[Cause]:
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    twice = [
        invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
        for key in data
        if key in binary
    ]
    return [*_keys("data", data), *twice, *_keys("binaryData", binary)]


def _secret(obj: Obj) -> list[Cause]:
    data = obj.get("data") or {}
    missing = [key for key in NOT_SECRET.get(obj["type"], ()) if key not in data]
    problems = _keys("data", data) + [required(f"data[{key}]") for key in missing]
    if obj["type"] == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        problems += [required("data[username]"), required("data[password]")]
    return problems


def _secret_update(new: Obj, old: Obj) -> list[Cause]:
    return [invalid("type", new["type"], IMMUTABLE)] if new["type"] != old["type"] else []


def _immutable_data(new: Obj, old: Obj) -> list[Cause]:
    if not old.get("immutable"):
        return []
    fields = [field for field in ("data", "binaryData") if new.get(field) != old.get(field)]
    fields += [] if new.get("immutable") else ["immutable"]
    return [forbidden(field, "field is immutable when `immutable` is set") for field in fields]


def _workload(obj: Obj) -> list[Cause]:
    """Validate a Deployment, ReplicaSet, StatefulSet or DaemonSet."""
    spec = obj["spec"]
    selector, kind = spec.get("selector"), obj["kind"].lower()
    wrong = label_selector(selector, "spec.selector")
    problems = list(wrong)
    if selector is None:
        problems.append(required("spec.selector"))
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        problems.append(invalid("spec.selector", selector, f"empty selector is invalid for {kind}"))
    replicas = spec.get("replicas") or 0
    if replicas < 0:
        problems.append(invalid("spec.replicas", replicas, pods.NOT_NEGATIVE))
    if wrong:
        why = "invalid label selector" if kind in ("deployment", "replicaset") else ""
        return [*problems, invalid("spec.selector", selector, why)]
    takes = None if selector is None else selectors.label_query(selector)
    return problems + pods.template(spec.get("template") or {}, takes)


def _deployment(obj: Obj) -> list[Cause]:
    spec = obj["spec"]
    strategy, problems = spec.get("strategy") or {}, _workload(obj)
    kind, rolling = strategy.get("type", ""), strategy.get("rollingUpdate")
    if kind not in ("Recreate", "RollingUpdate"):
        whole = {"Type": kind, "RollingUpdate": rolling}
        problems.append(unsupported("spec.strategy", whole, ["Recreate", "RollingUpdate"]))
    elif kind == "Recreate" and rolling is not None:
        why = "may not be specified when strategy `type` is 'Recreate'"
        problems.append(forbidden("spec.strategy.rollingUpdate", why))
    elif rolling and rolling.get("maxSurge") == rolling.get("maxUnavailable") == 0:
        field = "spec.strategy.rollingUpdate.maxUnavailable"
        problems.append(invalid(field, 0, "may not be 0 when `maxSurge` is 0"))
    history = spec.get("revisionHistoryLimit", 0)
    if history < 0:
        problems.append(invalid("spec.revisionHistoryLimit", history, pods.NOT_NEGATIVE))
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        why = "must be greater than minReadySeconds"
        problems.append(invalid("spec.progressDeadlineSeconds", deadline, why))
    return problems


def _selector_update(new: Obj, old: Obj) -> list[Cause]:
    changed = new["spec"].get("selector") != old["spec"].get("selector")
    return [invalid("spec.selector", new["spec"].get("selector"), IMMUTABLE)] if changed else []


def _replication_controller(obj: Obj) -> list[Cause]:
    spec = obj["spec"]
    problems = [] if spec.get("selector") else [required("spec.selector")]
    if spec.get("template") is None:
        return [*problems, required("spec.template")]
    return problems + pods.template(spec["template"], pods.by_labels(spec.get("selector")))


def _role(obj: Obj) -> list[Cause]:
    problems: list[Cause] = []
    for index, rule in enumerate(obj.get("rules") or []):
        path = f"rules[{index}]"
        if not rule.get("verbs"):
            problems.append(required(f"{path}.verbs", "verbs must contain at least one value"))
        if rule.get("nonResourceURLs"):
            continue
        if not rule.get("apiGroups"):
            problems.append(
                required(f"{path}.apiGroups", "resource rules must supply at least one api group")
            )
        if not rule.get("resources"):
            problems.append(required(f"{path}.resources", "resource rules must supply at least one resource"))
    return problems


def _role_binding(obj: Obj) -> list[Cause]:
    reference = obj["roleRef"]
    problems: list[Cause] = []
    if reference.get("apiGroup") != RBAC_GROUP:
        problems.append(unsupported("roleRef.apiGroup", reference.get("apiGroup"), [RBAC_GROUP]))
    if reference.get("kind") not in ("Role", "ClusterRole"):
        problems.append(unsupported("roleRef.kind", reference.get("kind", ""), ["Role", "ClusterRole"]))
    if not reference.get("name"):
        problems.append(required("roleRef.name"))
    for index, subject in enumerate(obj.get("subjects") or []):
        path = f"subjects[{index}]"
        if not subject.get("name"):
            problems.append(required(f"{path}.name"))
        if subject.get("kind") == "ServiceAccount" and subject.get("apiGroup"):
            problems.append(unsupported(f"{path}.apiGroup", subject["apiGroup"], [""]))
        if subject.get("kind") not in ("ServiceAccount", "User", "Group"):
            known = ["ServiceAccount", "User", "Group"]
            problems.append(unsupported(f"{path}.kind", subject.get("kind", ""), known))
    return problems


def _role_binding_update(new: Obj, old: Obj) -> list[Cause]:
    changed = new["roleRef"] != old["roleRef"]
    return [invalid("roleRef", new["roleRef"], "cannot change roleRef")] if changed else []


def _disruption_budget(obj: Obj) -> list[Cause]:
    spec = obj["spec"]
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        return [invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")]
    problems = label_selector(spec.get("selector"), "spec.selector")
    for field in ("minAvailable", "maxUnavailable"):
        if spec.get(field) is not None:
            problems += _share(f"spec.{field}", spec[field])
    policy, known = spec.get("unhealthyPodEvictionPolicy"), ["AlwaysAllow", "IfHealthyBudget"]
    if policy not in (None, *known):
        problems.append(unsupported("spec.unhealthyPodEvictionPolicy", policy, known))
    return problems


def _share(field: str, value: int | str) -> list[Cause]:
    """Validate a number or a percentage of pods."""
    if isinstance(value, int):
        return [] if value >= 0 else [invalid(field, value, pods.NOT_NEGATIVE)]
    if not re.fullmatch(r"[0-9]+%", value):
        return [invalid(field, value, PERCENT_WORDS)]
    return [] if int(value[:-1]) <= 100 else [invalid(field, value, "must not be greater than 100%")]


CHECKS: dict[str, Callable[[Obj], list[Cause]]] = {
    **openshift.CHECKS,
    "pods": _pod,
    "services": _service,
    "configmaps": _config_map,
    "secrets": _secret,
    "persistentvolumeclaims": storage.claim,
    "storageclasses.storage.k8s.io": storage.storage_class,
    "nodes": scheduling.node,
    "resourcequotas": limits.quota,
    "limitranges": limits.limit_range,
    "replicationcontrollers": _replication_controller,
    DEPLOYMENTS: _deployment,
    **dict.fromkeys((REPLICA_SETS, "statefulsets.apps", "daemonsets.apps"), _workload),
    "networkpolicies.networking.k8s.io": network_policies.network_policy,
    ROLES: _role,
    ROLE_BINDINGS: _role_binding,
    DISRUPTION_BUDGETS: _disruption_budget,
}
UPDATES: dict[str, Callable[[Obj, Obj], list[Cause]]] = {
    "pods": _pod_update,
    "services": _service_update,
    "configmaps": _immutable_data,
    "secrets": lambda new, old: _immutable_data(new, old) + _secret_update(new, old),
    "persistentvolumeclaims": storage.claim_update,
    "storageclasses.storage.k8s.io": storage.storage_class_update,
    **dict.fromkeys((DEPLOYMENTS, REPLICA_SETS, "statefulsets.apps", "daemonsets.apps"), _selector_update),
    ROLE_BINDINGS: _role_binding_update,
}
