"""Request bodies: reading them, and what must be right about them before anything else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from aiohttp import web

from sandbox import errors, protobuf, schema
from sandbox.requests import Request
from sandbox.resources import Resource

Obj = dict[str, Any]
Json: TypeAlias = Any

PROTOBUF = "application/vnd.kubernetes.protobuf"


async def read_json(request: web.Request) -> Json:
    """The body; None when there is none."""
    text = await request.read()
    if not text:
        return None
    try:
        return protobuf.decoded(text) if request.content_type == PROTOBUF else json.loads(text)
    except ValueError as why:
        raise errors.bad_request(f"the object provided is unrecognized: {why}") from None


def check_body(
    known: Resource, body: Json, query: Mapping[str, str], wanted: Request, project: str
) -> list[str]:
    """Fill in kind and version, refuse what belongs elsewhere; the unknown fields to warn of."""
    if not isinstance(body, dict):
        raise errors.bad_request(f"the object provided is unrecognized (must be of type {known.kind})")
    body.setdefault("kind", known.kind)
    body.setdefault("apiVersion", known.options.get("as", known.api_version))
    expected = known.options.get("as", known.api_version)
    if body["apiVersion"] != expected:
        there = f"the API version in the data ({body['apiVersion']})"
        raise errors.bad_request(f"{there} does not match the expected API version ({expected})")
    if body["kind"] != known.kind:
        version = known.version
        into = f"{known.group or 'core'}.{known.kind}"
        types = f"converting ({version}.{body['kind']}) to ({into}): unknown conversion"
        raise errors.bad_request(
            f'{body["kind"]} in version "{version}" cannot be handled as a {known.kind}: {types}'
        )
    decoded, unknown = schema.decoded(body)
    if unknown and query.get("fieldValidation") == "Strict":
        listed = ", ".join(f'unknown field "{field}"' for field in unknown)
        raise errors.bad_request(f"{schema.cannot_be_handled(body)}: strict decoding error: {listed}")
    body.clear()
    body.update(decoded)
    meta = body.get("metadata")
    if isinstance(meta, dict):
        _check_place(meta, wanted, project, known)
    return [] if query.get("fieldValidation") == "Ignore" else unknown


def _check_place(meta: Obj, wanted: Request, project: str, known: Resource) -> None:
    if known.namespaced and meta.get("namespace") not in (None, "", wanted.namespace):
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if wanted.verb == "update":
        meta.setdefault("name", wanted.name)
        if meta["name"] != wanted.name:
            why = (
                f"the name of the object ({meta['name']}) does not match the name on the URL ({wanted.name})"
            )
            raise errors.bad_request(why)


def accepted_as_table(request: web.Request) -> bool:
    """Whether the client prefers a Table."""
    first = request.headers.get("Accept", "").partition(",")[0].replace(" ", "")
    return "as=Table" in first and "g=meta.k8s.io" in first
