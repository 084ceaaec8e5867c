"""The discovery documents, plain and aggregated: `/api`, `/apis` and the paths below."""

from __future__ import annotations

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resources import GROUP_VERSIONS, Resource

AGGREGATED = "as=APIGroupDiscoveryList"
VERSION: Obj = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.2",
    "gitCommit": "98b35193b2ac7a23a673325f5e9b830ecd5ba406",
    "gitTreeState": "clean",
    "buildDate": "2026-11-22T00:00:00Z",
    "goVersion": "go1.27.3",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def core_versions(address: str) -> Obj:
    """Return `/api`."""
    clients = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": clients}


def groups() -> Obj:
    """Return `/apis`."""
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in _names()]}


def group(name: str) -> Obj | None:
    """Return `/apis/GROUP`."""
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name)} if name in _names() else None


def resources(api_version: str) -> Obj | None:
    """Return `/api/v1` or `/apis/GROUP/VERSION`."""
    if api_version not in GROUP_VERSIONS:
        return None
    head = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version}
    if api_version == "v1":
        del head["apiVersion"]  # only the core group's document lacks it
    return {**head, "resources": [resource.discovery for resource in GROUP_VERSIONS[api_version]]}


def aggregated(core: bool) -> Obj:
    """Return the aggregated form of `/api` or `/apis`, with all resources."""
    names = [""] if core else _names()
    items = [
        {"metadata": {"name": name or None, "creationTimestamp": None}, "versions": _versions(name)}
        for name in names
    ]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def _names() -> list[str]:
    return list(dict.fromkeys(version.partition("/")[0] for version in GROUP_VERSIONS if "/" in version))


def _group(name: str) -> Obj:
    versions = [
        {"groupVersion": api_version, "version": api_version.partition("/")[2]}
        for api_version in GROUP_VERSIONS
        if api_version.startswith(f"{name}/")
    ]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _versions(name: str) -> list[Obj]:
    """Return the versions of a group as in `apidiscovery.k8s.io/v2`."""
    mine = [v for v in GROUP_VERSIONS if v.rpartition("/")[0] == name]
    return [
        {
            "version": api_version.rpartition("/")[2],
            "freshness": "Current",
            "resources": [
                _aggregated_resource(resource, GROUP_VERSIONS[api_version])
                for resource in GROUP_VERSIONS[api_version]
                if "/" not in resource.name
            ],
        }
        for api_version in mine
    ]


def _aggregated_resource(resource: Resource, siblings: list[Resource]) -> Obj:
    subresources = [
        {
            "subresource": other.name.partition("/")[2],
            "responseKind": _kind(other),
            "verbs": list(other.verbs),
        }
        for other in siblings
        if other.name.startswith(f"{resource.name}/")
    ]
    line: Obj = {
        "resource": resource.name,
        "responseKind": _kind(resource),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
        "shortNames": resource.listed("short"),
        "categories": resource.listed("categories"),
        "subresources": subresources,
    }
    return {key: value for key, value in line.items() if value != []}


def _kind(resource: Resource) -> Obj:
    group, _, version = resource.options.get("as", "/").partition("/")
    return {"group": group or resource.group, "version": version or resource.version, "kind": resource.kind}
