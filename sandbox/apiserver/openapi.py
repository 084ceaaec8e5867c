"""The part of OpenAPI v3 that tells kubectl that the server validates fields itself."""

from __future__ import annotations

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resources import GROUP_VERSIONS, Resource

ANSWER = {"200": {"description": "OK"}}
FIELD_VALIDATION = {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}


def index() -> Obj:
    """Return `/openapi/v3`."""
    paths = {
        _path(version): {"serverRelativeURL": f"/openapi/v3/{_path(version)}"} for version in GROUP_VERSIONS
    }
    return {"paths": paths}


def document(api_version: str) -> Obj | None:
    """Return the document of a group version, with the paths that can be patched."""
    if api_version not in GROUP_VERSIONS:
        return None
    patched = [each for each in GROUP_VERSIONS[api_version] if "patch" in each.verbs and "/" not in each.name]
    info = {"title": "Kubernetes", "version": "unversioned"}
    return {"openapi": "3.0.0", "info": info, "paths": {_object_path(each): _patch(each) for each in patched}}


def _path(api_version: str) -> str:
    return f"apis/{api_version}" if "/" in api_version else f"api/{api_version}"


def _object_path(resource: Resource) -> str:
    scope = "/namespaces/{namespace}" if resource.namespaced else ""
    return f"/{_path(resource.api_version)}{scope}/{resource.name}/{{name}}"


def _patch(resource: Resource) -> Obj:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    operation = {"parameters": [FIELD_VALIDATION], "responses": ANSWER, "x-kubernetes-action": "patch"}
    return {"patch": {**operation, "x-kubernetes-group-version-kind": kind}}
