"""One handler for each verb of the API, from the request's body to the response.

As `k8s.io/apiserver/pkg/endpoints/handlers`; the storage of a resource does the work, see `storages`.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from aiohttp import web

from sandbox.apimachinery import errors, resources
from sandbox.apimachinery.json_types import Json, Obj
from sandbox.apimachinery.resource_keys import DEPLOYMENT_CONFIGS
from sandbox.apimachinery.resources import Resource
from sandbox.apiserver import audit, discovery, lists, options, responses
from sandbox.apiserver.bodies import check_body, read_json
from sandbox.apiserver.connectors import Connector
from sandbox.apiserver.lists import Selection
from sandbox.apiserver.request_info import Request
from sandbox.apiserver.responses import warned
from sandbox.apiserver.storages import Storages
from sandbox.authorization import rbac
from sandbox.authorization.users import User
from sandbox.registry.api import Api
from sandbox.registry.patches import TYPES as PATCHES
from sandbox.registry.rest import Context, Storage
from sandbox.validation.pods import hidden_variables

log = logging.getLogger(__name__)

NAMED = ("get", "update", "patch", "delete")
DEPRECATED = {
    DEPLOYMENT_CONFIGS: "apps.openshift.io/v1 DeploymentConfig is deprecated in v4.14+, "
    "unavailable in v4.10000+",
    "endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
}


class Call(NamedTuple):
    """One request with everything that its handler needs."""

    resource: Resource
    storage: Storage
    request: web.Request
    wanted: Request
    body: Json
    context: Context


class Handlers:
    """Checks authorization, then calls the storage of the resource."""

    def __init__(self, api: Api, storages: Storages) -> None:
        self._api = api
        self._storages = storages
        self._watches: set[Any] = set()

    def end_watches(self) -> None:
        """End all watches and drop the history, so that a client that resumes gets 410."""
        self._api.store.forget_history()
        for watch in list(self._watches):
            watch.close()

    async def answer(self, request: web.Request, wanted: Request, user: User) -> web.StreamResponse:
        """Respond to a request for a resource."""
        known = resources.find(wanted.group, wanted.version, wanted.full_resource)
        storage = self._storages.get(known.path) if known else None
        connects = isinstance(storage, Connector)
        reads = request.method in ("POST", "PUT", "PATCH", "DELETE") and not connects
        body = await read_json(request) if reads else None
        if storage is None or not storage.is_open_to_all(body):
            self._require(user, wanted.ask)
        if isinstance(storage, Connector) and storage.requires_create and wanted.verb == "get":
            self._require(user, wanted.ask._replace(verb="create"))
        if known is None:
            if discovery.resources("/".join(filter(None, (wanted.group, wanted.version)))) is None:
                return web.Response(text="404 page not found\n", status=404)
            raise errors.no_such_resource()
        try:
            self._check_scope(known, wanted)
            _check_verb(known, wanted)
            if storage is None:
                raise errors.no_such_resource()
            context = Context(user, wanted.namespace, request.query)
            if isinstance(storage, Connector):
                response = await storage.connect(request, wanted.name, context)
            else:
                response = await self._on(Call(known, storage, request, wanted, body, context))
        except errors.StatusError as refusal:
            refusal.warnings += _deprecation(known)
            raise
        return response if response.prepared else warned(response, _deprecation(known))

    def _require(self, user: User, ask: rbac.Ask) -> None:
        decision = self._api.rbac.decide(user, ask)
        audit.record(user, ask, allowed=decision.allowed)
        if not decision.allowed:
            raise rbac.refusal(user, ask, decision.reason)

    async def _on(self, call: Call) -> web.StreamResponse:
        match call.wanted.verb:
            case "create":
                return await self._create(call)
            case "get":
                return _respond(call, call.storage.get(call.wanted.name, call.context))
            case "list":
                return self._list(call)
            case "watch":
                return await self._watch(call)
            case "update":
                return self._update(call)
            case "patch":
                return _patch(call)
            case "delete":
                return _delete(call)
        return self._delete_collection(call)

    async def _create(self, call: Call) -> web.StreamResponse:
        context, warnings = self._checked(call)
        answer = await call.storage.create(call.wanted.name, call.body, context)
        return warned(_respond(call, answer, status=201), warnings + _hidden(call.resource, answer))

    def _update(self, call: Call) -> web.StreamResponse:
        context, warnings = self._checked(call)
        return warned(_respond(call, call.storage.update(call.wanted.name, call.body, context)), warnings)

    def _checked(self, call: Call) -> tuple[Context, list[str]]:
        """Check options and body of a create or an update; return what to warn of."""
        query = call.request.query
        dry_run = options.check_write(call.wanted.verb, query)
        warnings = check_body(call.resource, call.body, query, call.wanted, self._api.project.name)
        return call.context._replace(dry_run=dry_run), warnings

    def _delete_collection(self, call: Call) -> web.StreamResponse:
        wishes, context = _deletion(call)
        selected = _selected(call, _selection(call))
        gone = [obj for obj in selected if call.storage.delete(obj["metadata"]["name"], wishes, context)]
        meta = {"resourceVersion": str(self._api.store.version)}
        return responses.of_list(call.request, call.resource, gone, meta)

    def _list(self, call: Call) -> web.StreamResponse:
        query, newest = call.request.query, self._api.store.version
        options.check_list(query)
        lists.check_version(options.version(query), newest)
        selection = _selection(call)
        objects = _selected(call, selection) if self._is_here(call.resource, call.wanted) else []
        limit = max(options.number(query, "limit"), 0)
        items, meta = lists.page(objects, newest, selection, limit, query.get("continue", ""))
        return responses.of_list(call.request, call.resource, items, meta)

    async def _watch(self, call: Call) -> web.StreamResponse:
        query, storage, name = call.request.query, call.storage, call.wanted.name
        selection = _selection(call)
        if name:
            selection = selection._replace(fields=f"metadata.name={name}")
        options.check_list(query, watch=True)
        initial = query.get("sendInitialEvents") == "true"
        version = options.version(query, watch=True)
        seconds = options.number(query, "timeoutSeconds")
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await warned(response, _deprecation(call.resource)).prepare(call.request)
        since = None if initial else version
        try:
            watch = self._api.store.watch(storage.watched, since=since)
        except errors.StatusError as gone:
            await responses.send_event(response, "ERROR", gone.status())
            return response
        first = True
        self._watches.add(watch)
        try:
            with watch:
                async for change in lists.changes(
                    self._api.store,
                    watch,
                    selection.test() if self._is_here(call.resource, call.wanted) else lambda obj: False,
                    initial=0 if since is not None else len(self._api.store.look(storage.watched)),
                    seconds=seconds or None,
                    bookmarks=query.get("allowWatchBookmarks") == "true",
                    initial_end=initial,
                ):
                    obj = change.object if change.type == "BOOKMARK" else storage.shown(change.object)
                    shown = responses.of_event(call.request, call.resource, obj, change.type, first)
                    first = first and change.type == "BOOKMARK"
                    await responses.send_event(response, change.type, shown)
        except ConnectionResetError:
            log.debug("watch of %s ended by the client", call.resource.key)
        finally:
            self._watches.discard(watch)
        return response

    def _check_scope(self, known: Resource, wanted: Request) -> None:
        """Refuse requests for another namespace than the project's."""
        if known.namespaced and wanted.verb == "create" and not self._is_here(known, wanted):
            if not wanted.namespace:
                raise errors.method_not_allowed()
            raise errors.not_found("namespaces", wanted.namespace)
        if known.namespaced and wanted.name and not self._is_here(known, wanted):
            raise errors.not_found(known.key, wanted.name)

    def _is_here(self, known: Resource, wanted: Request) -> bool:
        return not known.namespaced or wanted.namespace in ("", self._api.project.name)


