"""How many more notebook servers the project's quota and limit ranges allow."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from ..quantity import format_bytes, parse_quantity
from .facts import Facts, Obj
from .finding import PASSED, UNKNOWN, WARNING, Finding

DEFAULTS = ("default", "defaultRequest")  # of a limit range, for a container's limits and requests


class Needs(NamedTuple):
    """What one notebook server asks for; 0 where the configuration sets nothing."""

    memory: Decimal = Decimal(0)
    memory_request: Decimal = Decimal(0)
    cpu: Decimal = Decimal(0)
    cpu_request: Decimal = Decimal(0)
    volume: Decimal = Decimal(0)
    storage_class: str = ""

    def pod(self) -> dict[str, Decimal]:
        """Return the need of a pod by the resource names of a quota."""
        memory_request, cpu_request = self.memory_request or self.memory, self.cpu_request or self.cpu
        return {
            "pods": Decimal(1),
            "count/pods": Decimal(1),
            "limits.memory": self.memory,
            "requests.memory": memory_request,
            "memory": memory_request,
            "limits.cpu": self.cpu,
            "requests.cpu": cpu_request,
            "cpu": cpu_request,
        }

    def claim(self) -> dict[str, Decimal]:
        """Return the need of a new user's volume by the resource names of a quota."""
        if not self.volume:
            return {}
        of_class = f"{self.storage_class}.storageclass.storage.k8s.io" if self.storage_class else ""
        found = {
            "persistentvolumeclaims": Decimal(1),
            "count/persistentvolumeclaims": Decimal(1),
            "requests.storage": self.volume,
        }
        if of_class:
            found |= {
                f"{of_class}/persistentvolumeclaims": Decimal(1),
                f"{of_class}/requests.storage": self.volume,
            }
        return found

    def __str__(self) -> str:
        return f"notebooks of {amount('memory', self.memory)}" if self.memory else "notebooks"


def check_quota(facts: Facts, needs: Needs) -> Finding:
    """Report how many more servers fit into the project's quotas, and what is short if none does."""
    quotas, show = facts.items("quotas"), "oc describe quota"
    if quotas is None:
        return Finding("quota", UNKNOWN, "The hub may not read the project's quotas.", show)
    quotas = [quota for quota in quotas if _applies(quota, needs)]
    if not quotas:
        return Finding("quota", PASSED, "No quota limits the number of notebook servers.", show)
    if unset := [*_must_be_set(quotas, needs, facts.items("limit ranges") or [])]:
        parameters = sorted({"NOTEBOOK_CPU" if "cpu" in each else "NOTEBOOK_MEMORY" for each in unset})
        message = (
            f"The quota requires every server to set {' and '.join(unset)}, which the hub does not set. "
            f"Deploy it with the template's parameter {' and '.join(parameters)}."
        )
        return Finding("quota", WARNING, message, show)
    rooms = [*_rooms(quotas, needs.pod()), *_rooms(quotas, needs.claim())]
    if not rooms:
        return Finding("quota", PASSED, "No quota limits the number of notebook servers.", show)
    room = min(rooms)
    if room.servers == 0:
        return Finding("quota", WARNING, f"No more {needs} fit: {room}.", show)
    noun = str(needs).replace("notebooks", "notebook", 1) if room.servers == 1 else str(needs)
    fits = "fits" if room.servers == 1 else "fit"
    return Finding("quota", PASSED, f"{room.servers} more {noun} {fits}: {room}.", show)


class Room(NamedTuple):
    """How many servers fit into one resource of a quota."""

    servers: int
    quota: str
    resource: str
    used: Decimal
    hard: Decimal

    def __str__(self) -> str:
        used, hard = amount(self.resource, self.used), amount(self.resource, self.hard)
        return f"the quota {self.quota} has {used} of {hard} {self.resource} in use"


class Usage(NamedTuple):
    """How much of a quota's resource is in use."""

    quota: str
    resource: str
    used: str
    hard: str
    percent: int


def quota_usage(facts: Facts, needs: Needs) -> list[Usage]:
    """Return the use of each resource that a notebook server needs."""
    quotas = [quota for quota in facts.items("quotas") or [] if _applies(quota, needs)]
    rooms = [*_rooms(quotas, needs.pod()), *_rooms(quotas, needs.claim())]
    return [
        Usage(
            room.quota,
            room.resource,
            amount(room.resource, room.used),
            amount(room.resource, room.hard),
            int(100 * min(room.used / room.hard, Decimal(1))) if room.hard else 100,
        )
        for room in rooms
    ]


