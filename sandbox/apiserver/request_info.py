"""Verb, resource, name and namespace of an HTTP request.

As `k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sandbox.authorization.rbac import Ask

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
SUBRESOURCE_OF_NAMESPACE = ("status", "finalize")


class Request(NamedTuple):
    """The parts of a path below /api or /apis; `verb` is RBAC's."""

    verb: str
    group: str
    version: str
    resource: str
    subresource: str
    name: str
    namespace: str

    @property
    def full_resource(self) -> str:
        """The resource with its subresource, as in `pods/log`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    @property
    def ask(self) -> Ask:
        """The attributes that RBAC decides on."""
        project = self.name if self.group == "project.openshift.io" and self.resource == "projects" else ""
        return Ask(self.verb, self.group, self.full_resource, self.name, self.namespace or project)


def parse(method: str, path: str, query: Mapping[str, str]) -> Request | None:
    """Parse a path; None when it names no resource, such as discovery and health."""
    steps = path.strip("/").split("/")
    if steps[0] == "api" and len(steps) > 2:
        group, version, rest = "", steps[1], steps[2:]
    elif steps[0] == "apis" and len(steps) > 3:
        group, version, rest = steps[1], steps[2], steps[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in SUBRESOURCE_OF_NAMESPACE:
            rest = rest[2:]
    resource, name, subresource = (*rest, "", "")[:3]
    return Request(_verb(method, name, query), group, version, resource, subresource, name, namespace)


def is_true(text: str | None) -> bool:
    """Parse a boolean as `Convert_Slice_string_To_bool` of apimachinery; Python clients write True."""
    return text is not None and text.lower() not in ("false", "0")


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    if method in ("GET", "HEAD"):
        if is_true(query.get("watch")):
            return "watch"
        return "get" if name else "list"
    if method == "DELETE" and not name:
        return "deletecollection"
    return VERBS.get(method, method.lower())
