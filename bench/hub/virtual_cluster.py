"""A virtual cluster in one process: the part of the Kubernetes API that a hub asks, and all notebook servers.

    python -m bench.hub.virtual_cluster FOLDER DELAY [STATE]

A pod is ready DELAY seconds after its creation. It has a loopback address of its own, and behind all of these
addresses one server answers as a notebook server does: it sends a browser to the hub's OAuth, exchanges the
code for a token, asks who the token belongs to, and reports activity.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

Obj = dict[str, Any]
NAMESPACE = "bench"
API_PORT = 6443
SERVER_PORTS = (8080, 8888)  # ours and Zero to JupyterHub's
CONTROL_PORT = 9000
DIGEST = "sha256:" + "0" * 64


def now() -> str:
    """The time as the API writes it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Resource:
    """Objects of one kind, with lists and watches."""

    def __init__(self, cluster: Cluster, kind: str) -> None:
        self.cluster = cluster
        self.kind = kind
        self.objects: dict[str, Obj] = {}
        self.changes: list[tuple[int, str, Obj]] = []
        self.changed = asyncio.Condition()

    async def change(self, type_: str, obj: Obj) -> Obj:
        """Store the object's new state, and tell the watches."""
        obj["metadata"]["resourceVersion"] = str(self.cluster.next_version())
        if type_ == "DELETED":
            self.objects.pop(obj["metadata"]["name"], None)
        else:
            self.objects[obj["metadata"]["name"]] = obj
        self.changes.append((self.cluster.version, type_, obj))
        async with self.changed:
            self.changed.notify_all()
        return obj

    def list(self, selector: str) -> Obj:
        """The list object, for a label selector of equalities."""
        items = [obj for obj in self.objects.values() if matches(obj, selector)]
        metadata = {"resourceVersion": str(self.cluster.version)}
        return {"kind": f"{self.kind}List", "apiVersion": "v1", "metadata": metadata, "items": items}

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """Stream the changes after a version, until the client's timeout."""
        selector = request.query.get("labelSelector", "")
        since = int(request.query.get("resourceVersion") or 0)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        deadline = asyncio.get_running_loop().time() + float(request.query.get("timeoutSeconds", 3600))
        position = next((i for i, change in enumerate(self.changes) if change[0] > since), len(self.changes))
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            while position < len(self.changes):
                _, type_, obj = self.changes[position]
                position += 1
                if matches(obj, selector):
                    await response.write(json.dumps({"type": type_, "object": obj}).encode() + b"\n")
            async with self.changed:
                if position == len(self.changes):
                    try:
                        await asyncio.wait_for(self.changed.wait(), left)
                    except (TimeoutError, asyncio.TimeoutError):
                        break
        return response


def matches(obj: Obj, selector: str) -> bool:
    """Whether an object's labels have all the values of a selector of equalities."""
    labels = obj["metadata"].get("labels") or {}
    pairs = [pair.partition("=") for pair in selector.split(",") if pair]
    return all(labels.get(name) == value.removeprefix("=") for name, _, value in pairs)


