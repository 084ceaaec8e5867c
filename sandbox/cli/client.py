"""A client of the sandbox's API that uses a kubeconfig, as `oc` does."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.apimachinery import resources
from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resources import Resource

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
FOREVER = aiohttp.ClientTimeout(total=None)


class NotRunning(Exception):
    """No sandbox answers at the kubeconfig's address."""


class Client:
    """Sends requests to the kubeconfig's project."""

    def __init__(self, kubeconfig: Path) -> None:
        if not kubeconfig.is_file():
            raise NotRunning("no sandbox is running here")
        self.state = kubeconfig.parent
        config = json.loads(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        self.server = str(cluster["server"])
        self.namespace = str(config["contexts"][0]["context"]["namespace"])
        self._token = config["users"][0]["user"]["token"]
        self._tls = ssl.create_default_context(
            cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
        )
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        connector = aiohttp.TCPConnector(ssl=self._tls)
        headers = {"Authorization": f"Bearer {self._token}"}
        self._http = aiohttp.ClientSession(connector=connector, headers=headers, timeout=FOREVER)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http:
            await self._http.close()

    def path(self, resource: Resource, name: str = "", sub: str = "") -> str:
        """Build the path of a resource, an object or a subresource."""
        root = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.version}"
        scope = f"namespaces/{self.namespace}" if resource.namespaced else ""
        return "/".join(part for part in (root, scope, resource.name, name, sub) if part)

    async def request(self, method: str, path: str, body: Any = None, **options: Any) -> Obj:  # noqa: ANN401
        """Send a request; return the JSON answer; raises StatusError for a refusal."""
        async with self.open(method, path, body, **options) as response:
            answer: Obj = await response.json(content_type=None)
            return answer

    async def get(self, key: str, name: str = "", sub: str = "", **query: str) -> Obj:
        """Get an object or a list."""
        return await self.request("GET", self.path(resources.of(key), name, sub), params=query)

    async def create(self, obj: Obj) -> tuple[Resource, Obj]:
        """Create an object at the resource of its kind."""
        version, kind = str(obj.get("apiVersion", "")), str(obj.get("kind", ""))
        resource = resources.of_kind(version, kind)
        if resource is None:
            text = f'no matches for kind "{kind}" in version "{version}"'
            raise UnknownKind(f"resource mapping not found: {text}\nensure CRDs are installed first")
        return resource, await self.request("POST", self.path(resource), obj)

    async def watch(self, key: str, name: str) -> AsyncIterator[Obj]:
        """Watch one object; yield each state until it is deleted."""
        query = {"watch": "true", "fieldSelector": f"metadata.name={name}"}
        async with self.open("GET", self.path(resources.of(key)), params=query) as response:
            async for line in response.content:
                event = json.loads(line)
                if event["type"] == "DELETED":
                    return
                yield event["object"]

    @asynccontextmanager
    async def open(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a request and yield its answer unread; `body` is JSON or bytes."""
        assert self._http
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        content = {"Content-Type": "application/json"} if data is not None else {}
        sent = {"Accept": "application/json", **content, **(headers or {})}
        url = self.server + path
        try:
            async with self._http.request(
                method, url, data=data, params=params or {}, headers=sent
            ) as response:
                if response.status >= 400:
                    raise _refusal(response.status, await response.text())
                yield response
        except aiohttp.ClientConnectorError as problem:
            host = self.server.removeprefix("https://")
            raise NotRunning(f"The connection to the server {host} was refused") from problem


class UnknownKind(Exception):
    """An object of a kind that the API does not have."""


def find_resource(word: str) -> list[Resource]:
    """Resolve `po`, `deploymentconfig`, `dc.apps.openshift.io` or `all` to resources; empty when unknown."""
    plain, _, group = word.lower().partition(".")
    everything = [
        r for rs in resources.GROUP_VERSIONS.values() for r in rs if "/" not in r.name and "get" in r.verbs
    ]
    if found := [r for r in everything if word in r.listed("categories")]:
        return found
    for resource in everything:
        names = (resource.name, resource.singular, resource.kind.lower(), *resource.listed("short"))
        if plain in names and (not group or resource.group == group):
            return [resource]
    return []


def _refusal(code: int, text: str) -> StatusError:
    try:
        status = json.loads(text)
        return StatusError(code, status.get("reason", ""), status["message"], status.get("details"))
    except (ValueError, KeyError, TypeError):
        return StatusError(code, "", text)
