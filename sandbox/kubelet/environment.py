"""A container's environment, in the kubelet's order: the image's, services, `envFrom`, `env`.

Rules: `makeEnvironmentVariables` in `pkg/kubelet/kubelet_pods.go`, `third_party/forked/golang/expansion`.
"""

from __future__ import annotations

import base64
import math
import os
import re
from collections.abc import Mapping
from typing import Any

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.quantity import Quantity
from sandbox.apimachinery.store import Store

REFERENCE = re.compile(r"\$\$|\$\(([^()]*)\)")
FIELD_KEY = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


class ConfigError(Exception):
    """The container cannot be made; the kubelet calls it CreateContainerConfigError."""


def environment(
    pod: Obj, container: Obj, image: Mapping[str, str], services: Mapping[str, str], store: Store
) -> dict[str, str]:
    """All variables of a container."""
    given: dict[str, str] = {}
    for source in container.get("envFrom", []):
        given |= _all_keys(source, store)
    for item in container.get("env", []):
        if "valueFrom" in item:
            value = _value_from(item["valueFrom"], pod, container, store)
            if value is None:
                continue
        else:
            value = expand(item.get("value", ""), {**services, **given})
        given[item["name"]] = value
    return {**image, **services, **given}


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace `$(NAME)`; unknown names stay, `$$` is a dollar sign."""

    def replacement(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else variables.get(match[1], match[0])

    return REFERENCE.sub(replacement, text)


def service_variables(services: list[Obj], api: tuple[str, int]) -> dict[str, str]:
    """Docker links and `NAME_SERVICE_HOST`, for every service that has a cluster IP, and for the API."""
    ports = [{"name": "https", "port": api[1], "protocol": "TCP"}]
    kubernetes = {"metadata": {"name": "kubernetes"}, "spec": {"clusterIP": api[0], "ports": ports}}
    variables: dict[str, str] = {}
    for service in [*services, kubernetes]:
        address = service["spec"].get("clusterIP", "None")
        if address in ("", "None") or not service["spec"].get("ports"):
            continue
        prefix = service["metadata"]["name"].upper().replace("-", "_")
        first = service["spec"]["ports"][0]
        variables[f"{prefix}_SERVICE_HOST"] = address
        variables[f"{prefix}_SERVICE_PORT"] = str(first["port"])
        variables[f"{prefix}_PORT"] = f"{first.get('protocol', 'TCP').lower()}://{address}:{first['port']}"
        for port in service["spec"]["ports"]:
            protocol, number = port.get("protocol", "TCP"), port["port"]
            if port.get("name"):
                variables[f"{prefix}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(number)
            link = f"{prefix}_PORT_{number}_{protocol}"
            variables[link] = f"{protocol.lower()}://{address}:{number}"
            variables |= {
                f"{link}_PROTO": protocol.lower(),
                f"{link}_PORT": str(number),
                f"{link}_ADDR": address,
            }
    return variables


def field_value(pod: Obj, path: str) -> str:
    """A field of the downward API."""
    if key := FIELD_KEY.fullmatch(path):
        return str(pod["metadata"].get(key[1], {}).get(key[2], ""))
    if path in ("metadata.labels", "metadata.annotations"):
        items = pod["metadata"].get(path.partition(".")[2], {})
        return "\n".join(f'{key}="{value}"' for key, value in sorted(items.items()))
    if path in ("status.podIPs", "status.hostIPs"):
        return ",".join(item["ip"] for item in pod["status"].get(path.partition(".")[2], []))
    value: Any = pod
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    return str(value)


def resource_value(container: Obj, reference: Obj) -> str:
    """A limit or request of a container, in units of the divisor; the machine's own where there is none."""
    kind, _, resource = reference["resource"].partition(".")
    machine = {
        "cpu": str(os.cpu_count() or 1),
        "memory": str(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")),
    }
    resources = container.get("resources", {})
    text = resources.get(kind, {}).get(resource) or machine.get(resource, "0")
    divisor = Quantity.parse(reference.get("divisor") or "1").value or 1
    return str(math.ceil(Quantity.parse(text).value / divisor))


def _value_from(source: Obj, pod: Obj, container: Obj, store: Store) -> str | None:
    if "fieldRef" in source:
        return field_value(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        return resource_value(container, source["resourceFieldRef"])
    if "secretKeyRef" in source:
        return _key("secrets", "Secret", source["secretKeyRef"], pod, store)
    if "configMapKeyRef" in source:
        return _key("configmaps", "ConfigMap", source["configMapKeyRef"], pod, store)
    raise ConfigError(f"the sandbox does not know valueFrom {', '.join(source)}")


def _key(resource: str, kind: str, reference: Obj, pod: Obj, store: Store) -> str | None:
    found = store.find(resource, reference["name"])
    if found is None:
        if reference.get("optional"):
            return None
        raise ConfigError(f'{resource[:-1]} "{reference["name"]}" not found')
    values = data(found)
    if reference["key"] not in values:
        if reference.get("optional"):
            return None
        namespace = pod["metadata"]["namespace"]
        raise ConfigError(f"couldn't find key {reference['key']} in {kind} {namespace}/{reference['name']}")
    return values[reference["key"]].decode(errors="surrogateescape")


def _all_keys(source: Obj, store: Store) -> dict[str, str]:
    resource, reference = (
        ("secrets", source["secretRef"]) if "secretRef" in source else ("configmaps", source["configMapRef"])
    )
    found = store.find(resource, reference["name"])
    if found is None:
        if reference.get("optional"):
            return {}
        raise ConfigError(f'{resource[:-1]} "{reference["name"]}" not found')
    prefix = source.get("prefix", "")
    return {f"{prefix}{key}": value.decode(errors="surrogateescape") for key, value in data(found).items()}


def data(found: Obj) -> dict[str, bytes]:
    """What a Secret or ConfigMap holds."""
    if found["kind"] == "Secret":
        return {key: base64.b64decode(value) for key, value in (found.get("data") or {}).items()}
    texts = {key: value.encode() for key, value in (found.get("data") or {}).items()}
    return texts | {key: base64.b64decode(value) for key, value in (found.get("binaryData") or {}).items()}
