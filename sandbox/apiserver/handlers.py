"""One handler for each verb of the API, from the request's body to the response."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.apimachinery import errors, resources, schema
from sandbox.apimachinery.json_types import Json, Obj
from sandbox.apimachinery.resource_keys import (
    DEPLOYMENT_CONFIGS,
    IMAGE_STREAM_IMAGES,
    IMAGE_STREAM_TAGS,
    PROJECTS,
    USERS,
)
from sandbox.apimachinery.resources import Resource
from sandbox.apiserver import audit, discovery, lists, options
from sandbox.apiserver.bodies import accepted_as_table, check_body, read_json
from sandbox.apiserver.lists import Selection
from sandbox.apiserver.logs import LogFile, Logs
from sandbox.apiserver.request_info import Request
from sandbox.apiserver.reviews import Reviews
from sandbox.apiserver.subresources import Subresources
from sandbox.authorization import rbac
from sandbox.authorization.users import Tokens, User
from sandbox.printers import tables
from sandbox.registry import templates, views
from sandbox.registry.api import Api
from sandbox.registry.patches import TYPES as PATCHES
from sandbox.validation.pods import hidden_variables

log = logging.getLogger(__name__)

REVIEWS = ("authorization.k8s.io", "authentication.k8s.io")
NAMED = ("get", "update", "patch", "delete")
OPENSHIFT_REVIEWS = "authorization.openshift.io"
DEPRECATED = {
    DEPLOYMENT_CONFIGS: "apps.openshift.io/v1 DeploymentConfig is deprecated in v4.14+, "
    "unavailable in v4.10000+",
    "endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
}
UNKNOWN_PATCH = "415: Unsupported Media Type"


class Handlers:
    """Looks up the resource, asks RBAC, does it."""

    def __init__(
        self, api: Api, tokens: Tokens, log_file: LogFile, actions: dict[tuple[str, str], Any]
    ) -> None:
        self._api = api
        self._tags = views.ImageStreamTags(api)
        self._reviews = Reviews(api.rbac, tokens, api.project)
        self._subresources = Subresources(api, tokens, Logs(api.store, log_file), actions)
        self._watches: set[Any] = set()

    def end_watches(self) -> None:
        """Forget all history, so that a watch that goes on gets 410."""
        self._api.store.forget_history()
        for watch in list(self._watches):
            watch.close()

    async def answer(self, request: web.Request, wanted: Request, user: User) -> web.StreamResponse:
        """The response to a request for a resource."""
        known = resources.find(wanted.group, wanted.version, wanted.resource)
        sub = resources.find(wanted.group, wanted.version, f"{wanted.resource}/{wanted.subresource}")
        body = (
            await read_json(request)
            if request.method in ("POST", "PUT", "PATCH", "DELETE") and not _is_upload(wanted)
            else None
        )
        if not self._asks_about_oneself(known, body):
            self._require(user, wanted.ask)
        if known is None or (wanted.subresource and sub is None):
            if discovery.resources("/".join(filter(None, (wanted.group, wanted.version)))) is None:
                return web.Response(text="404 page not found\n", status=404)
            raise errors.no_such_resource()
        try:
            self._check_scope(known, wanted)
            if wanted.subresource:
                response = await self._subresources.answer(request, wanted, known, body, user)
            else:
                response = await self._on(known, request, wanted, body, user)
        except errors.StatusError as refusal:
            refusal.warnings += _deprecation(known)
            raise
        return response if response.prepared else warned(response, _deprecation(known))

    def _require(self, user: User, ask: rbac.Ask) -> None:
        try:
            self._api.rbac.require(user, ask)
        except errors.StatusError:
            audit.record(user, ask, allowed=False)
            raise
        audit.record(user, ask, allowed=True)

    async def _on(
        self, known: Resource, request: web.Request, wanted: Request, body: Json, user: User
    ) -> web.StreamResponse:
        misnamed = wanted.verb != "watch" and (wanted.verb in NAMED) != bool(wanted.name)
        if wanted.verb not in known.verbs or misnamed:
            raise errors.method_not_allowed()
        if wanted.verb == "create":
            return await self._create(known, request, wanted, body, user)
        if wanted.verb == "get":
            return self._respond(request, known, self._get(known, wanted.name, user))
        if wanted.verb == "list":
            return self._list(known, request, wanted, user)
        if wanted.verb == "watch":
            return await self._watch(known, request, wanted, user)
        if wanted.verb == "update":
            return self._update(known, request, wanted, body, user)
        if wanted.verb == "patch":
            return self._patch(known, request, wanted, body, user)
        return self._delete(known, request, wanted, body, user)

    def _get(self, known: Resource, name: str, user: User) -> Obj:
        if known.key == IMAGE_STREAM_TAGS:
            return self._tags.get(name)
        if known.key == IMAGE_STREAM_IMAGES:
            return self._tags.image(name)
        if known.key == PROJECTS:
            if self._api.store.find("namespaces", name) is None:
                raise errors.not_found(PROJECTS, name)
            return views.project(self._api.store.get("namespaces", name))
        if known.key == USERS and name == "~":
            return views.user_object(user, self._api.store.find(known.key, user.name))
        return self._api.store.get(known.key, name)

    async def _create(
        self, known: Resource, request: web.Request, wanted: Request, body: Json, user: User
    ) -> web.StreamResponse:
        dry_run = options.check_write("create", request.query)
        warnings = check_body(known, body, request.query, wanted, self._api.project.name)
        if known.group in REVIEWS:
            answer = self._reviews.answer(known.kind, body, user, wanted.namespace)
        elif known.group == OPENSHIFT_REVIEWS and known.kind.endswith("ResourceAccessReview"):
            answer = self._reviews.openshift_who_can(body, wanted.namespace)
        elif known.group == OPENSHIFT_REVIEWS and known.kind.endswith("AccessReview"):
            answer = self._reviews.openshift_access(body, user, wanted.namespace)
        elif known.group == OPENSHIFT_REVIEWS and known.kind == "SelfSubjectRulesReview":
            answer = self._reviews.openshift_rules(body, user, wanted.namespace)
        elif known.name == "processedtemplates":
            answer = templates.process(body)
            answer["metadata"]["namespace"] = wanted.namespace
        elif known.key == IMAGE_STREAM_TAGS:
            answer = self._tags.create(body, user)
        elif known.name == "imagestreamimports":
            answer = await self._tags.imported(body, user)
        elif known.name == "projectrequests":
            raise errors.forbidden(known.key, "", "You may not request a new project via this API.")
        else:
            answer = self._api.create(known.key, body, user, dry_run=dry_run)
        return warned(self._respond(request, known, answer, status=201), warnings + _hidden(known, answer))

    def _update(
        self, known: Resource, request: web.Request, wanted: Request, body: Json, user: User
    ) -> web.StreamResponse:
        dry_run = options.check_write("update", request.query)
        warnings = check_body(known, body, request.query, wanted, self._api.project.name)
        if known.key == IMAGE_STREAM_TAGS:
            return self._respond(request, known, self._tags.update(body, user))
        updated = self._api.update(known.key, body, user, dry_run=dry_run)
        return warned(self._respond(request, known, updated), warnings)

    def _patch(
        self, known: Resource, request: web.Request, wanted: Request, body: Json, user: User
    ) -> web.StreamResponse:
        if request.content_type not in PATCHES:
            raise errors.StatusError(415, "UnsupportedMediaType", UNKNOWN_PATCH, {})
        if known.key in (IMAGE_STREAM_TAGS, PROJECTS):
            raise errors.method_not_allowed()
        dry_run = options.check_write("patch", request.query)
        patched = self._api.patch(known.key, wanted.name, request.content_type, body, user, dry_run=dry_run)
        return self._respond(request, known, patched)

    def _delete(
        self, known: Resource, request: web.Request, wanted: Request, body: Json, user: User
    ) -> web.StreamResponse:
        wishes = _delete_options(request.query, body)
        dry_run = options.check_delete(wishes, request.query)
        if known.key == IMAGE_STREAM_TAGS:
            return web.json_response(self._tags.delete(wanted.name, user))
        if known.key in (PROJECTS, "namespaces"):
            raise errors.forbidden(
                known.key, wanted.name, "the sandbox has this one project only; stop the sandbox instead"
            )
        if wanted.verb == "delete":
            gone = self._api.delete(known.key, wanted.name, user, wishes, dry_run=dry_run)
            return self._respond(request, known, gone)
        selected = self._selected(known, request.query, user)
        items = [
            obj
            for obj in selected
            if self._api.delete(known.key, obj["metadata"]["name"], user, wishes, dry_run=dry_run)
        ]
        return web.json_response(
            _list_object(known, items, {"resourceVersion": str(self._api.store.version)})
        )

    def _selected(self, known: Resource, query: Mapping[str, str], user: User) -> list[Obj]:
        selection = Selection(query.get("labelSelector", ""), query.get("fieldSelector", ""))
        lists.check_fields(known, selection)
        if known.key == IMAGE_STREAM_TAGS:
            objects = self._tags.list()
        elif known.key == PROJECTS:
            objects = [views.project(obj) for obj in self._visible_namespaces(user)]
        else:
            objects = self._api.store.list(known.key)
        test = selection.test()
        return [obj for obj in objects if test(obj)]

    def _visible_namespaces(self, user: User) -> list[Obj]:
        """OpenShift lists the projects one may get."""
        found = self._api.store.list("namespaces")
        ask = rbac.Ask("get", "", "namespaces")
        return [
            obj
            for obj in found
            if self._api.rbac.decide(
                user, ask._replace(name=obj["metadata"]["name"], namespace=obj["metadata"]["name"])
            ).allowed
        ]

    def _list(self, known: Resource, request: web.Request, wanted: Request, user: User) -> web.StreamResponse:
        query = request.query
        options.check_list(query)
        lists.check_version(options.version(query), self._api.store.version)
        selection = Selection(query.get("labelSelector", ""), query.get("fieldSelector", ""))
        objects = self._selected(known, query, user) if self._is_here(known, wanted) else []
        limit = max(options.number(query, "limit"), 0)
        items, meta = lists.page(
            objects, self._api.store.version, selection, limit, query.get("continue", "")
        )
        if accepted_as_table(request):
            encoded = [schema.encoded(item) for item in items]
            return web.json_response(
                tables.table(known.key, encoded, meta, query.get("includeObject", "Metadata"))
            )
        return web.json_response(_list_object(known, items, meta))

    async def _watch(
        self, known: Resource, request: web.Request, wanted: Request, user: User
    ) -> web.StreamResponse:
        query = request.query
        selection = Selection(query.get("labelSelector", ""), query.get("fieldSelector", ""))
        if wanted.name:
            selection = selection._replace(fields=f"metadata.name={wanted.name}")
        lists.check_fields(known, selection)
        stored = "namespaces" if known.key == PROJECTS else known.key
        options.check_list(query, watch=True)
        initial = query.get("sendInitialEvents") == "true"
        version = options.version(query, watch=True)
        seconds = options.number(query, "timeoutSeconds")
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await warned(response, _deprecation(known)).prepare(request)
        try:
            since = None if initial else version
            watch = self._api.store.watch(stored, since=since)
        except errors.StatusError as gone:
            await _send(response, "ERROR", gone.status())
            return response
        view = views.project if known.key == PROJECTS else dict
        first = True
        self._watches.add(watch)
        try:
            with watch:
                async for change in lists.changes(
                    self._api.store,
                    watch,
                    selection.test() if self._is_here(known, wanted) else lambda obj: False,
                    initial=0 if since is not None else len(self._api.store.look(stored)),
                    seconds=seconds or None,
                    bookmarks=query.get("allowWatchBookmarks") == "true",
                    initial_end=initial,
                ):
                    obj = _shown(request, known, view(change.object), change.type, first)
                    first = first and change.type == "BOOKMARK"
                    await _send(response, change.type, obj)
        except ConnectionResetError:
            log.debug("watch of %s ended by the client", known.key)
        finally:
            self._watches.discard(watch)
        return response

    def _respond(self, request: web.Request, known: Resource, obj: Obj, status: int = 200) -> web.Response:
        if obj.get("kind") != "Status" and accepted_as_table(request):
            meta = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
            include = request.query.get("includeObject", "Metadata")
            return web.json_response(
                tables.table(known.key, [schema.encoded(obj)], meta, include), status=status
            )
        return web.json_response(schema.encoded(obj), status=status)

    def _asks_about_oneself(self, known: Resource | None, body: Json) -> bool:
        own = known is not None and known.group == OPENSHIFT_REVIEWS and isinstance(body, dict)
        return bool(own and known and self._reviews.is_about_oneself(known.kind, body))

    def _check_scope(self, known: Resource, wanted: Request) -> None:
        """A namespaced resource is written in the one project only."""
        if known.namespaced and wanted.verb == "create" and not self._is_here(known, wanted):
            if not wanted.namespace:
                raise errors.method_not_allowed()
            raise errors.not_found("namespaces", wanted.namespace)
        if known.namespaced and wanted.name and not self._is_here(known, wanted):
            raise errors.not_found(known.key, wanted.name)

    def _is_here(self, known: Resource, wanted: Request) -> bool:
        return not known.namespaced or wanted.namespace in ("", self._api.project.name)


def _list_object(known: Resource, items: list[Obj], meta: Obj) -> Obj:
    encoded = [schema.encoded(item) for item in items]
    bare = [
        {key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in encoded
    ]
    return {"kind": f"{known.kind}List", "apiVersion": known.api_version, "metadata": meta, "items": bare}


def _shown(request: web.Request, known: Resource, obj: Obj, kind: str, first: bool) -> Obj:
    if kind == "BOOKMARK":
        obj = {"kind": known.kind, "apiVersion": known.api_version, **obj}
    if accepted_as_table(request):
        meta = {"resourceVersion": obj["metadata"]["resourceVersion"]}
        rows = [] if kind == "BOOKMARK" else [schema.encoded(obj)]
        include = request.query.get("includeObject", "Metadata")
        return tables.table(known.key, rows, meta, include, columns=first)
    return schema.encoded(obj)


async def _send(response: web.StreamResponse, kind: str, obj: Obj) -> None:
    line = json.dumps({"type": kind, "object": obj}, separators=(",", ":"), ensure_ascii=False)
    await response.write(line.encode() + b"\n")


def warned(response: web.StreamResponse, warnings: list[str]) -> web.StreamResponse:
    """A response with what clients print after `Warning:`."""
    for text in warnings:
        response.headers.add("Warning", f"299 - {json.dumps(text)}")
    return response


def _deprecation(known: Resource) -> list[str]:
    return [DEPRECATED[known.key]] if known.key in DEPRECATED else []


def _hidden(known: Resource, obj: Obj) -> list[str]:
    if known.key == "pods":
        return hidden_variables(obj["spec"])
    if known.group == "apps":
        template = obj.get("spec", {}).get("template") or {}  # a ControllerRevision has none
        return hidden_variables(template.get("spec") or {}, "spec.template.spec")
    return []


def _is_upload(wanted: Request) -> bool:
    return wanted.subresource == "instantiatebinary"


def _delete_options(query: Mapping[str, str], body: Json) -> Obj:
    wishes: Obj = dict(body or {})
    if "gracePeriodSeconds" in query:
        wishes["gracePeriodSeconds"] = options.number(query, "gracePeriodSeconds")
    if "propagationPolicy" in query:
        wishes["propagationPolicy"] = query["propagationPolicy"]
    return wishes