def _check_verb(known: Resource, wanted: Request) -> None:
    named = wanted.verb in NAMED or bool(wanted.subresource)
    if wanted.verb not in known.verbs or (wanted.verb != "watch" and named != bool(wanted.name)):
        raise errors.method_not_allowed()


def _respond(call: Call, obj: Obj, status: int = 200) -> web.Response:
    return responses.of_object(call.request, call.resource, obj, status)


def _patch(call: Call) -> web.StreamResponse:
    media_type = call.request.content_type
    if media_type not in PATCHES:
        raise errors.StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    context = call.context._replace(dry_run=options.check_write("patch", call.request.query))
    return _respond(call, call.storage.patch(call.wanted.name, call.body, media_type, context))


def _delete(call: Call) -> web.StreamResponse:
    wishes, context = _deletion(call)
    return _respond(call, call.storage.delete(call.wanted.name, wishes, context))


def _deletion(call: Call) -> tuple[Obj, Context]:
    """Return the options of a deletion, from its body and its query."""
    query = call.request.query
    wishes: Obj = dict(call.body or {})
    if "gracePeriodSeconds" in query:
        wishes["gracePeriodSeconds"] = options.number(query, "gracePeriodSeconds")
    if "propagationPolicy" in query:
        wishes["propagationPolicy"] = query["propagationPolicy"]
    return wishes, call.context._replace(dry_run=options.check_delete(wishes, query))


def _selection(call: Call) -> Selection:
    query = call.request.query
    selection = Selection(query.get("labelSelector", ""), query.get("fieldSelector", ""))
    lists.check_fields(call.resource, selection)
    return selection


def _selected(call: Call, selection: Selection) -> list[Obj]:
    test = selection.test()
    return [obj for obj in call.storage.list(call.context) if test(obj)]


def _deprecation(known: Resource) -> list[str]:
    return [DEPRECATED[known.key]] if known.key in DEPRECATED else []


def _hidden(known: Resource, obj: Obj) -> list[str]:
    if known.key == "pods" and obj["kind"] == "Pod":
        return hidden_variables(obj["spec"])
    if known.group == "apps" and obj["kind"] != "Scale":
        template = obj.get("spec", {}).get("template") or {}  # a ControllerRevision has none
        return hidden_variables(template.get("spec") or {}, "spec.template.spec")
    return []
