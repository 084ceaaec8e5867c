"""What the project offers now: its labelled objects as the API lists them, and what is wrong with some.

Without the right to list them nothing is offered, and servers start as before: an older Role lacks it.
"""

from __future__ import annotations

from kubernetes_asyncio.client import ApiClient, ApiException

from . import lists
from .connections import Connection, connections
from .volumes import SharedVolume, shared_volumes


async def offered_volumes(client: ApiClient, namespace: str) -> tuple[list[SharedVolume], list[str]]:
    """Return the shared volumes, and a sentence for each claim that is left out."""
    try:
        claims = await lists.labelled_claims(client, namespace)
        modes = await lists.binding_modes(client, claims)
    except ApiException as refusal:
        return [], [_no_right(refusal, "persistentvolumeclaims", "No shared volume is mounted")]
    return shared_volumes(claims, modes)


async def offered_connections(
    client: ApiClient, namespace: str, application: str
) -> tuple[list[Connection], list[str]]:
    """Return the connections, and a sentence for each secret that is left out."""
    try:
        secrets = await lists.labelled_secrets(client, namespace)
    except ApiException as refusal:
        return [], [_no_right(refusal, "secrets", "No connection is offered")]
    return connections(secrets, application)


def _no_right(refusal: ApiException, resource: str, effect: str) -> str:
    """Return the sentence about a missing right; raise any other refusal again."""
    if refusal.status != 403:
        raise refusal
    return f"{effect}: the hub's service account may not list {resource}. Apply the template's Role again."