def _rooms(quotas: list[Obj], needs: Mapping[str, Decimal]) -> Iterator[Room]:
    for quota in quotas:
        status = quota.get("status", {})
        for resource, text in status.get("hard", {}).items():
            if need := needs.get(resource):
                hard, used = parse_quantity(text), parse_quantity(status.get("used", {}).get(resource, "0"))
                servers = max(0, int((hard - used) // need))
                yield Room(servers, quota["metadata"]["name"], resource, used, hard)


def _must_be_set(quotas: list[Obj], needs: Needs, limit_ranges: list[Obj]) -> Iterator[str]:
    """Return the resources that a quota counts, but neither the hub nor a limit range sets."""
    defaults = {
        kind: {
            key
            for limits in limit_ranges
            for item in limits["spec"]["limits"]
            for key in item.get(kind) or {}
        }
        for kind in ("default", "defaultRequest")
    }
    counted = {resource for quota in quotas for resource in quota.get("status", {}).get("hard", {})}
    for resource, need in needs.pod().items():
        if resource in counted and not need:
            kind = "default" if resource.startswith("limits.") else "defaultRequest"
            plain = resource.removeprefix("limits.").removeprefix("requests.")
            if plain not in defaults[kind] | defaults["default"]:
                yield resource


def _applies(quota: Obj, needs: Needs) -> bool:
    """Return whether a quota counts notebook servers, as far as its scopes tell."""
    scopes = set(quota["spec"].get("scopes") or [])
    scopes |= {
        each["scopeName"] for each in (quota["spec"].get("scopeSelector") or {}).get("matchExpressions") or []
    }
    resources = any((needs.memory, needs.memory_request, needs.cpu, needs.cpu_request))
    return not scopes & {"Terminating", "PriorityClass", "CrossNamespacePodAffinity"} and not (
        ("BestEffort" in scopes and resources) or ("NotBestEffort" in scopes and not resources)
    )


def check_limit_range(facts: Facts, needs: Needs) -> Finding:
    """Report limit ranges that refuse a server or a volume of the configured size."""
    ranges, show = facts.items("limit ranges"), "oc describe limitrange"
    if ranges is None:
        return Finding("limit range", UNKNOWN, "The hub may not read the project's limit ranges.", show)
    if problems := [problem for each in ranges for problem in _outside(each, needs)]:
        return Finding("limit range", WARNING, " ".join(problems), show)
    if not ranges:
        return Finding("limit range", PASSED, "No limit range restricts the size of a notebook server.", show)
    names = ", ".join(each["metadata"]["name"] for each in ranges)
    return Finding(
        "limit range", PASSED, f"The limit range {names} allows a server of the configured size.", show
    )


def _outside(limit_range: Obj, needs: Needs) -> Iterator[str]:
    name = limit_range["metadata"]["name"]
    for item in limit_range["spec"]["limits"]:
        if item["type"] in ("Container", "Pod"):
            sizes = {"memory": needs.memory, "cpu": needs.cpu}
            floors = {"memory": needs.memory_request or needs.memory, "cpu": needs.cpu_request or needs.cpu}
        elif item["type"] == "PersistentVolumeClaim":
            sizes = floors = {"storage": needs.volume}
        else:
            continue
        whose = {"PersistentVolumeClaim": "a volume"}.get(item["type"], "a notebook server")
        for resource, size in sizes.items():
            most, least = item.get("max", {}).get(resource), item.get("min", {}).get(resource)
            if most and size > parse_quantity(most):
                allowed = amount(resource, parse_quantity(most))
                yield (
                    f"The limit range {name} allows {whose} at most {allowed} {resource}, "
                    f"but {amount(resource, size)} are configured."
                )
            if least and floors[resource] and floors[resource] < parse_quantity(least):
                allowed = amount(resource, parse_quantity(least))
                yield (
                    f"The limit range {name} requires at least {allowed} {resource} for {whose}, "
                    f"but {amount(resource, floors[resource])} are configured."
                )


def amount(resource: str, value: Decimal) -> str:
    """Format a quantity as people write it: `1.5 GiB`, `500m` of a CPU, `6`."""
    if "memory" in resource or "storage" in resource:
        return format_bytes(int(value))
    if value != value.to_integral_value():
        return f"{value * 1000:f}".rstrip("0").rstrip(".") + "m"
    return str(int(value))
