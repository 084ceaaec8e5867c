"""A stand-in for the cluster's API, for tests of single requests and their answers.

Tests of what a cluster does by itself use the sandbox.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import trustme
from aiohttp import web

Answer = tuple[int, Any]

# What the hub's workload becomes the owner of: the path of the list, and the kind.
OWNED = {
    "/api/v1/namespaces/rec/secrets": "Secret",
    "/api/v1/namespaces/rec/configmaps": "ConfigMap",
    "/apis/networking.k8s.io/v1/namespaces/rec/networkpolicies": "NetworkPolicy",
    "/apis/policy/v1/namespaces/rec/poddisruptionbudgets": "PodDisruptionBudget",
}


class StandIn:
    """Answers by method and path, without the query; anything else gets a 404, as on plain Kubernetes."""

    def __init__(self, folder: Path) -> None:
        self.account = folder / "serviceaccount"
        self.answers: dict[tuple[str, str], Answer | Callable[[Any], Answer]] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.content_types: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.accepted: list[str] = []
        self.tokens = {"the-token"}
        self.public: set[str] = set()  # paths for which no token is needed
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> StandIn:
        self.account.mkdir()
        (self.account / "token").write_text("the-token")
        (self.account / "namespace").write_text("rec")
        context = certificate(self.account)
        self._thread.start()
        self.port: int = asyncio.run_coroutine_threadsafe(self._serve(context), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def environ(self) -> dict[str, str]:
        """The variables that the kubelet sets in a pod."""
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(self.port)}

    def answer(self, record: dict[str, Any]) -> None:
        """Answer a request as recorded."""
        self.answers[record["method"], record["path"].partition("?")[0]] = (
            record["status"],
            deepcopy(record["response"]),
        )

    async def _serve(self, context: ssl.SSLContext) -> int:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def _stop(self) -> None:
        await self._runner.cleanup()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _handle(self, request: web.Request) -> web.Response:
        text = await request.text()
        form = request.content_type == "application/x-www-form-urlencoded"
        body = dict(parse_qsl(text)) if form else json.loads(text) if text else None
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens and request.path not in self.public:
            return web.json_response({"kind": "Status", "message": "Unauthorized", "code": 401}, status=401)
        if request.query.get("watch"):
            await asyncio.sleep(0.2)
            return web.json_response({"type": "ERROR", "object": EXPIRED})  # so that the hub lists anew
        self.requests.append((request.method, request.path, body))
        self.content_types.append(request.content_type)
        self.queries.append(dict(request.query))
        self.accepted.append(request.headers.get("Accept", ""))
        found = self.answers.get((request.method, request.path), (404, "404 page not found\n"))
        status, response = found(body) if callable(found) else found
        if isinstance(response, str):
            return web.Response(text=response, status=status)
        return web.json_response(response, status=status)


EXPIRED = {
    "kind": "Status",
    "status": "Failure",
    "reason": "Expired",
    "message": "too old resource version",
    "code": 410,
}


def certificate(folder: Path) -> ssl.SSLContext:
    """A server context for 127.0.0.1; its certificate authority is `ca.crt` in the folder."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.crt")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context
