"""Validate a manifest as the API server does before it creates the object.

| rule | source |
|---|---|
| fields, types, required fields | models of `kubernetes_asyncio`, made from Kubernetes' OpenAPI schema |
| quantities, names, labels, paths, enumerations | `pkg/apis/core/validation/validation.go` of Kubernetes |

Admission is left out: what a quota or an SCC allows depends on the project and on the moment.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from kubernetes_asyncio import client

from ..quantity import parse_quantity
from ..settings.validators import REFERENCE

Obj = Mapping[str, Any]

QUANTITIES = "dict(str, Quantity)"
DNS_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
DNS_SUBDOMAIN = rf"{DNS_LABEL}(\.{DNS_LABEL})*"
QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
LABEL_KEY = rf"({DNS_SUBDOMAIN}/)?{QUALIFIED}"
LABEL_VALUE = rf"({QUALIFIED})?"
LABEL_RULE = "letters, digits, '-', '_' and '.', at most 63, a letter or digit first and last"
NAME_RULE = "lower case letters, digits and '-', at most 63, a letter or digit first and last"
VARIABLE = r"[-._a-zA-Z][-._a-zA-Z0-9]*"  # Kubernetes 1.32 allows more
VARIABLE_RULE = "letters, digits, '-', '_' and '.', no digit first"
SUBDOMAINS = (
    "serviceAccountName",
    "storageClassName",
    "runtimeClassName",
)  # fields with the name of an object
ENUMERATIONS = {
    "imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    "restartPolicy": ("Always", "OnFailure", "Never"),
    "operator": ("Exists", "Equal", "In", "NotIn", "DoesNotExist", "Gt", "Lt"),
    "effect": ("NoSchedule", "PreferNoSchedule", "NoExecute"),
    "dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "fsGroupChangePolicy": ("OnRootMismatch", "Always"),
    "protocol": ("TCP", "UDP", "SCTP"),
    "whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
    "accessModes": ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"),
}
PLAIN = {"str": (str, "text"), "int": (int, "a number"), "bool": (bool, "true or false")}


def manifest_problems(manifest: Obj, kind: str) -> Iterator[str]:
    """Yield why the API server would refuse a manifest in JSON; `kind` is a model such as V1Pod."""
    structure = [*_structure(manifest, kind, "")]
    yield from structure
    if not structure:
        yield from _metadata(manifest.get("metadata") or {})
        if kind == "V1Pod":
            yield from _pod(manifest["spec"])
        else:
            yield from _claim(manifest["spec"])


def _structure(value: Any, kind: str, path: str) -> Iterator[str]:  # noqa: ANN401 (JSON)
    """Compare a value with a type as the models name it: `str`, `list[V1Volume]`, `dict(str, str)`."""
    if value is None or kind in ("object", "datetime", "float"):
        return
    if kind in PLAIN:
        yield from _plain(value, kind, path)
    elif kind.startswith("list["):
        if isinstance(value, list):
            for index, item in enumerate(value):
                name = item.get("name") if isinstance(item, dict) else None
                yield from _structure(item, kind[5:-1], f"{path}[{name or index!r}]")
        else:
            yield _should(path, "a list", value)
    elif kind.startswith("dict("):
        if isinstance(value, dict):
            for key, item in value.items():
                yield from _structure(item, kind.partition(", ")[2][:-1], f"{path}[{key!r}]")
        else:
            yield _should(path, "a dict", value)
    elif kind == "Quantity":
        yield from _quantity(value, path)
    else:
        yield from _model(value, kind, path)


def _model(value: Any, kind: str, path: str) -> Iterator[str]:  # noqa: ANN401 (JSON)
    if not isinstance(value, dict):
        yield _should(path, "a dict", value)
        return
    model = getattr(client, kind)
    attributes = {field: name for name, field in model.attribute_map.items()}
    given = {attributes[key]: item for key, item in value.items() if key in attributes and item is not None}
    for key in value.keys() - attributes.keys():
        near = difflib.get_close_matches(str(key), attributes, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        yield f"{_at(path, key)} is not a field of the Kubernetes API{hint}"
    try:
        model(**given)
    except ValueError as error:  # Invalid value for `claim_name`, must not be `None`
        missing = re.search(r"`(\w+)`, must not be `None`", str(error))
        yield f"{_at(path, model.attribute_map[missing[1]])} is missing" if missing else f"{path}: {error}"
    for name, item in given.items():
        quantities = kind in ("V1ResourceRequirements", "V1VolumeResourceRequirements") and name != "claims"
        yield from _structure(
            item,
            QUANTITIES if quantities else model.openapi_types[name],
            _at(path, model.attribute_map[name]),
        )


def _plain(value: object, kind: str, path: str) -> Iterator[str]:
    expected, words = PLAIN[kind]
    if not isinstance(value, expected) or (kind == "int" and isinstance(value, bool)):
        yield _should(path, words, value)
    field = path.rpartition(".")[2].partition("[")[0]
    if field in SUBDOMAINS and not re.fullmatch(DNS_SUBDOMAIN, str(value)):
        yield f"{path} is {value!r}, but should be {NAME_RULE}"
    if kind == "str" and value not in ENUMERATIONS.get(field, (value,)):
        yield f"{path} is {value!r}, but should be one of {', '.join(ENUMERATIONS[field])}"


def _quantity(value: object, path: str) -> Iterator[str]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return
    try:
        parse_quantity(str(value))
    except ValueError as error:
        yield f"{path} {error}"


def _metadata(metadata: Obj) -> Iterator[str]:
    if not re.fullmatch(DNS_SUBDOMAIN, metadata.get("name", "")):
        yield f"metadata.name is {metadata.get('name')!r}, but should be {NAME_RULE}"
    yield from _labels(metadata.get("labels") or {}, "metadata.labels")
    for key in metadata.get("annotations") or {}:
        if not re.fullmatch(LABEL_KEY, key):
            yield f"metadata.annotations has the key {key!r}, but a key should be {LABEL_RULE}"


def _labels(labels: Mapping[str, str], path: str) -> Iterator[str]:
    for key, value in labels.items():
        if not re.fullmatch(LABEL_KEY, key):
            yield f"{path} has the key {key!r}, but a key should be {LABEL_RULE}"
        if not re.fullmatch(LABEL_VALUE, value):
            yield f"{path}[{key!r}] is {value!r}, but a value should be {LABEL_RULE}"


def _pod(spec: Obj) -> Iterator[str]:
    volumes = [volume["name"] for volume in spec.get("volumes") or []]
    containers = [*(spec.get("initContainers") or []), *spec["containers"]]
    yield from _labels(spec.get("nodeSelector") or {}, "spec.nodeSelector")
    yield from _names(volumes, "spec.volumes")
    yield from _names([container["name"] for container in containers], "spec.containers")
    for volume in spec.get("volumes") or []:
        sources = sorted(volume.keys() - {"name"})
        if len(sources) > 1:
            yield f"the volume {volume['name']!r} has several sources: {', '.join(sources)}"
    yield from _placement(spec)
    for container in containers:
        yield from _container(container, volumes)


def _claim(spec: Obj) -> Iterator[str]:
    size = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if not size or parse_quantity(str(size)) <= 0:
        yield "the claim has no size. Write c.KubeSpawner.storage_capacity = '1Gi'"


def _placement(spec: Obj) -> Iterator[str]:
    """Check how nodes are chosen, and how names are resolved on them."""
    for toleration in spec.get("tolerations") or []:
        if toleration.get("operator") == "Exists" and toleration.get("value"):
            yield f"a toleration with the operator Exists has no value, but one has {toleration['value']!r}"
    if spec.get("dnsPolicy") == "None" and not (spec.get("dnsConfig") or {}).get("nameservers"):
        yield "the dnsPolicy 'None' needs nameservers in a dnsConfig"


def _names(names: list[str], path: str) -> Iterator[str]:
    for name, count in Counter(names).items():
        if not re.fullmatch(DNS_LABEL, name):
            yield f"{path} has the name {name!r}, but a name should be {NAME_RULE}"
        if count > 1:
            yield f"{path} has the name {name!r} {count} times"


def _container(container: Obj, volumes: list[str]) -> Iterator[str]:
    name, image = container["name"], container.get("image")
    if not image:
        yield f"the container {name!r} has no image"
    elif not REFERENCE.fullmatch(image):
        yield f"the container {name!r} has the image {image!r}, which is not a valid name of an image"
    for variable in container.get("env") or []:
        if not re.fullmatch(VARIABLE, variable["name"]):
            yield f"the variable {variable['name']!r} should be named with {VARIABLE_RULE}"
        if "value" in variable and "valueFrom" in variable:
            yield f"the variable {variable['name']!r} has both value and valueFrom"
    paths = Counter(mount["mountPath"] for mount in container.get("volumeMounts") or [])
    yield from (
        f"the container {name!r} mounts {count} volumes at {path}"
        for path, count in paths.items()
        if count > 1
    )
    for mount in container.get("volumeMounts") or []:
        if mount["name"] not in volumes:
            yield f"the container {name!r} mounts the volume {mount['name']!r}, which the pod does not have"
        if ":" in mount["mountPath"]:
            yield f"the mountPath {mount['mountPath']!r} should have no ':'"
        for field in ("subPath", "subPathExpr"):
            sub_path = mount.get(field) or ""
            if sub_path.startswith("/") or ".." in sub_path.split("/"):
                yield f"the {field} {sub_path!r} should be a path inside the volume, without '..'"
    for port in container.get("ports") or []:
        if not 0 < port["containerPort"] < 65536:
            yield f"the containerPort {port['containerPort']} should be a number from 1 to 65535"
    context = container.get("securityContext") or {}
    if context.get("privileged") and context.get("allowPrivilegeEscalation") is False:
        yield "a privileged container needs allow_privilege_escalation, and rights that the hub does not have"
    yield from _resources(name, container.get("resources") or {})


def _resources(name: str, resources: Obj) -> Iterator[str]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for resource, request in requests.items():
        limit = limits.get(resource)
        if limit is not None and parse_quantity(str(request)) > parse_quantity(str(limit)):
            yield f"the container {name!r} requests more {resource} ({request}) than its limit ({limit})"
    for resource in limits.keys() | requests.keys():
        if "/" not in resource or "kubernetes.io/" in resource:
            continue
        limit, request = limits.get(resource), requests.get(resource)
        numbers = [parse_quantity(str(each)) for each in (limit, request) if each is not None]
        if request is not None and numbers[:1] != numbers[1:]:
            yield f"the container {name!r} should have the same limit and request of {resource}"
        elif numbers[0] % 1:
            yield f"the container {name!r} should have a whole number of {resource}, but has {limit}"


def _should(path: str, expected: str, value: object) -> str:
    remedy = f". Write {str(value)!r}" if expected == "text" and isinstance(value, (int, float)) else ""
    if isinstance(value, bool) and expected == "text":
        remedy = f". Write {str(value).lower()!r}"
    return f"{path} should be {expected}, but is {type(value).__name__}{remedy}"


def _at(path: str, field: object) -> str:
    return f"{path}.{field}" if path else str(field)
