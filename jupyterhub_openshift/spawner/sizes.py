"""The server sizes that users may choose from: `c.OpenShiftSpawner.sizes`.

    c.OpenShiftSpawner.sizes = {
        "Small": {"cpu": "500m", "memory": "1Gi"},
        "Large": {"cpu": 4, "memory": "16Gi", "memory_request": "8Gi"},
        "GPU": {"gpu": 1, "node_selector": {"gpu": "a100"}, "tolerations": ["nvidia.com/gpu"]},
    }

| key | meaning |
|---|---|
| `cpu`, `memory` | limits, as Kubernetes quantities; omitted: the hub's defaults |
| `cpu_request`, `memory_request` | requests; omitted: equal to the limits |
| `gpu` | number of `nvidia.com/gpu` |
| `resources` | other extended resources, such as `{"amd.com/gpu": 1}` |
| `node_selector` | labels of the nodes that a server of this size runs on |
| `tolerations` | taints that it tolerates: `KEY` or `KEY=VALUE`, each with or without `:EFFECT` |

Node selector and tolerations are added to those of the configuration.

The first size is the default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Annotated, Any, ClassVar

from kubernetes_asyncio.client import V1Pod
from kubespawner.slugs import safe_slug
from pydantic import AfterValidator, BeforeValidator, Field

from ..model_trait import Entry
from ..quantity import format_bytes, parse_quantity
from ..settings import validators

GPU = "nvidia.com/gpu"
OPTION = "size"

Cpu = Annotated[str, BeforeValidator(validators.number_as_text), AfterValidator(validators.cpu)]
Memory = Annotated[str, BeforeValidator(validators.number_as_text), AfterValidator(validators.memory)]

_TAINT = re.compile(
    r"(?P<key>[^=:\s]+)(=(?P<value>[^=:\s]*))?(:(?P<effect>NoSchedule|PreferNoSchedule|NoExecute))?"
)


def _taint(text: str) -> str:
    """Return the taint, or raise a ValueError."""
    if not _TAINT.fullmatch(text):
        raise ValueError(f"{text!r} is not a taint such as nvidia.com/gpu, or dedicated=gpu:NoSchedule")
    return text


class Size(Entry):
    """The limits and requests of one size."""

    example: ClassVar[dict[str, Any]] = {"Small": {"cpu": "500m", "memory": "1Gi"}}

    cpu: Cpu | None = None
    cpu_request: Cpu | None = None
    memory: Memory | None = None
    memory_request: Memory | None = None
    gpu: int = Field(0, ge=0)
    resources: dict[str, int] = Field({})
    node_selector: dict[str, str] = Field({})
    tolerations: list[Annotated[str, AfterValidator(_taint)]] = Field([])


def size_option(sizes: Mapping[str, Size]) -> dict[str, Any]:
    """Build the `profile_options` of a KubeSpawner profile from the sizes."""
    if not sizes:
        return {}
    resources = {key for size in sizes.values() for key in extended_resources(size)}
    choices = {
        safe_slug(name.lower()): {  # the value in the form
            "display_name": escape(f"{name} ({details})" if (details := description(size)) else name),
            "kubespawner_override": {"size": name, **override(size, resources)},
        }
        for name, size in sizes.items()
    }
    return {OPTION: {"display_name": "Size", "choices": choices}}


def override(size: Size, resources: set[str]) -> dict[str, Any]:
    """The KubeSpawner settings of a size; None resets what another size has set."""
    wanted = extended_resources(size)
    settings: dict[str, Any] = {"extra_resource_limits": {key: wanted.get(key) for key in sorted(resources)}}
    if size.cpu:
        settings |= {"cpu_limit": float(parse_quantity(size.cpu)), "cpu_guarantee": None}
    if size.cpu_request:
        settings["cpu_guarantee"] = float(parse_quantity(size.cpu_request))
    if size.memory:
        settings |= {"mem_limit": int(parse_quantity(size.memory)), "mem_guarantee": None}
    if size.memory_request:
        settings["mem_guarantee"] = int(parse_quantity(size.memory_request))
    return settings


def with_node_choice(pod: V1Pod, size: Size) -> V1Pod:
    """Add the node selector and the tolerations of a size to the pod's."""
    if size.node_selector:
        pod.spec.node_selector = {**(pod.spec.node_selector or {}), **size.node_selector}
    present = pod.spec.tolerations or []
    missing = [each for each in map(toleration, size.tolerations) if each not in present]
    if missing:
        pod.spec.tolerations = [*present, *missing]
    return pod


def toleration(taint: str) -> dict[str, str]:
    """The toleration of a taint; without a value it tolerates each value, without an effect each effect."""
    match = _TAINT.fullmatch(taint)
    assert match, taint  # validated with the size
    value, effect = match["value"], match["effect"]
    how = {"operator": "Exists"} if value is None else {"operator": "Equal", "value": value}
    return {"key": match["key"], **how, **({"effect": effect} if effect else {})}


def extended_resources(size: Size) -> dict[str, str]:
    """The extended resources of a size, GPUs included."""
    found = {GPU: str(size.gpu)} if size.gpu else {}
    return found | {name: str(count) for name, count in size.resources.items()}


def description(size: Size) -> str:
    """Describe a size for the spawn page."""
    parts = [f"{parse_quantity(size.cpu).normalize():f} CPU"] if size.cpu else []
    parts += [f"{format_bytes(int(parse_quantity(size.memory)))} memory"] if size.memory else []
    parts += [f"{size.gpu} GPU"] if size.gpu else []
    parts += [f"{count} {name}" for name, count in size.resources.items()]
    return ", ".join(parts)
