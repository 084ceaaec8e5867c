"""The recorded failing pods, and a node on which they are created again.

`failing-pods.jsonl` was recorded from kube-apiserver, scheduler and kubelet 1.36. Repetitions of an event
beyond the second are left out.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox import seed
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.authorization.users import person
from sandbox.containers.image_store import Image, ImageStore
from sandbox.containers.images import Images
from sandbox.registry.api import Api
from tests.sandbox.running import Node, node

PROJECT = Project("rec2", uid_first=1000210000, domain="real.test")
DEVELOPER = person("developer")
PACE = 0.03
REGISTRY, FAILING, CLOSED = "127.0.0.1:5000", "127.0.0.1:5998", "127.0.0.1:5999"
PYTHON = "python-312:latest"
RESTARTS = 2  # of a container that the replay waits for
RECORDED = Path(__file__).with_name("failing-pods.jsonl")
NAME = re.compile(r"failing pod ([\w-]+): (create|watch of the pod|watch of its events)")
EPOCH = "1970-01-01T00:00:00Z"
VARYING = [  # in texts
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UID"),
    (re.compile(r"containerd://[0-9a-f]{64}"), "CONTAINER"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "DIGEST"),
    (re.compile(rf"(?!{EPOCH})\d{{4}}-\d\d-\d\dT[\d:]{{8}}(\.\d+)?Z"), "TIME"),
    (re.compile(r"\b(10\.88|127\.77)\.\d+\.\d+\b"), "IP"),
    (re.compile(r"\bnode1\b"), "sandbox"),
    (re.compile(r"^s0:c\d+,c\d+$"), "LEVEL"),  # of SELinux, from the project's number
    (re.compile(r" on [\d.]+:53: .*$"), " on DNS"),  # how a resolver fails
    (re.compile(r"in \d+m?s \(\d+m?s including waiting\). Image size: \d+ bytes"), "in a while"),
]
DROPPED = {"uid", "resourceVersion", "creationTimestamp", "hostIP", "hostIPs", "reportingInstance"}


@dataclass
class Recorded:
    """One cause: the request, its answer, and what the watches showed."""

    body: Obj
    created: Obj
    pods: list[Obj] = field(default_factory=list)
    events: list[Obj] = field(default_factory=list)


@dataclass
class Replayed:
    """What the sandbox did with the same request."""

    created: Obj = field(default_factory=dict)
    pods: list[Obj] = field(default_factory=list)
    events: list[Obj] = field(default_factory=list)


def recorded() -> dict[str, Recorded]:
    """All causes by name."""
    causes: dict[str, Recorded] = {}
    for line in RECORDED.read_text().splitlines():
        exchange = json.loads(line)
        about = re.fullmatch(
            r"failing pod ([\w-]+): (create|watch of the pod|watch of its events)", exchange["name"]
        )
        if about is None:
            continue
        if about[2] == "create":
            causes[about[1]] = Recorded(exchange["body"], exchange["response"])
        elif about[2] == "watch of the pod":
            causes[about[1]].pods = [event["object"] for event in exchange["response"]]
        else:
            causes[about[1]].events = [event["object"] for event in exchange["response"]]
    return causes


def exchange(name: str) -> Obj:
    """A recorded request with its answer."""
    lines = (json.loads(line) for line in RECORDED.read_text().splitlines())
    return next(each for each in lines if each["name"] == name)


def plain(value: Any) -> Any:
    """An object without what differs from one run to the next."""
    if isinstance(value, dict):
        kept = {key: plain(each) for key, each in value.items() if key not in DROPPED}
        if kept.get("kind") == "Event":
            del kept["metadata"]["name"]
            kept["involvedObject"].pop("resourceVersion", None)
        if "host" in kept:
            kept["host"] = "NODE"
        if "imageID" in kept:
            kept["imageID"] = "IMAGE" if kept["imageID"] else ""
        return kept
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, str):
        for pattern, replacement in VARYING:
            value = pattern.sub(replacement, value)
    return value


def distinct(objects: list[Obj]) -> list[Obj]:
    """Plain objects, each repetition of the last left out."""
    found: list[Obj] = []
    for obj in map(plain, objects):
        if not found or found[-1] != obj:
            found.append(obj)
    return found


def without_released(pod: Obj) -> Obj:
    """A pod without the resources in its status: a kubelet takes them from an ended pod a little later."""
    status = {
        key: value for key, value in pod["status"].items() if key not in ("resources", "allocatedResources")
    }
    return {**pod, "status": status}


def restarts(pod: Obj) -> int:
    """How often the pod's container was restarted."""
    return max((each["restartCount"] for each in pod["status"].get("containerStatuses", [])), default=0)


def unmatched(expected: list[Obj], found: list[Obj]) -> Obj | None:
    """The first of `expected` that is not in `found`, in this order."""
    rest = iter(found)
    return next((each for each in expected if each not in rest), None)


class Registry(Images):
    """Images by their recorded names."""

    tags: dict[str, Image]

    def get(self, reference: str) -> Image | None:
        return self.tags.get(reference) or ImageStore.get(self, reference)


@asynccontextmanager
async def registry() -> AsyncIterator[str]:
    """A registry that has no image, refuses some, and never answers for others; its address."""

    async def manifest(request: web.Request) -> web.Response:
        repository = request.match_info["repository"]
        if repository.startswith("slow/") or repository.endswith("unanswered"):
            await asyncio.Event().wait()
        statuses = {"unauthorized/notebook": 401, "broken/notebook": 500}
        return web.Response(status=statuses.get(repository, 404))

    app = web.Application()
    app.router.add_head("/v2/{repository:.+}/manifests/{tag}", manifest)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def recorded_node(state: Path, images: Registry, image: Image) -> AsyncIterator[tuple[Node, Api]]:
    """A node in the recorded project, with the image that the pods use."""
    async with node(state, images, image, project=PROJECT, pace=PACE) as it:
        api = Api(it.store, PROJECT)
        seed.fill(it.store, PROJECT)
        images.tags = {f"{REGISTRY}/{PYTHON}": image}
        it.kubelet.node.pulled.add(f"{REGISTRY}/{PYTHON}")
        yield it, api
