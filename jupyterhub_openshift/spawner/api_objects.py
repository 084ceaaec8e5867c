"""Reads an object or a list from the API as the cluster sends it.

Models of the client would refuse objects that lack a field, and cannot represent lists of metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubernetes_asyncio.client import ApiClient

REQUEST_TIMEOUT = 10  # seconds


async def get_object(
    client: ApiClient, path: str, query: Mapping[str, str] | None = None, accept: str = "application/json"
) -> dict[str, Any]:
    """Return the JSON of an answer; raise ApiException or aiohttp's ClientError."""
    found: dict[str, Any] = await client.call_api(
        path,
        "GET",
        query_params=[*(query or {}).items()],
        header_params={"Accept": accept},
        auth_settings=["BearerToken"],
        response_types_map={200: "object"},
        _return_http_data_only=True,
        _request_timeout=REQUEST_TIMEOUT,
    )
    return found
