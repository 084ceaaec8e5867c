"""The router: serves every route on https://HOST:PORT, with OpenShift's headers and error pages.

| of OpenShift's HAProxy router | here |
|---|---|
| `X-Forwarded-For/-Host/-Port/-Proto`, `Forwarded` | the same; what the client sent is replaced |
| 30 s for an answer, or `haproxy.router.openshift.io/timeout` | the same, 504 after that |
| an unknown host, or a service without a ready pod | 503 "Application is not available" |
| `status.ingress` of each route | the same; a host that an older route has is refused |
| plain HTTP, passthrough and re-encrypt routes | not served |
"""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.resource_keys import ROUTES
from sandbox.apimachinery.store import Store, now
from sandbox.network.services import Network
from sandbox.oauth.server import OAuth

NAME = "default"  # the router's name in route statuses
TIMEOUT = 30.0
TIMEOUT_ANNOTATION = "haproxy.router.openshift.io/timeout"
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}
HOP_BY_HOP = {  # RFC 9110, 7.6.1
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
    *("transfer-encoding", "upgrade", "proxy-connection"),
}
FORWARDED = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"}
WEBSOCKET = frozenset(
    {
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-extensions",
        "sec-websocket-protocol",
    }
)
UNAVAILABLE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Application is not available</title></head><body>
<h1>Application is not available</h1>
<p>The application is currently not serving requests at this endpoint.
It may not have been started or is still starting.</p>
<p>Possible reasons: the host does not exist (was the URL typed correctly?);
the host exists, but no route has a matching path;
the route and path match, but all of its pods are down (are the pods running and ready?).</p>
</body></html>
"""
BROKEN = "<html><body><h1>502 Bad Gateway</h1>\nThe server returned an invalid answer.\n</body></html>\n"
TOO_SLOW = "<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.\n</body></html>\n"
if TYPE_CHECKING:
    Socket = web.WebSocketResponse[Any] | aiohttp.ClientWebSocketResponse[Any]


class Router:
    """Serves the routes of a project."""

    def __init__(self, project: Project, store: Store, network: Network, oauth: OAuth | None = None) -> None:
        self.project = project
        self.store = store
        self.network = network
        self.oauth = oauth
        self.port = 0
        self._client: aiohttp.ClientSession | None = None
        self._turn = 0

    async def serve(self, context: ssl.SSLContext, port: int, host: str = "127.0.0.1") -> web.AppRunner:
        """Start listening; raises OSError when the port is taken. `cleanup()` of the runner stops it."""
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", self._answer)
        app.cleanup_ctx.append(self._session)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port, ssl_context=context)
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self.port = runner.addresses[0][1]
        if self.oauth:
            self.oauth.port = self.port
        return runner

    async def run(self) -> None:
        """Admit routes until cancelled."""
        with self.store.watch(ROUTES) as watch:
            async for event in watch:
                if event.type != "DELETED":
                    self._admit(event.object["metadata"]["name"])
                else:
                    for route in self.store.look(ROUTES):  # another route may claim the freed host
                        self._admit(route["metadata"]["name"])

    def _admit(self, name: str) -> None:
        route = self.store.find(ROUTES, name)
        if route is None or not route["spec"].get("host"):
            return
        ingress = {
            "host": route["spec"]["host"],
            "routerName": NAME,
            "conditions": [self._condition(route)],
            "wildcardPolicy": route["spec"].get("wildcardPolicy", "None"),
            "routerCanonicalHostname": f"router-default.apps.{self.project.domain}",
        }
        known = (route.get("status", {}).get("ingress") or [None])[0]
        if known:
            before = {**known["conditions"][0], "lastTransitionTime": ""}
            if known["host"] == ingress["host"] and before == {
                **ingress["conditions"][0],
                "lastTransitionTime": "",
            }:
                return
        self.store.modify(ROUTES, name, lambda obj: obj.__setitem__("status", {"ingress": [ingress]}))

    def _condition(self, route: Obj) -> Obj:
        def age(one: Obj) -> tuple[str, int]:
            return one["metadata"]["creationTimestamp"], int(one["metadata"]["resourceVersion"])

        claims = [one for one in self.store.look(ROUTES) if served(one) == served(route)]
        oldest = next((one for one in claims if is_admitted(one)), min(claims, key=age))["metadata"]["name"]
        condition = {"type": "Admitted", "status": "True", "lastTransitionTime": now()}
        if oldest != route["metadata"]["name"]:
            why = f"route {oldest} already exposes {route['spec']['host']} and is older"
            condition |= {"status": "False", "reason": "HostAlreadyClaimed", "message": why}
        return condition

    async def _session(self, _: web.Application) -> Any:  # noqa: ANN401
        none = aiohttp.ClientTimeout(total=None, sock_connect=5)
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(
            timeout=none,
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[redirects_are_the_browsers()],
        ) as self._client:
            yield

    def _route(self, request: web.Request) -> Obj | None:
        """Find the admitted route of the request's host with the longest matching path."""
        host = request.host.partition(":")[0].lower()
        found = [
            route
            for route in self.store.look(ROUTES)
            if route["spec"].get("host") == host
            and is_admitted(route)
            and route["spec"].get("tls", {}).get("termination") == "edge"
            and within(request.path, route["spec"].get("path", ""))
        ]
        return max(found, key=lambda route: len(route["spec"].get("path", "")), default=None)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self.oauth and request.host.partition(":")[0].lower() == self.oauth.host:
            return await self.oauth.answer(request)
        route = self._route(request)
        there = self.network.endpoints(route["spec"]["to"]["name"], target(route)) if route else []
        if route is None or not there:
            return unavailable()
        self._turn += 1
        ip, port = there[self._turn % len(there)]
        url = f"http://{ip}:{port}{request.raw_path}"
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._websocket(request, url)
            return await self._forward(request, url, timeout_of(route))
        except aiohttp.ClientConnectorError:
            return unavailable()
        except aiohttp.ClientError:  # the connection broke, or the answer is not HTTP
            return web.Response(status=502, text=BROKEN, content_type="text/html")
        except asyncio.TimeoutError:
            return web.Response(status=504, text=TOO_SLOW, content_type="text/html")

    async def _forward(self, request: web.Request, url: str, timeout: float) -> web.StreamResponse:
        assert self._client
        body = request.content if request.body_exists else None
        answer = await asyncio.wait_for(
            self._client.request(
                request.method,
                raw_url(url),
                headers=self._headers(request),
                data=body,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            ),
            timeout,
        )
        async with answer:
            response = web.StreamResponse(status=answer.status, reason=answer.reason)
            for name, value in answer.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    response.headers.add(name, value)
            if "Content-Length" not in answer.headers and request.version >= aiohttp.HttpVersion11:
                response.enable_chunked_encoding()
            await response.prepare(request)
            with suppress(ConnectionResetError):  # the browser left
                async for chunk in answer.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
        return response

    async def _websocket(self, request: web.Request, url: str) -> web.StreamResponse:
        assert self._client
        headers = self._headers(request, WEBSOCKET)
        protocols = [
            one.strip() for one in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if one.strip()
        ]
        try:
            behind = await self._client.ws_connect(
                raw_url(url),
                headers=headers,
                protocols=protocols,
                max_msg_size=0,
                autoping=False,
                autoclose=False,
            )
        except aiohttp.WSServerHandshakeError as refusal:
            location = (
                {"Location": refusal.headers["Location"]} if refusal.headers and refusal.status < 400 else {}
            )
            return web.Response(status=refusal.status, text=refusal.message, headers=location)
        async with behind:
            chosen = [behind.protocol] if behind.protocol else []
            front = web.WebSocketResponse(protocols=chosen, max_msg_size=0, autoping=False, autoclose=False)
            await front.prepare(request)
            both = [asyncio.create_task(relay(front, behind)), asyncio.create_task(relay(behind, front))]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in both:
                    task.cancel()
                await asyncio.gather(*both, return_exceptions=True)
            await front.close(code=behind.close_code or aiohttp.WSCloseCode.GOING_AWAY)
        return front

    def _headers(self, request: web.Request, more: frozenset[str] = frozenset()) -> CIMultiDict[str]:
        named = {one.strip().lower() for one in request.headers.get("Connection", "").split(",")}
        dropped = HOP_BY_HOP | FORWARDED | more | named
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in dropped
        )
        client = request.remote or ""
        headers["X-Forwarded-For"] = client
        headers["X-Forwarded-Host"] = request.host
        headers["X-Forwarded-Port"] = str(self.port)
        headers["X-Forwarded-Proto"] = "https"
        headers["Forwarded"] = f'for={client};host="{request.host}";proto=https'
        return headers


