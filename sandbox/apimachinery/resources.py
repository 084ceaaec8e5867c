"""All resources of all API groups, read from `resources.txt`."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sandbox.apimachinery.json_types import Obj

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
VIRTUAL = ("projects",)  # watched, but not stored under their own kind


@dataclass(frozen=True)
class Resource:
    """A resource, or a subresource such as `pods/log`."""

    group: str
    version: str
    name: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...]
    options: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        """The plural with its group, as in the store and in messages."""
        plural = self.name.partition("/")[0]
        return f"{plural}.{self.group}" if self.group else plural

    @property
    def path(self) -> str:
        """As `key`, with the subresource: `pods/log`, `builds/log.build.openshift.io`."""
        return f"{self.name}.{self.group}" if self.group else self.name

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def singular(self) -> str:
        """The singular name in discovery: empty for a subresource."""
        return "" if "/" in self.name else self.options.get("singular", self.kind.lower())

    @property
    def qualified_kind(self) -> str:
        """The kind with its group, as in messages about invalid objects."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    def listed(self, option: str) -> list[str]:
        """Return the values of an option, `short` or `categories`."""
        return self.options[option].split(",") if option in self.options else []

    @cached_property
    def discovery(self) -> Obj:
        """Its line in an APIResourceList."""
        line: Obj = {"name": self.name, "singularName": self.singular, "namespaced": self.namespaced}
        if "as" in self.options:
            line["group"], _, line["version"] = self.options["as"].partition("/")
        line |= {"kind": self.kind, "verbs": list(self.verbs)}
        if "short" in self.options:
            line["shortNames"] = self.listed("short")
        if "categories" in self.options:
            line["categories"] = self.listed("categories")
        if "watch" in self.verbs and self.name not in VIRTUAL:
            line["storageVersionHash"] = _storage_version_hash(self)
        return line


def find(group: str, version: str, name: str) -> Resource | None:
    """Return the resource of a path."""
    return BY_PATH.get((group, version, name))


def of(key: str) -> Resource:
    """Return the resource of a store key."""
    return BY_KEY[key]


def of_kind(api_version: str, kind: str) -> Resource | None:
    """Return the resource that holds objects of a kind."""
    return BY_KIND.get((api_version, kind))


def _storage_version_hash(resource: Resource) -> str:
    """As `k8s.io/apiserver/pkg/endpoints/discovery/storageversionhash.go`."""
    digest = hashlib.sha256(f"{resource.group}/{resource.version}/{resource.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def _read() -> dict[str, list[Resource]]:
    groups: dict[str, list[Resource]] = {}
    for line in (Path(__file__).with_name("resources.txt")).read_text().splitlines():
        if line.startswith("["):
            api_version = line.strip("[]")
            groups[api_version] = []
        elif line and not line.startswith("#"):
            name, kind, scope, verbs, *options = line.split()
            group, _, version = api_version.rpartition("/")
            listed = ALL_VERBS if verbs == "all" else tuple(verbs.split(","))
            extra = dict(option.split("=") for option in options)
            groups[api_version].append(
                Resource(group, version, name, kind, scope == "namespaced", listed, extra)
            )
    return groups


GROUP_VERSIONS = _read()
BY_PATH = {(r.group, r.version, r.name): r for rs in GROUP_VERSIONS.values() for r in rs}
BY_KEY = {r.key: r for rs in GROUP_VERSIONS.values() for r in reversed(rs) if "/" not in r.name}
BY_KIND = {
    (r.api_version, r.kind): r
    for rs in GROUP_VERSIONS.values()
    for r in sorted(rs, key=lambda r: "get" in r.verbs)  # a Template is stored as one, not processed
    if "/" not in r.name
}
