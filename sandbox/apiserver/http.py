"""The aiohttp application: authentication, faults, errors as Status objects, and the paths of no resource."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from sandbox.apimachinery import errors
from sandbox.apimachinery.json_types import Obj
from sandbox.apiserver import discovery, openapi
from sandbox.apiserver.authentication import authenticate
from sandbox.apiserver.faults import Faults
from sandbox.apiserver.handlers import Handlers
from sandbox.apiserver.logs import LogFile
from sandbox.apiserver.request_info import parse
from sandbox.apiserver.responses import warned
from sandbox.apiserver.storages import storages
from sandbox.apiserver.streaming.remote_command import RunningContainer
from sandbox.authorization import rbac
from sandbox.authorization.users import Tokens, User
from sandbox.oauth.server import OAuth
from sandbox.registry.api import Api
from sandbox.registry.rest import Storage

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = logging.getLogger(__name__)

USER = web.RequestKey("user", User)
HEALTH = ("/healthz", "/livez", "/readyz")
NO_SCHEMAS = (
    b"\x0a\x032.0\x12\x0d\x0a\x07sandbox\x12\x02v1"  # OpenAPI 2 in protobuf with version and title only
)
MAX_BODY = 3 * 1024 * 1024  # the limit of a real API


def application(
    api: Api,
    tokens: Tokens,
    *,
    log_file: LogFile = lambda pod, container, previous: None,
    running: RunningContainer = lambda pod, container: None,
    others: Mapping[str, Storage] | None = None,
    faults: Faults | None = None,
    oauth: OAuth | None = None,
) -> web.Application:
    """Return the aiohttp application.

    `log_file` finds the log of a container, `running` the container itself. `others` serve more resources, by
    `Resource.path`.
    """
    handlers = Handlers(api, storages(api, tokens, log_file, running, others or {}))
    server = _Server(api, tokens, handlers, faults or Faults(), oauth)
    app = web.Application(middlewares=[server.middleware], client_max_size=MAX_BODY)
    app.router.add_route("*", "/{path:.*}", server.answer)
    return app


class _Server:
    def __init__(
        self, api: Api, tokens: Tokens, handlers: Handlers, faults: Faults, oauth: OAuth | None
    ) -> None:
        self._api = api
        self._tokens = tokens
        self._handlers = handlers
        self._faults = faults
        self._oauth = oauth

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Authenticate, inject faults, and turn errors into Status objects."""
        try:
            request[USER] = authenticate(request.headers, self._tokens, self._api.rbac)
            if request.path == "/sandbox/faults":
                return await self._switch(request)
            await self._fail(request)
            return self._emptied(request, await handler(request))
        except errors.StatusError as refusal:
            answer = web.json_response(refusal.status(), status=refusal.code)
            if seconds := (refusal.details or {}).get("retryAfterSeconds"):
                answer.headers["Retry-After"] = str(seconds)
            return warned(answer, refusal.warnings)
        except (web.HTTPException, asyncio.CancelledError, ConnectionError):
            raise
        except Exception:
            log.exception("%s %s", request.method, request.path)
            text = "Internal error occurred: see the sandbox's log"
            return web.json_response(errors.StatusError(500, "InternalError", text).status(), status=500)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Respond to any path."""
        wanted = parse(request.method, request.path, request.query)
        if wanted is None:
            return self._about(request)
        return await self._handlers.answer(request, wanted, request[USER])

    def _about(self, request: web.Request) -> web.Response:
        """Respond with discovery, version or health."""
        self._api.rbac.require(request[USER], rbac.Ask(request.method.lower(), path=request.path))
        steps = request.path.strip("/").split("/")
        if request.path in HEALTH or request.path.startswith(tuple(f"{each}/" for each in HEALTH)):
            return web.Response(text="ok")
        accepts = request.headers.get("Accept", "")
        if steps in (["api"], ["apis"]) and discovery.AGGREGATED in accepts and "v=v2;" in f"{accepts};":
            media = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
            text = json.dumps(discovery.aggregated(steps == ["api"]))
            return web.Response(body=text.encode(), headers={"Content-Type": media})
        if steps == ["openapi", "v2"] and "proto-openapi" in accepts:
            return web.Response(body=NO_SCHEMAS)
        found = self._document(steps, request)
        if found is None:
            return web.Response(text="404 page not found\n", status=404)
        return web.json_response(found)

    def _document(self, steps: list[str], request: web.Request) -> Obj | None:
        match steps:
            case [".well-known", "oauth-authorization-server"]:
                return self._oauth.metadata if self._oauth else None
            case ["version"]:
                return discovery.VERSION
            case ["api"]:
                return discovery.core_versions(request.host)
            case ["apis"]:
                return discovery.groups()
            case ["apis", group]:
                return discovery.group(group)
            case ["api", version]:
                return discovery.resources(version)
            case ["apis", group, version]:
                return discovery.resources(f"{group}/{version}")
            case ["openapi", "v3"]:
                return openapi.index()
            case ["openapi", "v3", "api", version]:
                return openapi.document(version)
            case ["openapi", "v3", "apis", group, version]:
                return openapi.document(f"{group}/{version}")
            case ["openapi", "v2"]:
                return {"swagger": "2.0", "info": {"title": "sandbox", "version": "v1"}, "paths": {}}
            case [""]:
                return {
                    "paths": ["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/readyz", "/version"]
                }
        return None

    async def _switch(self, request: web.Request) -> web.Response:
        """Show or set the faults; only the cluster admin may."""
        self._api.rbac.require(request[USER], rbac.Ask(request.method.lower(), path=request.path))
        if request.method in ("PUT", "POST"):
            self._faults.set(await request.json())
            if self._faults.watches_end:
                self._handlers.end_watches()
        elif request.method == "DELETE":
            self._faults.clear()
        return web.json_response(self._faults.described())

    def _emptied(self, request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
        concerned = self._faults.empty and self._faults.concern(request.method, request.path)
        if not concerned or not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
            return answer
        if answer.content_type != "application/json":
            return answer
        return web.json_response(self._faults.emptied(json.loads(answer.body)), status=answer.status)

    async def _fail(self, request: web.Request) -> None:
        faults = self._faults
        if not faults.concern(request.method, request.path):
            return
        if faults.slow:
            await asyncio.sleep(faults.slow)
        if faults.away:
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError("the sandbox's API is away")
        failure = faults.failure()
        if failure is not None:
            raise failure
