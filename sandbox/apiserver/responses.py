"""Objects, lists and watch events as responses: JSON or, as the client prefers, a Table or metadata only."""

from __future__ import annotations

import json

from aiohttp import web

from sandbox.apimachinery import schema
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resources import Resource
from sandbox.printers import tables


def of_object(request: web.Request, resource: Resource, obj: Obj, status: int = 200) -> web.Response:
    """Respond with one object."""
    encoded = schema.encoded(obj)
    if obj.get("kind") != "Status" and accepts_table(request):
        meta = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
        encoded = tables.table(resource.key, [encoded], meta, _include(request))
    return web.json_response(encoded, status=status)


def of_list(request: web.Request, resource: Resource, items: list[Obj], meta: Obj) -> web.Response:
    """Respond with a list."""
    encoded = [schema.encoded(item) for item in items]
    if accepts_table(request):
        return web.json_response(tables.table(resource.key, encoded, meta, _include(request)))
    if _prefers(request, "PartialObjectMetadataList"):
        head = {"kind": "PartialObjectMetadataList", "apiVersion": tables.PARTIAL["apiVersion"]}
        partial = [{**tables.PARTIAL, "metadata": item["metadata"]} for item in encoded]
        return web.json_response({**head, "metadata": meta, "items": partial})
    bare = [
        {key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in encoded
    ]
    head = {"kind": f"{resource.kind}List", "apiVersion": resource.api_version}
    return web.json_response({**head, "metadata": meta, "items": bare})


async def send_event(response: web.StreamResponse, kind: str, obj: Obj) -> None:
    """Write one line of a watch."""
    line = json.dumps({"type": kind, "object": obj}, separators=(",", ":"), ensure_ascii=False)
    await response.write(line.encode() + b"\n")


def of_event(request: web.Request, resource: Resource, obj: Obj, kind: str, first: bool) -> Obj:
    """Return the object of a watch event; only the first Table has its columns."""
    if kind == "BOOKMARK":
        obj = {"kind": resource.kind, "apiVersion": resource.api_version, **obj}
    if accepts_table(request):
        meta = {"resourceVersion": obj["metadata"]["resourceVersion"]}
        rows = [] if kind == "BOOKMARK" else [schema.encoded(obj)]
        return tables.table(resource.key, rows, meta, _include(request), columns=first)
    return schema.encoded(obj)


def warned(response: web.StreamResponse, warnings: list[str]) -> web.StreamResponse:
    """Add warnings, which clients print after `Warning:`."""
    for text in warnings:
        response.headers.add("Warning", f"299 - {json.dumps(text)}")
    return response


def accepts_table(request: web.Request) -> bool:
    """Tell whether the client prefers a Table."""
    return _prefers(request, "Table")


def _prefers(request: web.Request, kind: str) -> bool:
    """Tell whether the client asks for the objects as this kind, at first choice.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
    """
    first = request.headers.get("Accept", "").partition(",")[0].replace(" ", "")
    return {f"as={kind}", "g=meta.k8s.io"} <= set(first.split(";"))


def _include(request: web.Request) -> str:
    return request.query.get("includeObject", "Metadata")