class Cluster:
    """The objects, the notebook servers behind the pods, and a count of requests."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.version = 1
        self.requests: Counter[str] = Counter()
        self.resources = {
            "pods": Resource(self, "Pod"),
            "events": Resource(self, "Event"),
            "persistentvolumeclaims": Resource(self, "PersistentVolumeClaim"),
            "secrets": Resource(self, "Secret"),
        }
        self.servers: dict[str, dict[str, str]] = {}  # by prefix: the environment of the server's container
        self.cookies: dict[str, str] = {}  # of the browsers that a server has let in: cookie to prefix
        self.tasks: set[asyncio.Task[None]] = set()
        self.pod_number = 0
        self.fault, self.fault_until = 500, 0.0  # the status that the API answers, until when
        self.session: aiohttp.ClientSession | None = None
        self.reports: Counter[int] = Counter()  # answers to activity reports, by status

    def state(self) -> Obj:
        """What a later cluster needs to go on from here."""
        objects = {name: resource.objects for name, resource in self.resources.items()}
        return {
            "version": self.version,
            "pod_number": self.pod_number,
            "objects": objects,
            "servers": self.servers,
            "cookies": self.cookies,
        }

    def restore(self, state: Obj) -> None:
        """Go on from there."""
        self.version, self.pod_number = state["version"], state["pod_number"]
        self.servers, self.cookies = state["servers"], state["cookies"]
        for name, objects in state["objects"].items():
            self.resources[name].objects = objects

    def next_version(self) -> int:
        """A new resource version."""
        self.version += 1
        return self.version

    def later(self, work: Any) -> None:  # noqa: ANN401 (a coroutine)
        """Run it beside the requests."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # The API

    async def api(self, request: web.Request) -> web.StreamResponse:
        """Answer one request of the hub."""
        parts = request.path.strip("/").split("/")
        kind = parts[4] if len(parts) > 4 else ""
        watch = request.query.get("watch") in ("1", "true", "True")
        verb = "WATCH" if watch else request.method if len(parts) != 5 or request.method != "GET" else "LIST"
        self.requests[f"{verb} {kind or parts[-1]}"] += 1
        if asyncio.get_running_loop().time() < self.fault_until:
            return status(self.fault, "Fault", "on purpose")
        if parts[:3] == ["api", "v1", "namespaces"] and kind in self.resources:
            return await self._object(
                request, self.resources[kind], parts[5] if len(parts) > 5 else "", watch
            )
        if parts[:3] == ["api", "v1", "namespaces"] and len(parts) == 4:
            annotations = {"openshift.io/sa.scc.uid-range": "1000620000/10000"}
            return web.json_response(
                {"kind": "Namespace", "metadata": {"name": parts[3], "annotations": annotations}}
            )
        if "imagestreams" in parts and parts[-1] != "imagestreams":
            return web.json_response(image_stream(parts[-1]))
        return status(404, "NotFound", "not found")

    async def _object(
        self, request: web.Request, resource: Resource, name: str, watch: bool
    ) -> web.StreamResponse:
        if watch:
            return await resource.watch(request)
        if request.method == "POST":
            return web.json_response(await self._create(resource, await request.json()), status=201)
        if not name:
            return web.json_response(resource.list(request.query.get("labelSelector", "")))
        obj = resource.objects.get(name)
        if obj is None:
            return status(404, "NotFound", f'{resource.kind.lower()}s "{name}" not found')
        if request.method == "DELETE":
            await self._delete(resource, obj)
        return web.json_response(obj)

    async def _create(self, resource: Resource, obj: Obj) -> Obj:
        uid = secrets.token_hex(16)
        obj["metadata"] |= {"namespace": NAMESPACE, "uid": uid, "creationTimestamp": now()}
        if resource.kind == "PersistentVolumeClaim":
            obj["status"] = {"phase": "Bound"}
        if resource.kind != "Pod":
            return await resource.change("ADDED", obj)
        obj["status"] = {"phase": "Pending", "conditions": []}
        created = await resource.change("ADDED", obj)
        env = {each["name"]: each.get("value", "") for each in obj["spec"]["containers"][0].get("env") or []}
        self.later(self._run_pod(obj["metadata"]["name"], uid, env))
        return created

    async def _delete(self, resource: Resource, obj: Obj) -> None:
        for prefix, server in list(self.servers.items()):
            if server.get("POD") == obj["metadata"]["name"]:
                del self.servers[prefix]
        await resource.change("DELETED", json.loads(json.dumps(obj)))

    async def _run_pod(self, name: str, uid: str, env: dict[str, str]) -> None:
        pods = self.resources["pods"]
        await self._event(name, uid, "Scheduled", f"Successfully assigned {NAMESPACE}/{name} to node")
        await asyncio.sleep(self.delay / 2)
        for reason, message in (
            ("Pulled", "Container image already present on machine"),
            ("Created", "Created container notebook"),
            ("Started", "Started container notebook"),
        ):
            await self._event(name, uid, reason, message)
        await asyncio.sleep(self.delay / 2)
        if name not in pods.objects or pods.objects[name]["metadata"]["uid"] != uid:
            return
        self.pod_number += 1
        number = self.pod_number
        pod = json.loads(json.dumps(pods.objects[name]))
        pod["spec"]["nodeName"] = "node"
        pod["status"] = {
            "phase": "Running",
            "podIP": f"127.{64 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [
                {
                    "name": "notebook",
                    "ready": True,
                    "restartCount": 0,
                    "state": {"running": {"startedAt": now()}},
                }
            ],
        }
        self.servers[env["JUPYTERHUB_SERVICE_PREFIX"]] = {**env, "POD": name}
        await pods.change("MODIFIED", pod)

    async def _event(self, pod: str, uid: str, reason: str, message: str) -> None:
        name = f"{pod}.{secrets.token_hex(8)}"
        metadata = {
            "name": name,
            "namespace": NAMESPACE,
            "uid": secrets.token_hex(16),
            "creationTimestamp": now(),
        }
        involved = {"kind": "Pod", "namespace": NAMESPACE, "name": pod, "uid": uid}
        event = {"metadata": metadata, "involvedObject": involved, "reason": reason, "message": message}
        event |= {"type": "Normal", "count": 1, "firstTimestamp": now(), "lastTimestamp": now()}
        event |= {"source": {"component": "kubelet"}, "reportingComponent": "kubelet"}
        await self.resources["events"].change("ADDED", event)

    # The notebook servers

    def _server(self, path: str) -> tuple[str, dict[str, str]] | None:
        parts = path.split("/")
        for length in (3, 4):
            prefix = "/".join(parts[:length]) + "/"
            if prefix in self.servers:
                return prefix, self.servers[prefix]
        return None

    async def notebook(self, request: web.Request) -> web.Response:
        """Answer as the notebook server of the path does."""
        found = self._server(request.path)
        if found is None:
            return web.Response(status=404)
        prefix, env = found
        client, rest = env["JUPYTERHUB_CLIENT_ID"], request.path.removeprefix(prefix)
        headers = {"X-JupyterHub-Version": version("jupyterhub")}
        if rest == "oauth_callback":
            return await self._callback(request, prefix, env)
        if request.headers.get("User-Agent", "").startswith("Tornado") or rest == "api":
            return web.Response(text="ok", headers=headers)  # the hub looks whether the server answers
        if self.cookies.get(request.cookies.get(f"jupyterhub-user-{client}", "")) == prefix:
            return web.Response(text="a notebook", headers=headers)
        state = secrets.token_urlsafe(16)
        query = {"client_id": client, "redirect_uri": f"{prefix}oauth_callback", "response_type": "code"}
        authorize = (
            f"{env['JUPYTERHUB_BASE_URL']}hub/api/oauth2/authorize?{urlencode({**query, 'state': state})}"
        )
        response = web.Response(status=302, headers={**headers, "Location": authorize})
        response.set_cookie(f"state-{client}", state, path=prefix)
        return response

    async def _callback(self, request: web.Request, prefix: str, env: dict[str, str]) -> web.Response:
        assert self.session
        client = env["JUPYTERHUB_CLIENT_ID"]
        if request.query.get("state") != request.cookies.get(f"state-{client}"):
            return web.Response(status=403, text="the state does not match")
        form = {
            "client_id": client,
            "client_secret": env["JUPYTERHUB_API_TOKEN"],
            "grant_type": "authorization_code",
            "code": request.query["code"],
            "redirect_uri": f"{prefix}oauth_callback",
        }
        async with self.session.post(f"{env['JUPYTERHUB_API_URL']}/oauth2/token", data=form) as answer:
            if answer.status != 200:
                return web.Response(status=500, text=await answer.text())
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.get(f"{env['JUPYTERHUB_API_URL']}/user", headers=headers) as answer:
            if answer.status != 200:
                return web.Response(status=500, text=await answer.text())
        cookie = secrets.token_urlsafe(16)
        self.cookies[cookie] = prefix
        response = web.Response(status=302, headers={"Location": prefix})
        response.set_cookie(f"jupyterhub-user-{client}", cookie, path=prefix)
        self.later(self._report(env))
        return response

    async def _report(self, env: dict[str, str]) -> None:
        """Report activity to the hub, as a notebook server does at its start and then every five minutes."""
        assert self.session
        headers = {"Authorization": f"Bearer {env['JUPYTERHUB_API_TOKEN']}"}
        last = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
        name = env.get("JUPYTERHUB_SERVER_NAME", "")
        body = {"servers": {name: {"last_activity": last}}, "last_activity": last}
        async with self.session.post(env["JUPYTERHUB_ACTIVITY_URL"], json=body, headers=headers) as answer:
            self.reports[answer.status] += 1

    # Control by the benchmark

    async def control(self, request: web.Request) -> web.Response:
        """Answer a request of the benchmark.

        | request | answer |
        |---|---|
        | `/requests` | how many requests of each kind came |
        | `/report?over=SECONDS` | every server reports its activity once |
        | `/pods` | the UID of each user's running pod |
        | `/state` | the state, for a later cluster |
        | `/kill` | deletes a pod; its name and UID |
        | `/fault?status=CODE&seconds=SECONDS` | the API answers with this status for so long |
        """
        if request.path == "/state":
            return web.json_response(self.state())
        pods = self.resources["pods"]
        if request.path == "/pods":
            return web.json_response({user_of(pod): pod["metadata"]["uid"] for pod in pods.objects.values()})
        if request.path == "/kill":
            found = [pod for pod in pods.objects.values() if pod["status"]["phase"] == "Running"]
            for pod in (killed := found[:1]):
                await self._delete(pods, pod)
            return web.json_response({pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in killed})
        if request.path == "/fault":
            self.fault = int(request.query["status"])
            self.fault_until = asyncio.get_running_loop().time() + float(request.query["seconds"])
            return web.json_response({})
        if request.path == "/report":
            over = float(request.query["over"])
            servers = list(self.servers.values())

            async def one(number: int, env: dict[str, str]) -> None:
                await asyncio.sleep(over * number / max(1, len(servers)))
                await self._report(env)

            await asyncio.gather(*(one(number, env) for number, env in enumerate(servers)))
            return web.json_response({"servers": len(servers), "reports": dict(self.reports)})
        counted = dict(self.requests)
        if request.query.get("clear"):
            self.requests.clear()
        return web.json_response(counted)


