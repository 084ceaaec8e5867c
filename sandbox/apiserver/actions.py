"""POSTs to subresources that start something: builds and rollouts."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.apimachinery.errors import bad_request
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import BUILD_CONFIGS, DEPLOYMENT_CONFIGS
from sandbox.authorization.users import User
from sandbox.builds.sources import unpack
from sandbox.controllers import buildconfigs, deploymentconfigs
from sandbox.controllers.loop import Cluster

Action = Callable[[str, web.Request, User], Awaitable[Obj]]

LARGEST_UPLOAD = 256 * 1024 * 1024
REVISION = {
    "commit": ("commit",),
    "message": ("message",),
    "authorName": ("author", "name"),
    "authorEmail": ("author", "email"),
    "committerName": ("committer", "name"),
    "committerEmail": ("committer", "email"),
}


def actions(cluster: Cluster) -> dict[tuple[str, str], Action]:
    """By resource and subresource."""

    async def start_build(name: str, request: web.Request, _: User) -> Obj:
        body = await request.json()
        causes = body.get("triggeredBy") or buildconfigs.MANUAL
        return buildconfigs.instantiate(cluster, name, causes, body)

    async def start_build_of_upload(name: str, request: web.Request, _: User) -> Obj:
        config = cluster.store.get(BUILD_CONFIGS, name)
        number = config["status"].get("lastVersion", 0) + 1
        into = cluster.state / "uploads" / f"{name}-{number}"
        archive = await _body(request)
        await asyncio.to_thread(shutil.rmtree, into, ignore_errors=True)
        as_file = request.query.get("asFile", "")
        try:
            await asyncio.to_thread(unpack, archive, as_file, into)
        except ValueError as problem:
            raise bad_request(str(problem)) from problem
        binary = {"asFile": as_file} if as_file else {}
        wanted = {"binary": binary, "revision": _revision(request)}
        return buildconfigs.instantiate(cluster, name, buildconfigs.MANUAL, wanted)

    async def roll_out(name: str, request: web.Request, _: User) -> Obj:
        return deploymentconfigs.instantiate(cluster, name, await request.json())

    return {
        (BUILD_CONFIGS, "instantiate"): start_build,
        (BUILD_CONFIGS, "instantiatebinary"): start_build_of_upload,
        (DEPLOYMENT_CONFIGS, "instantiate"): roll_out,
    }


async def _body(request: web.Request) -> bytes:
    """An upload may be larger than an object."""
    received = bytearray()
    async for chunk in request.content.iter_any():
        received += chunk
        if len(received) > LARGEST_UPLOAD:
            raise bad_request(f"the upload is larger than {LARGEST_UPLOAD >> 20} MiB")
    return bytes(received)


def _revision(request: web.Request) -> Obj | None:
    git: Obj = {}
    for word, path in REVISION.items():
        if value := request.query.get(f"revision.{word}"):
            target = git
            for step in path[:-1]:
                target = target.setdefault(step, {})
            target[path[-1]] = value
    return {"type": "Git", "git": git} if git else None
