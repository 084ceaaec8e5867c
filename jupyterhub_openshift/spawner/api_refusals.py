"""Explains to the user why the API refused to create a pod or a claim.

The API's own messages (recorded in `tests/hub/recorded.jsonl`) are precise, but full of terms that a user
does not know: provider lists, container names, resource keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubernetes_asyncio.client import ApiException

from ..cluster.api import status_message
from ..quantity import format_bytes, parse_quantity, readable_quantities
from .home_volume import SETUP_CONTAINER
from .spawn_failures import ADVICE, NoRoom, SpawnRefused

_QUOTA = re.compile(
    r"exceeded quota: (?P<quota>[^,]+), requested: (?P<asked>.+), used: (?P<used>.+), limited: (?P<most>.+)"
)
_QUOTA_NEEDS = re.compile(r"failed quota: (?P<quota>[^:]+): must specify (?P<what>.+)")
_LIMIT_RANGE = re.compile(
    r"(?:maximum|minimum) .+ usage per (?:Container|Pod|PersistentVolumeClaim) is .+|"
    r".+ max limit to request ratio .+"
)
_SCC = re.compile(
    r"unable to validate against any security context constraint: \[(?P<providers>.*)\]", re.DOTALL
)
OWN_CONTAINERS = {"notebook", SETUP_CONTAINER}
_RESOURCES = {  # singular and plural
    "limits.memory": ("memory", "memory"),
    "requests.memory": ("requested memory", "requested memory"),
    "memory": ("requested memory", "requested memory"),
    "limits.cpu": ("CPU", "CPU"),
    "requests.cpu": ("requested CPU", "requested CPU"),
    "cpu": ("requested CPU", "requested CPU"),
    "requests.storage": ("storage", "storage"),
    "persistentvolumeclaims": ("volume claim", "volume claims"),
    "pods": ("pod", "pods"),
    "count/pods": ("pod", "pods"),
    "requests.nvidia.com/gpu": ("GPU", "GPUs"),
}


def refused(refusal: ApiException) -> SpawnRefused:
    """Explain the API's refusal to create a pod or claim."""
    message = status_message(refusal)
    if not refusal.body:  # from a reflector, which does not keep the API's message
        return SpawnRefused(
            "The cluster refuses the hub to watch the pods of its project "
            f"({refusal.status} {refusal.reason}). Ask an administrator of this hub."
            "\n\nFor administrators: oc auth can-i --list",
            reason="cluster",
            status_code=503,
        )
    if match := _QUOTA.search(message):
        needs = "; ".join(_exceeded(match["asked"], match["used"], match["most"]))
        kind: type[SpawnRefused] = NoRoom if _may_fit_later(match["asked"], match["most"]) else SpawnRefused
        return kind(
            f'The project\'s quota "{match["quota"]}" is used up: {needs}. '
            f"{ADVICE}, or ask an administrator of the project for more quota."
            "\n\n"
            f"For administrators: oc describe quota {match['quota']}",
            reason="quota",
            status_code=403,
        )
    if match := _QUOTA_NEEDS.search(message):
        return SpawnRefused(
            f'The project has the quota "{match["quota"]}", so every server needs limits '
            f"({match['what']}). An administrator of this hub can set {_remedy(match['what'])}.",
            reason="quota",
            status_code=403,
        )
    if match := _LIMIT_RANGE.search(message.partition(" is forbidden: ")[2]):
        return SpawnRefused(
            "The project's limit range does not allow a server of this size: "
            f"{readable_quantities(match[0])}. "
            "An administrator of this hub can change JUPYTERHUB_NOTEBOOK_MEMORY or JUPYTERHUB_NOTEBOOK_CPU."
            "\n\nFor administrators: oc describe limitrange",
            reason="limits",
            status_code=403,
        )
    if match := _SCC.search(message):
        return SpawnRefused(
            "The cluster's security context constraints do not allow this server: "
            f"{_security_reasons(match['providers'])}. An administrator of this hub can change its "
            "configuration.",
            reason="security",
            status_code=403,
        )
    return SpawnRefused(
        f"The cluster refused to start this server: {message}", reason="cluster", status_code=403
    )


def _remedy(missing: str) -> str:
    """Name the setting for containers without limits: `limits.memory for: notebook,sidecar; ...`."""
    names = {name for part in re.findall(r" for: ([^;]+)", missing) for name in part.strip().split(",")}
    if added := sorted(names - OWN_CONTAINERS):
        containers = " and ".join(f'"{name}"' for name in added)
        return f"the resources of the container {containers} in the hub's configuration"
    return "JUPYTERHUB_NOTEBOOK_MEMORY and JUPYTERHUB_NOTEBOOK_CPU"


def _may_fit_later(asked: str, most: str) -> bool:
    """Return whether the end of another server makes room: volumes stay, and some servers never fit."""
    limit = _quantities(most)
    return all(
        "storage" not in resource
        and "persistentvolumeclaims" not in resource
        and parse_quantity(amount) <= parse_quantity(limit.get(resource, "0"))
        for resource, amount in _quantities(asked).items()
    )


def _exceeded(asked: str, used: str, most: str) -> Iterator[str]:
    """For each exceeded resource, what the server needs and what is in use."""
    in_use, limit = _quantities(used), _quantities(most)
    for resource, amount in _quantities(asked).items():
        taken, total = (_amount(resource, each.get(resource, "0")) for each in (in_use, limit))
        one, many = _nouns(resource)
        verb = "is" if one == many else "are"
        yield f"this server needs {amount_of(resource, amount)}, and {taken} of {total} {verb} in use"


def amount_of(resource: str, quantity: str) -> str:
    """Return an amount of a quota's resource as people write it: `2 GPUs`, `1 GiB of memory`."""
    (one, many), value = _nouns(resource), _amount(resource, quantity)
    of = "of " if _is_bytes(resource) else ""
    return f"{value} {of}{one if value == '1' else many}"


def _nouns(resource: str) -> tuple[str, str]:
    """Singular and plural of a quota's resource."""
    return _RESOURCES.get(resource, (resource.removeprefix("requests."),) * 2)


def _quantities(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(",") if "=" in part)


def _amount(resource: str, quantity: str) -> str:
    if _is_bytes(resource):
        return format_bytes(int(parse_quantity(quantity)))
    value = parse_quantity(quantity).normalize()
    return f"{value:f}"


def _is_bytes(resource: str) -> bool:
    return "memory" in resource or "storage" in resource


def _security_reasons(providers: str) -> str:
    """The reasons of restricted-v2, which is for ordinary users; all reasons if it is not in the list."""
    reasons = re.findall(r"provider restricted-v2: (.*?)(?=, provider |$)", providers)
    return "; ".join(reason.lstrip(".") for reason in reasons) or providers
