"""The logs of pods, builds and rollouts, as connectors for `X/log`."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from sandbox.apimachinery.errors import StatusError, bad_request
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import BUILDS, DEPLOYMENT_CONFIGS
from sandbox.apimachinery.store import Store
from sandbox.apiserver.connectors import Connector
from sandbox.apiserver.request_info import is_true
from sandbox.registry.rest import Context

LogFile = Callable[[str, str, bool], Path | None]  # pod, container, previous

POLL = 0.1


class PodLogs(Connector):
    """`pods/log`: finds the container's file, and sends it to its end or for as long as it grows."""

    def __init__(self, store: Store, file: LogFile) -> None:
        self._store = store
        self._file = file

    async def connect(self, request: web.Request, name: str, context: Context) -> web.StreamResponse:
        """Send the log of one container."""
        return await self.send(request, name, context.query)

    async def send(self, request: web.Request, name: str, query: Mapping[str, str]) -> web.StreamResponse:
        """Send the log that a query asks for; StatusError 400 or 404 where a real API gives them."""
        pod = self._store.get("pods", name)
        container = chosen_container(pod, query.get("container", ""))
        previous = is_true(query.get("previous"))
        if not pod["spec"].get("nodeName"):
            return web.Response(status=204)
        path = self._file(name, container, previous)
        if path is None:
            raise _refusal(pod, container, previous)
        follow = is_true(query.get("follow")) and not previous
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        with suppress(ConnectionResetError):  # the client has closed the connection
            async for piece in _read(
                path, query, (lambda: self._is_running(pod, container)) if follow else None
            ):
                await response.write(piece)
        return response

    def _is_running(self, pod: Obj, container: str) -> bool:
        now = self._store.find("pods", pod["metadata"]["name"])
        if now is None or now["metadata"]["uid"] != pod["metadata"]["uid"]:
            return False
        if now["status"].get("phase") in ("Succeeded", "Failed"):
            return False
        state = _status(now, container).get("state") or {}
        return "terminated" not in state


class BuildLogs(Connector):
    """`builds/log`: the log of the build's pod, once there is one."""

    def __init__(self, store: Store, pods: PodLogs) -> None:
        self._store = store
        self._pods = pods

    async def connect(self, request: web.Request, name: str, context: Context) -> web.StreamResponse:
        """Wait for the pod, and send its log."""
        query = context.query
        build = self._store.get(BUILDS, name)
        wait = not is_true(query.get("nowait"))
        while wait and build["status"].get("phase") in ("New", "Pending"):
            await asyncio.sleep(POLL)
            build = self._store.get(BUILDS, name)
        if build["status"].get("phase") == "Cancelled" and self._store.find("pods", f"{name}-build") is None:
            namespace = build["metadata"].get("namespace", "")
            raise bad_request(f"build {namespace}/{name} was cancelled before a log was written")
        return await self._pods.send(request, f"{name}-build", query)


class DeploymentLogs(Connector):
    """`deploymentconfigs/log`: the deployer's log, or afterwards that of a pod of the latest rollout."""

    def __init__(self, store: Store, pods: PodLogs) -> None:
        self._store = store
        self._pods = pods

    async def connect(self, request: web.Request, name: str, context: Context) -> web.StreamResponse:
        """Choose the pod, and send its log."""
        query = context.query
        config = self._store.get(DEPLOYMENT_CONFIGS, name)
        version = int(query.get("version") or 0) or config["status"].get("latestVersion", 0)
        if not version:
            raise bad_request(f'no deployment exists for deploymentConfig "{name}"')
        deployer = self._store.find("pods", f"{name}-{version}-deploy")
        if deployer and deployer["status"].get("phase") in ("Pending", "Running"):
            return await self._pods.send(request, f"{name}-{version}-deploy", query)
        pods = self._store.list("pods", f"deployment={name}-{version}")
        if not pods:
            raise bad_request(f"no pods found for deployment {name}-{version}")
        return await self._pods.send(request, pods[0]["metadata"]["name"], query)


def _refusal(pod: Obj, container: str, previous: bool) -> StatusError:
    name = pod["metadata"]["name"]
    if previous:
        return bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
    waiting = (_status(pod, container).get("state") or {}).get("waiting") or {}
    why = waiting.get("reason") or "ContainerCreating"
    if why in ("ErrImagePull", "ImagePullBackOff"):
        why = "trying and failing to pull image"
    return bad_request(f'container "{container}" in pod "{name}" is waiting to start: {why}')


def chosen_container(pod: Obj, name: str) -> str:
    """Return the container that a request names, or the only one; StatusError 400 otherwise."""
    spec, pod_name = pod["spec"], pod["metadata"]["name"]
    names = [each["name"] for each in spec.get("containers") or []]
    first = [each["name"] for each in spec.get("initContainers") or []]
    if name and name not in [*names, *first]:
        raise bad_request(f"container {name} is not valid for pod {pod_name}")
    if not name and len(names) != 1:
        inits = f" or one of the init containers: [{' '.join(first)}]" if first else ""
        why = f"a container name must be specified for pod {pod_name}, choose one of: [{' '.join(names)}]"
        raise bad_request(why + inits)
    return name or names[0]


def _status(pod: Obj, container: str) -> Obj:
    status = pod["status"]
    all_of_them = [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]
    found: Obj = next((each for each in all_of_them if each["name"] == container), {})
    return found


async def _read(
    path: Path, query: Mapping[str, str], growing: Callable[[], bool] | None
) -> AsyncIterator[bytes]:
    left = int(query["limitBytes"]) if query.get("limitBytes") else None
    with path.open("rb") as file:
        if query.get("tailLines"):
            file.seek(_tail(path, int(query["tailLines"])))
        for _ in itertools.count():
            running = growing is not None and growing()
            while piece := file.read(64 * 1024):
                if left is not None:
                    piece, left = piece[:left], left - len(piece[:left])
                yield piece
                if left == 0:
                    return
            if not running:
                return
            await asyncio.sleep(POLL)


def _tail(path: Path, lines: int) -> int:
    """Return the offset of the last lines of a file."""
    text = path.read_bytes()
    position = len(text) - (1 if text.endswith(b"\n") else 0)
    for _ in range(lines):
        position = text.rfind(b"\n", 0, position)
        if position < 0:
            return 0
    return position + 1 if lines else len(text)
