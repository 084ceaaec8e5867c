"""Limits of ephemeral storage: a pod's writable layers, logs and emptyDir volumes.

Rules and texts: `pkg/kubelet/eviction/eviction_manager.go`.
"""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.quantity import Quantity

RESOURCE = "ephemeral-storage"


def has_limit(pod: Obj) -> bool:
    """Return True when the pod limits any ephemeral storage."""
    return bool(_volume_limits(pod) or _container_limits(pod))


def excess(pod: Obj, directory: Path, volumes: dict[str, Path], logs: Path) -> str:
    """Return which limit the pod exceeds; empty when it exceeds none."""
    for name, limit in _volume_limits(pod).items():
        if name in volumes and used(volumes[name]) > Quantity.parse(limit).value:
            return f'Usage of EmptyDir volume "{name}" exceeds the limit "{limit}". '
    limits = _container_limits(pod)
    containers = pod["spec"]["containers"]
    if len(limits) == len(containers):
        total = sum((Quantity.parse(limit).value for limit in limits.values()), Fraction(0))
        inside = sum(
            used(directory / each["name"] / "upper") + used(logs / each["name"]) for each in containers
        )
        inside += sum(used(volumes[name]) for name in _empty_directories(pod) if name in volumes)
        if inside > total:
            limit = str(Quantity(total, binary=True))
            return f"Pod ephemeral local storage usage exceeds the total limit of containers {limit}. "
    for name, limit in limits.items():
        if used(directory / name / "upper") + used(logs / name) > Quantity.parse(limit).value:
            return f'Container {name} exceeded its local ephemeral storage limit "{limit}". '
    return ""


def used(top: Path) -> int:
    """Sum the disk usage of a tree in bytes."""
    total = 0
    for folder, _, names in os.walk(top):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512  # noqa: PTH118
            except FileNotFoundError:  # removed meanwhile
                continue
    return total


def _empty_directories(pod: Obj) -> list[str]:
    return [volume["name"] for volume in pod["spec"].get("volumes") or [] if "emptyDir" in volume]


def _volume_limits(pod: Obj) -> dict[str, str]:
    volumes = [volume for volume in pod["spec"].get("volumes") or [] if volume.get("emptyDir")]
    return {
        each["name"]: each["emptyDir"]["sizeLimit"] for each in volumes if "sizeLimit" in each["emptyDir"]
    }


def _container_limits(pod: Obj) -> dict[str, str]:
    limits = {}
    for container in pod["spec"]["containers"]:
        limit = ((container.get("resources") or {}).get("limits") or {}).get(RESOURCE)
        if limit is not None:
            limits[container["name"]] = limit
    return limits
