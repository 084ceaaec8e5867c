"""Subresources: status, scale, logs, tokens, eviction, and what the controllers do when asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from aiohttp import web

from sandbox.apimachinery import errors, schema
from sandbox.apimachinery.json_types import Json, Obj
from sandbox.apimachinery.names import invalid
from sandbox.apimachinery.resources import Resource, find
from sandbox.apiserver.bodies import check_body
from sandbox.apiserver.logs import Logs
from sandbox.apiserver.request_info import Request
from sandbox.authorization.users import AUDIENCE, Tokens, User
from sandbox.registry.api import Api
from sandbox.registry.patches import TYPES as PATCHES
from sandbox.registry.patches import patched

Action = Callable[[str, web.Request, User], Awaitable[Obj]]

LOGS = {"pods": "of_pod", "builds": "of_build", "deploymentconfigs": "of_deployment"}


class Subresources:
    """`answer` takes a request whose resource and verb are allowed."""

    def __init__(self, api: Api, tokens: Tokens, logs: Logs, actions: dict[tuple[str, str], Action]) -> None:
        self._api = api
        self._tokens = tokens
        self._logs = logs
        self._actions = actions

    async def answer(
        self, request: web.Request, wanted: Request, known: Resource, body: Json, user: User
    ) -> web.StreamResponse:
        """The response."""
        sub = find(wanted.group, wanted.version, f"{wanted.resource}/{wanted.subresource}")
        if sub is None or wanted.verb not in sub.verbs:
            raise errors.method_not_allowed()
        if wanted.subresource == "log":
            return await self._log(request, wanted)
        if wanted.subresource == "status":
            return self._status(request, wanted, known, body, user)
        if wanted.subresource == "scale":
            return self._scale(request, wanted, known, sub, body, user)
        if (known.key, wanted.subresource) == ("serviceaccounts", "token"):
            check_body(sub, body, request.query, wanted, self._api.project.name)
            return web.json_response(self._token(wanted.name, body), status=201)
        if (known.key, wanted.subresource) == ("pods", "eviction"):
            self._api.delete("pods", wanted.name, user, (body or {}).get("deleteOptions"))
            return web.json_response(
                {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201},
                status=201,
            )
        action = self._actions.get((known.key, wanted.subresource))
        if action is None:
            raise errors.no_such_resource()
        return web.json_response(schema.encoded(await action(wanted.name, request, user)), status=201)

    async def _log(self, request: web.Request, wanted: Request) -> web.StreamResponse:
        pieces: AsyncIterator[bytes] = await getattr(self._logs, LOGS[wanted.resource])(
            wanted.name, request.query
        )
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        with suppress(ConnectionResetError):  # the client has seen enough
            async for piece in pieces:
                await response.write(piece)
        return response

    def _status(
        self, request: web.Request, wanted: Request, known: Resource, body: Json, user: User
    ) -> web.StreamResponse:
        if wanted.verb == "get":
            obj = self._api.store.get(known.key, wanted.name)
        elif wanted.verb == "update":
            check_body(known, body, request.query, wanted, self._api.project.name)
            obj = self._api.update(known.key, body, user, subresource="status")
        else:
            if request.content_type not in PATCHES:
                raise errors.StatusError(415, "UnsupportedMediaType", "", {})
            kind = request.content_type
            obj = self._api.patch(known.key, wanted.name, kind, body, user, subresource="status")
        return web.json_response(schema.encoded(obj))

    def _scale(  # noqa: PLR0917
        self, request: web.Request, wanted: Request, known: Resource, sub: Resource, body: Json, user: User
    ) -> web.StreamResponse:
        obj = self._api.store.get(known.key, wanted.name)
        if wanted.verb != "get":
            scale = _scale_of(obj, sub)
            scale = patched(scale, body, request.content_type) if wanted.verb == "patch" else body
            replicas = (scale.get("spec") or {}).get("replicas", 0)
            if replicas < 0:
                why = "must be greater than or equal to 0"
                cause = errors.Cause(
                    "FieldValueInvalid", "spec.replicas", f"Invalid value: {replicas}: {why}"
                )
                raise errors.invalid(f"Scale.{sub.options['as'].partition('/')[0]}", wanted.name, [cause])
            obj["spec"]["replicas"] = replicas
            obj = self._api.update(known.key, obj, user)
        return web.json_response(_scale_of(obj, sub))

    def _token(self, account: str, body: Obj) -> Obj:
        """A TokenRequest, answered."""
        found = self._api.store.get("serviceaccounts", account)
        spec = body.get("spec") or {}
        seconds = spec.get("expirationSeconds") or 3600
        if seconds < 600:
            cause = invalid(
                "spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes"
            )
            raise errors.invalid("TokenRequest.authentication.k8s.io", "", [cause])
        audiences = spec.get("audiences") or [AUDIENCE]
        reference = spec.get("boundObjectRef")
        pod = (
            self._api.store.get("pods", reference["name"])
            if reference and reference.get("kind") == "Pod"
            else None
        )
        token = self._tokens.issue(account, seconds, audiences, pod)
        now = datetime.now(timezone.utc)
        expires = (now + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        meta = {"name": account, "namespace": self._api.project.name, "uid": found["metadata"]["uid"]}
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {**meta, "creationTimestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ")},
            "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": reference},
            "status": {"token": token, "expirationTimestamp": expires},
        }


def _scale_of(obj: Obj, sub: Resource) -> Obj:
    keep = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    meta = {key: obj["metadata"][key] for key in keep if key in obj["metadata"]}
    selector = obj["spec"].get("selector") or {}
    labels = selector.get("matchLabels", selector)
    text = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    status: Obj = {"replicas": (obj.get("status") or {}).get("replicas", 0)}
    version = sub.options["as"]
    status |= (
        {"selector": labels, "targetSelector": text}
        if version.startswith("extensions/")
        else {"selector": text}
    )
    replicas = obj["spec"].get("replicas", 0)
    return {
        "kind": "Scale",
        "apiVersion": version,
        "metadata": meta,
        "spec": {"replicas": replicas} if replicas else {},
        "status": status,
    }
