"""Which sizes do not fit into the project's quotas, so that the menu offers them no more.

Only what a size sets itself is compared. The cluster decides when the server starts; the menu only saves a
start that it would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from kubernetes_asyncio.client import ApiClient

from ..quantity import parse_quantity
from .api_objects import get_object
from .api_refusals import amount_of
from .sizes import Size, extended_resources

Obj = Mapping[str, Any]

# Scopes of quotas that count notebook servers, which run until they are stopped.
_SCOPES = {"NotTerminating", "NotBestEffort"}


async def project_quotas(client: ApiClient, namespace: str) -> list[Obj]:
    """List the project's quotas; raise ApiException or aiohttp's ClientError."""
    return list((await get_object(client, f"/api/v1/namespaces/{namespace}/resourcequotas"))["items"])


def sizes_without_room(sizes: Mapping[str, Size], quotas: Iterable[Obj]) -> dict[str, str]:
    """Return why a size does not fit, by the size's name; sizes that fit are left out."""
    counted = [quota for quota in quotas if _counts_servers(quota)]
    reasons = {name: _shortage(_needs(size), counted) for name, size in sizes.items()}
    return {name: reason for name, reason in reasons.items() if reason}


def mark_sizes(profiles: Iterable[dict[str, Any]], reasons: Mapping[str, str]) -> None:
    """Mark the choices of these sizes as disabled, with the reason; the first other one is the default."""
    for profile in profiles:
        choices = profile.get("profile_options", {}).get("size", {}).get("choices", {}).values()
        for choice in choices:
            if reason := reasons.get(choice.get("kubespawner_override", {}).get("size", "")):
                choice["disabled"] = True
                choice["display_name"] += f": {reason}"
        usable = [choice for choice in choices if not choice.get("disabled")]
        if usable and not any(choice.get("default") for choice in usable):
            for choice in choices:
                choice["default"] = choice is usable[0]


def _needs(size: Size) -> dict[str, Decimal]:
    """What a server of this size needs, by the resource names of a quota."""
    needs = {"pods": Decimal(1), "count/pods": Decimal(1)}
    for plain, limit, request in (
        ("memory", size.memory, size.memory_request),
        ("cpu", size.cpu, size.cpu_request),
    ):
        if limit:
            needs[f"limits.{plain}"] = parse_quantity(limit)
        if request or limit:
            needs[f"requests.{plain}"] = needs[plain] = parse_quantity(request or limit or "0")
    return needs | {
        f"requests.{name}": parse_quantity(count) for name, count in extended_resources(size).items()
    }


def _shortage(needs: Mapping[str, Decimal], quotas: Iterable[Obj]) -> str:
    """Return what is short; empty if everything fits."""
    for quota in quotas:
        status = quota.get("status", {})
        for resource, hard in status.get("hard", {}).items():
            need, used = needs.get(resource), status.get("used", {}).get(resource, "0")
            if not need or parse_quantity(used) + need <= parse_quantity(hard):
                continue
            most = amount_of(resource, hard)
            if need > parse_quantity(hard):
                return f"the project's quota allows {most}"
            return f"the project uses {amount_of(resource, used)} of {most}"
    return ""


def _counts_servers(quota: Obj) -> bool:
    spec = quota["spec"]
    terms = (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    return {*(spec.get("scopes") or []), *(term["scopeName"] for term in terms)} <= _SCOPES
