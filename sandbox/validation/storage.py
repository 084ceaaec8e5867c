"""Validation of claims and storage classes.

Messages: `k8s.io/kubernetes/pkg/apis/{core,storage}/validation/validation.go`.
"""

from __future__ import annotations

from sandbox.apimachinery.errors import Cause
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import forbidden, invalid, named, qualified, required, unsupported
from sandbox.apimachinery.quantity import Quantity
from sandbox.validation.label_selectors import label_selector

ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]
VOLUME_MODES = ["Block", "Filesystem"]
RECLAIM_POLICIES = ["Delete", "Retain"]
BINDING_MODES = ["Immediate", "WaitForFirstConsumer"]
CLAIM_IMMUTABLE = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName "
    "for bound claims"
)


def claim(obj: Obj) -> list[Cause]:
    """Validate a PersistentVolumeClaim."""
    spec = obj["spec"]
    problems = label_selector(spec.get("selector"), "spec.selector")
    if not spec.get("accessModes"):
        problems.append(required("spec.accessModes", "at least 1 access mode is required"))
    for mode in spec.get("accessModes") or []:
        if mode not in ACCESS_MODES:
            problems.append(unsupported("spec.accessModes", mode, ACCESS_MODES))
    if ACCESS_MODES[-1] in (spec.get("accessModes") or []) and len(spec["accessModes"]) > 1:
        problems.append(
            forbidden("spec.accessModes", f"may not use {ACCESS_MODES[-1]} with other access modes")
        )
    if spec.get("volumeMode") not in VOLUME_MODES:
        problems.append(unsupported("spec.volumeMode", spec.get("volumeMode"), VOLUME_MODES))
    storage = (spec["resources"].get("requests") or {}).get("storage")
    if storage is None:
        problems.append(required("spec.resources[storage]"))
    elif Quantity.parse(storage).value <= 0:
        problems.append(invalid("spec.resources[storage]", storage, "must be greater than zero"))
    if spec.get("storageClassName"):
        problems += named("subdomain", "spec.storageClassName", spec["storageClassName"])
    return problems + _data_sources(spec)


def _data_sources(spec: Obj) -> list[Cause]:
    problems: list[Cause] = []
    sources = {field: spec[field] for field in ("dataSource", "dataSourceRef") if spec.get(field) is not None}
    for field, source in sources.items():
        path, group, kind = f"spec.{field}", source.get("apiGroup") or "", source.get("kind", "")
        problems += [required(f"{path}.{key}") for key in ("name", "kind") if not source.get(key)]
        if group:
            problems += named("subdomain", f"{path}.apiGroup", group)
        elif kind != "PersistentVolumeClaim":
            why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
            problems.append(invalid(path, kind, why))
    if len(sources) == 2 and sources["dataSource"] != sources["dataSourceRef"]:
        why = "must match dataSourceRef"
        if sources["dataSourceRef"].get("namespace"):
            why = "may not be specified when dataSourceRef.namespace is specified"
        problems.append(invalid("spec", "spec.dataSource", why))
    return problems


def claim_update(new: Obj, old: Obj) -> list[Cause]:
    """Validate a change of a claim."""
    changeable = ("resources", "volumeName")
    kept = {key: value for key, value in new["spec"].items() if key not in changeable}
    if kept != {key: value for key, value in old["spec"].items() if key not in changeable}:
        return [forbidden("spec", CLAIM_IMMUTABLE)]
    sizes = [each["spec"]["resources"].get("requests", {}).get("storage", "0") for each in (new, old)]
    if Quantity.parse(sizes[0]).value < Quantity.parse(sizes[1]).value:
        return [forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")]
    return []


def storage_class(obj: Obj) -> list[Cause]:
    """Validate a StorageClass."""
    problems: list[Cause] = []
    provisioner, reclaim = obj.get("provisioner", ""), obj.get("reclaimPolicy")
    problems += qualified("provisioner", provisioner.lower()) if provisioner else [required("provisioner")]
    if reclaim not in RECLAIM_POLICIES:
        problems.append(unsupported("reclaimPolicy", reclaim, RECLAIM_POLICIES))
    mode = obj.get("volumeBindingMode")
    if mode not in BINDING_MODES:
        problems.append(unsupported("volumeBindingMode", mode, BINDING_MODES))
    return problems


def storage_class_update(new: Obj, old: Obj) -> list[Cause]:
    """Validate a change of a StorageClass, of which hardly any field may change."""
    problems = [
        forbidden(field, f"updates to {field} are forbidden.")
        for field in ("parameters", "provisioner", "reclaimPolicy")
        if new.get(field) != old.get(field)
    ]
    mode = new.get("volumeBindingMode")
    if mode != old.get("volumeBindingMode"):
        problems.append(invalid("volumeBindingMode", mode, "field is immutable"))
    return problems
