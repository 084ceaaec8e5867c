"""Tables, one row for each object.

Columns, with the descriptions of the API's documentation, are in `columns.json`. Cells are made as in
`pkg/printers/internalversion` of Kubernetes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import (
    CLUSTER_ROLE_BINDINGS,
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    REPLICA_SETS,
    ROLE_BINDINGS,
)
from sandbox.printers import openshift
from sandbox.printers.ages import age
from sandbox.printers.pods import NONE
from sandbox.printers.pods import cells as pod_cells

Cells = list[Any]

COLUMNS: dict[str, list[Obj]] = json.loads((Path(__file__).with_name("columns.json")).read_text())
PARTIAL = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def table(
    resource: str, objects: list[Obj], list_meta: Obj, include: str = "Metadata", columns: bool = True
) -> Obj:
    """Return a `Table` of objects; `include` is the request's includeObject."""
    key = resource if resource in ROWS else "*"
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": list_meta,
        "columnDefinitions": COLUMNS[key] if columns else None,
        "rows": [_row(key, obj, include) for obj in objects],
    }


def _row(key: str, obj: Obj, include: str) -> Obj:
    row: Obj = {"cells": ROWS[key](obj)}
    if key == "pods" and obj["status"].get("phase") in ("Succeeded", "Failed"):
        phase = obj["status"]["phase"]
        words = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}
        row["conditions"] = [
            {"type": "Completed", "status": "True", "reason": phase, "message": words[phase]}
        ]
    if include == "Object":
        row["object"] = obj
    elif include != "None":
        row["object"] = {**PARTIAL, "metadata": obj["metadata"]}
    return row


def _name(obj: Obj) -> str:
    return str(obj["metadata"]["name"])


def _age(obj: Obj) -> str:
    return age(obj["metadata"].get("creationTimestamp"))


def _selector(labels: Obj | None) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def _containers(obj: Obj) -> list[str]:
    containers = ((obj["spec"].get("template") or {}).get("spec") or {}).get("containers") or []
    return [",".join(each.get(key, "") for each in containers) for key in ("name", "image")]


def _service(obj: Obj) -> Cells:
    spec = obj["spec"]
    ports = [
        f"{p['port']}:{p['nodePort']}/{p['protocol']}"
        if p.get("nodePort")
        else f"{p['port']}/{p['protocol']}"
        for p in spec.get("ports") or []
    ]
    external = (
        spec.get("externalName")
        if spec["type"] == "ExternalName"
        else ",".join(spec.get("externalIPs") or [])
    )
    address = spec.get("clusterIP") or NONE
    return [
        _name(obj),
        spec["type"],
        address,
        external or NONE,
        ",".join(ports) or NONE,
        _age(obj),
        _selector(spec.get("selector")),
    ]


def _replicas(obj: Obj) -> Cells:
    spec, status = obj["spec"], obj["status"]
    selector = spec.get("selector") or {}
    labels = selector.get("matchLabels") if obj["kind"] == "ReplicaSet" else selector
    counts = [spec.get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [_name(obj), *counts, _age(obj), *_containers(obj), _selector(labels)]


def _deployment(obj: Obj) -> Cells:
    spec, status = obj["spec"], obj["status"]
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    counts = [str(status.get(key, 0)) for key in ("updatedReplicas", "availableReplicas")]
    labels = (spec.get("selector") or {}).get("matchLabels")
    return [_name(obj), ready, *counts, _age(obj), *_containers(obj), _selector(labels)]


def _stateful_set(obj: Obj) -> Cells:
    ready = f"{obj['status'].get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}"
    return [_name(obj), ready, _age(obj), *_containers(obj)]


def _endpoints(obj: Obj) -> Cells:
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in obj.get("subsets") or []
        for port in subset.get("ports") or []
        for address in subset.get("addresses") or []
    ]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    return [_name(obj), ",".join(found[:3]) + more or NONE, _age(obj)]


def _endpoint_slice(obj: Obj) -> Cells:
    ports = [str(port.get("port", "*")) for port in obj.get("ports") or []]
    found = [each for endpoint in obj.get("endpoints") or [] for each in endpoint["addresses"]]
    more = f" + {len(found) - 3} more..." if len(found) > 3 else ""
    listed = ",".join(found[:3]) + more
    return [_name(obj), obj["addressType"], ",".join(ports) or "<unset>", listed or "<unset>", _age(obj)]


def _event(obj: Obj) -> Cells:
    about = obj["involvedObject"]
    first = age(obj.get("firstTimestamp") or obj.get("eventTime"))
    last = age(obj["lastTimestamp"]) if obj.get("lastTimestamp") else first
    source = obj.get("source") or {}
    by = ", ".join(
        filter(None, (source.get("component") or obj.get("reportingComponent", ""), source.get("host")))
    )
    kind = f"{about.get('kind', '').lower()}/{about.get('name', '')}"
    message = (obj.get("message") or "").strip()
    subobject = about.get("fieldPath", "")
    return [
        last,
        obj.get("type", ""),
        obj.get("reason", ""),
        kind,
        subobject,
        by,
        message,
        first,
        obj.get("count", 1),
        _name(obj),
    ]


