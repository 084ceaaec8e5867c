"""Lists the labelled objects; of secrets only the metadata, so that the hub never sees their values."""

from __future__ import annotations

import asyncio

from kubernetes_asyncio.client import ApiClient, ApiException

from ..api_objects import get_object
from .labels import CONNECTION, SHARED_VOLUME, Obj
from .volumes import storage_class_of

# https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


def claims_path(namespace: str) -> str:
    """Where the labelled claims are listed."""
    return f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"


def secrets_path(namespace: str) -> str:
    """Where the labelled secrets are listed."""
    return f"/api/v1/namespaces/{namespace}/secrets"


async def labelled_claims(client: ApiClient, namespace: str) -> list[Obj]:
    """List the claims with the label; raise ApiException or aiohttp's ClientError."""
    found = await get_object(client, claims_path(namespace), {"labelSelector": SHARED_VOLUME})
    return list(found["items"])


async def labelled_secrets(client: ApiClient, namespace: str) -> list[Obj]:
    """List the metadata of the secrets with the label; raise ApiException or aiohttp's ClientError."""
    query = {"labelSelector": CONNECTION}
    found = await get_object(client, secrets_path(namespace), query, METADATA_ONLY)
    return [{"metadata": secret["metadata"]} for secret in found["items"]]


async def binding_modes(client: ApiClient, claims: list[Obj]) -> dict[str, str | None]:
    """The binding mode of the storage class of each pending claim; None where it may not be read."""
    names = {storage_class_of(claim) for claim in claims if claim.get("status", {}).get("phase") == "Pending"}
    names -= {""}
    modes = await asyncio.gather(*(_binding_mode(client, name) for name in sorted(names)))
    return {name: mode for name, mode in zip(sorted(names), modes, strict=True) if mode != "missing"}


async def _binding_mode(client: ApiClient, name: str) -> str | None:
    try:
        found = await get_object(client, f"{CLASSES}/{name}")
    except ApiException as refusal:
        if refusal.status == 404:
            return "missing"
        if refusal.status in (401, 403):
            return None
        raise
    return str(found.get("volumeBindingMode") or "Immediate")
