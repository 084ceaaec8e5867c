"""Subresources that handle the connection themselves, because they stream or take no object.

As `rest.Connecter` in `k8s.io/apiserver/pkg/registry/rest`.
"""

from __future__ import annotations

from aiohttp import web

from sandbox.registry.rest import Context, Storage


class Connector(Storage):
    """A subresource that reads the request and writes the response itself."""

    requires_create = False
    """A WebSocket is opened by GET; since Kubernetes 1.35 that requires `create` too."""

    async def connect(self, request: web.Request, name: str, context: Context) -> web.StreamResponse:
        """Handle the request, and return the response."""
        raise NotImplementedError