def _namespace(obj: Obj) -> Cells:
    return [_name(obj), obj["status"].get("phase", ""), _age(obj)]


def _secret(obj: Obj) -> Cells:
    return [_name(obj), obj.get("type", ""), len(obj.get("data") or {}), _age(obj)]


def _account(obj: Obj) -> Cells:
    return [_name(obj), len(obj.get("secrets") or []), _age(obj)]


def _config_map(obj: Obj) -> Cells:
    return [_name(obj), len(obj.get("data") or {}) + len(obj.get("binaryData") or {}), _age(obj)]


def _volume(obj: Obj) -> Cells:
    spec = obj["spec"]
    claim = spec.get("claimRef") or {}
    bound = f"{claim.get('namespace')}/{claim.get('name')}" if claim else ""
    modes = ",".join(MODES.get(mode, mode) for mode in spec.get("accessModes") or [])
    head = [_name(obj), (spec.get("capacity") or {}).get("storage", ""), modes]
    state = [spec.get("persistentVolumeReclaimPolicy", ""), obj["status"].get("phase", ""), bound]
    return [
        *head,
        *state,
        spec.get("storageClassName", ""),
        "<unset>",
        "",
        _age(obj),
        spec.get("volumeMode", "<unset>"),
    ]


def _claim(obj: Obj) -> Cells:
    spec, status = obj["spec"], obj["status"]
    bound = bool(spec.get("volumeName"))
    size = (status.get("capacity") or {}).get("storage", "") if bound else ""
    modes = ",".join(MODES.get(mode, mode) for mode in status.get("accessModes") or []) if bound else ""
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    tail = [spec.get("storageClassName", ""), "<unset>", _age(obj), spec.get("volumeMode", "<unset>")]
    return [_name(obj), phase, spec.get("volumeName", ""), size, modes, *tail]


def _network_policy(obj: Obj) -> Cells:
    return [_name(obj), _selector((obj["spec"].get("podSelector") or {}).get("matchLabels")), _age(obj)]


def _role_binding(obj: Obj) -> Cells:
    reference, subjects = obj["roleRef"], obj.get("subjects") or []

    def listed(kind: str) -> str:
        prefix = "{}/{}" if kind == "ServiceAccount" else "{1}"
        return ", ".join(
            prefix.format(s.get("namespace", ""), s["name"]) for s in subjects if s["kind"] == kind
        )

    role = f"{reference['kind']}/{reference['name']}"
    return [_name(obj), role, _age(obj), listed("User"), listed("Group"), listed("ServiceAccount")]


def _storage_class(obj: Obj) -> Cells:
    default = (obj["metadata"].get("annotations") or {}).get("storageclass.kubernetes.io/is-default-class")
    name = _name(obj) + (" (default)" if default == "true" else "")
    modes = [obj.get("reclaimPolicy", "Delete"), obj.get("volumeBindingMode", "Immediate")]
    return [name, obj["provisioner"], *modes, bool(obj.get("allowVolumeExpansion")), _age(obj)]


def _quota(obj: Obj) -> Cells:
    status = obj["status"]
    hard, used = status.get("hard") or {}, status.get("used") or {}
    texts = {key: f"{key}: {used.get(key, '0')}/{hard[key]}" for key in sorted(hard)}
    limited = [text for key, text in texts.items() if key.startswith("limits")]
    asked = [text for key, text in texts.items() if not key.startswith("limits")]
    return [_name(obj), ", ".join(asked), ", ".join(limited), _age(obj)]


def _disruption_budget(obj: Obj) -> Cells:
    spec = obj["spec"]
    bounds = [str(spec.get(key, "N/A")) for key in ("minAvailable", "maxUnavailable")]
    return [_name(obj), *bounds, obj["status"].get("disruptionsAllowed", 0), _age(obj)]


def _other(obj: Obj) -> Cells:
    return [_name(obj), obj["metadata"].get("creationTimestamp")]


ROWS: dict[str, Callable[[Obj], Cells]] = {
    **openshift.ROWS,
    "pods": pod_cells,
    "services": _service,
    "replicationcontrollers": _replicas,
    REPLICA_SETS: _replicas,
    DEPLOYMENTS: _deployment,
    "statefulsets.apps": _stateful_set,
    "endpoints": _endpoints,
    "endpointslices.discovery.k8s.io": _endpoint_slice,
    "events": _event,
    "namespaces": _namespace,
    "secrets": _secret,
    "serviceaccounts": _account,
    "configmaps": _config_map,
    "persistentvolumes": _volume,
    "persistentvolumeclaims": _claim,
    "networkpolicies.networking.k8s.io": _network_policy,
    ROLE_BINDINGS: _role_binding,
    CLUSTER_ROLE_BINDINGS: _role_binding,
    "storageclasses.storage.k8s.io": _storage_class,
    "resourcequotas": _quota,
    DISRUPTION_BUDGETS: _disruption_budget,
    "*": _other,
}
