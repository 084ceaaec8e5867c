"""`instantiate` and `instantiatebinary`: the subresources that start builds and rollouts."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping

from aiohttp import web

from sandbox.apimachinery import schema
from sandbox.apimachinery.errors import bad_request
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import BUILD_CONFIGS
from sandbox.apiserver.connectors import Connector
from sandbox.builds.sources import unpack
from sandbox.controllers import buildconfigs, deploymentconfigs
from sandbox.controllers.loop import Cluster
from sandbox.registry.rest import Context, Storage

LARGEST_UPLOAD = 256 * 1024 * 1024
REVISION = {
    "commit": ("commit",),
    "message": ("message",),
    "authorName": ("author", "name"),
    "authorEmail": ("author", "email"),
    "committerName": ("committer", "name"),
    "committerEmail": ("committer", "email"),
}


def storages(cluster: Cluster) -> dict[str, Storage]:
    """Return the storages of these subresources, by `Resource.path`."""
    return {
        "buildconfigs/instantiate.build.openshift.io": BuildRequests(cluster),
        "buildconfigs/instantiatebinary.build.openshift.io": BinaryBuildRequests(cluster),
        "deploymentconfigs/instantiate.apps.openshift.io": DeploymentRequests(cluster),
    }


class BuildRequests(Storage):
    """`buildconfigs/instantiate`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Start a build."""
        causes = obj.get("triggeredBy") or buildconfigs.MANUAL
        return buildconfigs.instantiate(self._cluster, name, causes, obj)


class BinaryBuildRequests(Connector):
    """`buildconfigs/instantiatebinary`: the request's body is an archive or a file."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def connect(self, request: web.Request, name: str, context: Context) -> web.StreamResponse:
        """Unpack the upload, and start a build of it."""
        cluster = self._cluster
        config = cluster.store.get(BUILD_CONFIGS, name)
        number = config["status"].get("lastVersion", 0) + 1
        into = cluster.state / "uploads" / f"{name}-{number}"
        archive = await _body(request)
        await asyncio.to_thread(shutil.rmtree, into, ignore_errors=True)
        as_file = context.query.get("asFile", "")
        try:
            await asyncio.to_thread(unpack, archive, as_file, into)
        except ValueError as problem:
            raise bad_request(str(problem)) from problem
        binary = {"asFile": as_file} if as_file else {}
        wanted = {"binary": binary, "revision": _revision(context.query)}
        build = buildconfigs.instantiate(cluster, name, buildconfigs.MANUAL, wanted)
        return web.json_response(schema.encoded(build), status=201)


class DeploymentRequests(Storage):
    """`deploymentconfigs/instantiate`."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Start a rollout."""
        return deploymentconfigs.instantiate(self._cluster, name, obj)


async def _body(request: web.Request) -> bytes:
    """Read an upload, which may be larger than an object."""
    received = bytearray()
    async for chunk in request.content.iter_any():
        received += chunk
        if len(received) > LARGEST_UPLOAD:
            raise bad_request(f"the upload is larger than {LARGEST_UPLOAD >> 20} MiB")
    return bytes(received)


def _revision(query: Mapping[str, str]) -> Obj | None:
    git: Obj = {}
    for word, path in REVISION.items():
        if value := query.get(f"revision.{word}"):
            target = git
            for step in path[:-1]:
                target = target.setdefault(step, {})
            target[path[-1]] = value
    return {"type": "Git", "git": git} if git else None