def redirects_are_the_browsers() -> aiohttp.TraceConfig:
    """Pass a redirect of a websocket handshake on to the browser; aiohttp would follow it."""

    async def stop(_: object, __: object, params: aiohttp.TraceRequestRedirectParams) -> None:
        answer = params.response
        answer.close()
        raise aiohttp.WSServerHandshakeError(
            answer.request_info,
            answer.history,
            status=answer.status,
            message=answer.reason or "",
            headers=answer.headers,
        )

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(stop)
    return trace


async def relay(source: Socket, target: Socket) -> None:
    """Copy messages in one direction until the source closes."""
    while True:
        message = await source.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is aiohttp.WSMsgType.PING:
            await target.ping(message.data)
        elif message.type is aiohttp.WSMsgType.PONG:
            await target.pong(message.data)
        else:
            code = message.data if message.type is aiohttp.WSMsgType.CLOSE else None
            await target.close(
                code=code or aiohttp.WSCloseCode.GOING_AWAY, message=(message.extra or "").encode()
            )
            return


def served(route: Obj) -> tuple[str, str]:
    """Return the host and path that a route claims."""
    return route["spec"].get("host", ""), route["spec"].get("path", "")


def is_admitted(route: Obj) -> bool:
    """Return True when the router has admitted the route."""
    ingress = (route.get("status", {}).get("ingress") or [{}])[0]
    same = ingress.get("host") == route["spec"].get("host")
    return same and any(one["status"] == "True" for one in ingress.get("conditions", []))


def within(path: str, prefix: str) -> bool:
    """Return True when a request's path lies under a route's path."""
    return not prefix or path == prefix or path.startswith(f"{prefix.rstrip('/')}/")


def target(route: Obj) -> int | str | None:
    """Return the service port that a route targets."""
    port: int | str | None = route["spec"].get("port", {}).get("targetPort")
    return port


def timeout_of(route: Obj) -> float:
    """Return the seconds that a pod may take to answer."""
    given = (route["metadata"].get("annotations") or {}).get(TIMEOUT_ANNOTATION, "")
    match = re.fullmatch(r"(\d+)(us|ms|s|m|h|d)?", given)
    return int(match[1]) * UNITS[match[2] or "ms"] if match else TIMEOUT


def raw_url(url: str) -> URL:
    """Build a URL that keeps the browser's percent escapes."""
    return URL(url, encoded=True)


def unavailable() -> web.Response:
    """Build OpenShift's 503 page."""
    headers = {"Cache-Control": "private, max-age=0, no-cache, no-store", "Pragma": "no-cache"}
    return web.Response(status=503, text=UNAVAILABLE, content_type="text/html", headers=headers)
