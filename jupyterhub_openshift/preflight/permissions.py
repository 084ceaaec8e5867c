"""The permissions that the hub uses in its project, and what does not work without each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .finding import FAILURE, PASSED, UNKNOWN, WARNING, Finding

START = "start and stop servers"
DELETE = "set owner references, so that a delete by label leaves nothing behind"


class Permission(NamedTuple):
    """One verb on one resource; a name restricts it to one object."""

    verb: str
    resource: str
    group: str = ""
    name: str = ""
    used_to: str = START

    def attributes(self, namespace: str) -> dict[str, str]:
        """Return the attributes of an access review."""
        what = {"verb": self.verb, "group": self.group, "resource": self.resource, "name": self.name}
        return {"namespace": namespace, **{key: value for key, value in what.items() if value}}

    def __str__(self) -> str:
        group = f".{self.group}" if self.group else ""
        return f"{self.verb} {self.resource}{group}{f' {self.name}' if self.name else ''}"


def needed(name: str, volumes: bool, menu: bool, streams: bool) -> tuple[Permission, ...]:
    """Return the permissions of a hub with this name and these features."""
    core = [Permission(verb, "pods") for verb in ("list", "watch", "create", "delete")]
    core += [Permission(verb, "events") for verb in ("list", "watch")]
    if streams:
        read = "read how notebook images start, and compare their versions with the hub's"
        core += [Permission("get", "imagestreams", "image.openshift.io")]
        core += [Permission("get", "imagestreamtags", "image.openshift.io", used_to=read)]
    if menu:
        core += [Permission("list", "imagestreams", "image.openshift.io", used_to="offer the menu of images")]
    if volumes:
        core += [Permission(verb, "persistentvolumeclaims") for verb in ("get", "create")]
        core += [Permission("patch", "persistentvolumeclaims", used_to="grow the users' volumes")]
    core += [Permission("list", "persistentvolumeclaims", used_to="mount shared volumes")]
    core += [Permission("list", "secrets", used_to="offer connections")]
    core += [Permission("get", "namespaces", used_to="read the project's UID range")]
    core += [Permission("get", "pods/log", used_to="show the last log lines of a server that fails")]
    return (*core, *_owner_references(name))


def _owner_references(name: str) -> Iterator[Permission]:
    for group, resource, named in (
        ("", "secrets", name),
        ("", "configmaps", f"{name}-cfg"),
        ("networking.k8s.io", "networkpolicies", name),
        ("policy", "poddisruptionbudgets", name),
    ):
        yield Permission("list", resource, group, used_to=DELETE)
        for verb in ("patch", "delete"):
            yield Permission(verb, resource, group, named, DELETE)


def grants(rules: Sequence[Mapping[str, Any]], permission: Permission) -> bool:
    """Return whether a rule of RBAC grants the permission."""
    return any(
        {permission.verb, "*"} & set(rule["verbs"])
        and {permission.group, "*"} & set(rule.get("apiGroups") or [])
        and {permission.resource, "*"} & set(rule.get("resources") or [])
        and (not rule.get("resourceNames") or permission.name in rule["resourceNames"])
        for rule in rules
    )


def check_permissions(missing: Sequence[Permission] | None, account: str, namespace: str) -> Finding:
    """Report missing permissions: without some, no server can start."""
    show = f"oc auth can-i --list --as system:serviceaccount:{namespace}:{account}"
    if missing is None:
        message = f"The service account {account} may not review its own permissions."
        return Finding("permissions", UNKNOWN, message, show)
    if not missing:
        message = f"The service account {account} has all permissions that the hub uses."
        return Finding("permissions", PASSED, message, show)
    uses = dict.fromkeys(each.used_to for each in missing)
    lacking = "; ".join(
        f"{', '.join(str(each) for each in missing if each.used_to == use)} (to {use})" for use in uses
    )
    message = f"The service account {account} lacks permissions: {lacking}."
    command = f"oc policy add-role-to-user edit -z {account}"
    return Finding("permissions", FAILURE if START in uses else WARNING, message, command)