def user_of(pod: Obj) -> str:
    """The user whose server a pod is."""
    return str(pod["metadata"]["annotations"]["hub.jupyter.org/username"])


def image_stream(name: str) -> Obj:
    """An image stream with an image for its tags 3.12 and latest."""
    items = [{"image": DIGEST, "dockerImageReference": f"registry/bench/{name}@{DIGEST}", "created": now()}]
    tags = [{"tag": tag, "items": items} for tag in ("3.12", "latest")]
    status_ = {"dockerImageRepository": f"registry/bench/{name}", "tags": tags}
    return {
        "kind": "ImageStream",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {},
        "status": status_,
    }


def status(code: int, reason: str, message: str) -> web.Response:
    """A Status object."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": message,
        "code": code,
    }
    return web.json_response(body, status=code)


@asynccontextmanager
async def serving(folder: Path, delay: float, state: Path | None) -> AsyncIterator[Cluster]:
    """All servers of the cluster, until the block ends."""
    cluster = Cluster(delay)
    if state:
        cluster.restore(json.loads(state.read_text()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    runners = []
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        cluster.session = session
        for handler, host, port, tls in (
            (cluster.api, "127.0.0.1", API_PORT, context),
            (cluster.control, "127.0.0.1", CONTROL_PORT, None),
            *((cluster.notebook, "0.0.0.0", port, None) for port in SERVER_PORTS),
        ):
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", handler)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, host, port, ssl_context=tls, backlog=4096).start()
            runners.append(runner)
        try:
            yield cluster
        finally:
            for runner in runners:
                await runner.cleanup()


async def main(folder: Path, delay: float, state: Path | None) -> None:
    """Serve until the process is ended."""
    async with serving(folder, delay, state):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]) if sys.argv[3:] else None))
