"""Request bodies: decoding, and the checks of kind, version, name and namespace."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aiohttp import web

from sandbox.apimachinery import errors, resources, schema
from sandbox.apimachinery.json_types import Json, Obj
from sandbox.apimachinery.resources import Resource
from sandbox.apiserver import protobuf
from sandbox.apiserver.request_info import Request

PROTOBUF = "application/vnd.kubernetes.protobuf"
NO_BODY = "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"
SCHEME = "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"


async def read_json(request: web.Request) -> Json:
    """Return the decoded body, or None when it is empty."""
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
    """Fill in kind and version, refuse an object of another place; return the warnings."""
    if not isinstance(body, dict):
        why = "" if body is not None else f": {NO_BODY}"
        raise errors.bad_request(f"the object provided is unrecognized (must be of type {known.kind}){why}")
    expected = known.options.get("as", known.api_version)
    body["kind"] = body.get("kind") or known.kind
    body["apiVersion"] = body.get("apiVersion") or expected
    version = body["apiVersion"].rpartition("/")[2]
    handled = f'{body["kind"]} in version "{version}" cannot be handled as a {known.kind}'
    if not _is_registered(body, known):
        of = f'for version "{body["apiVersion"]}" in scheme "{SCHEME}"'
        raise errors.bad_request(f'{handled}: no kind "{body["kind"]}" is registered {of}')
    if body["apiVersion"] != expected:
        there = f"the API version in the data ({body['apiVersion']})"
        raise errors.bad_request(f"{there} does not match the expected API version ({expected})")
    if body["kind"] != known.kind:
        types = f"({known.version}.{body['kind']}) to ({known.group or 'core'}.{known.kind})"
        raise errors.bad_request(f"{handled}: converting {types}: unknown conversion")
    decoded, unknown = schema.decoded(body)
    warnings = [f'unknown field "{field}"' for field in unknown]
    if unknown and query.get("fieldValidation") == "Strict":
        why = f"strict decoding error: {', '.join(warnings)}"
        raise errors.bad_request(f"{schema.cannot_be_handled(body)}: {why}")
    body.clear()
    body.update(decoded)
    meta = body.get("metadata")
    if isinstance(meta, dict):
        _check_place(meta, wanted, project, known)
    return [] if query.get("fieldValidation") == "Ignore" else warnings


def _is_registered(body: Obj, known: Resource) -> bool:
    """Tell whether a kind is known; OpenShift's own kinds used to be in `v1`."""
    api_version, kind = body["apiVersion"], body["kind"]
    legacy = api_version == "v1" and kind == known.kind and known.group.endswith("openshift.io")
    expected = api_version == known.options.get("as", known.api_version) and kind == known.kind
    return legacy or expected or resources.of_kind(api_version, kind) is not None


def _check_place(meta: Obj, wanted: Request, project: str, known: Resource) -> None:
    if known.namespaced and meta.get("namespace") not in (None, "", wanted.namespace):
        raise errors.other_namespace()
    if wanted.verb == "update":
        if not meta.get("name"):
            based = f"the name of the object ({wanted.name} based on URL)"
            raise errors.bad_request(f"{based} was undeterminable: name must be provided")
        if meta["name"] != wanted.name:
            raise errors.other_name(meta["name"], wanted.name)
