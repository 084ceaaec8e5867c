"""RBAC: decides by the project's roles and bindings and by the cluster's.

Messages: `k8s.io/apiserver/pkg/authorization/authorizer` and `plugin/pkg/auth/authorizer/rbac`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sandbox.apimachinery.errors import StatusError, details, forbidden
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    RBAC_GROUP,
    ROLE_BINDINGS,
    ROLES,
)
from sandbox.apimachinery.store import Store
from sandbox.authorization import oauth_scopes
from sandbox.authorization.users import SCOPES, User


class Ask(NamedTuple):
    """The attributes of a request: a verb on a resource (`pods/log`), or on a path."""

    verb: str
    group: str = ""
    resource: str = ""
    name: str = ""
    namespace: str = ""
    path: str = ""


class Decision(NamedTuple):
    """Whether a request is allowed, and the reason."""

    allowed: bool
    reason: str = ""


class Grant(NamedTuple):
    """A rule, and the binding that grants it."""

    rule: Obj
    reason: str


class Rbac:
    """Decides by the roles and bindings in the store."""

    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self._namespace = namespace

    def decide(self, user: User, ask: Ask) -> Decision:
        """Decide whether a user may make a request."""
        scopes = user.extra.get(SCOPES)
        if scopes is not None and not any(covers(rule, ask) for rule in self._of_scopes(scopes, ask)):
            return Decision(False, f"scopes [{' '.join(scopes)}] prevent this action")
        problems: list[str] = []
        for grant in self._grants(user, ask.namespace, problems):
            if covers(grant.rule, ask):
                return Decision(True, f"RBAC: allowed by {grant.reason}")
        return Decision(False, f"RBAC: {'; '.join(problems)}" if problems else "")

    def require(self, user: User, ask: Ask) -> None:
        """Raise StatusError 403 when a user may not make a request."""
        decision = self.decide(user, ask)
        if not decision.allowed:
            raise refusal(user, ask, decision.reason)

    def rules(self, user: User, namespace: str) -> list[Obj]:
        """Return all rules that a user has in a namespace."""
        return [grant.rule for grant in self._grants(user, namespace, [])]

    def missing(self, user: User, rules: list[Obj]) -> list[Obj]:
        """Return the permissions among `rules` that a user lacks, and so may not grant."""
        held = self.rules(user, self._namespace)
        return [
            right
            for rule in rules
            for right in _rights(rule)
            if not any(_includes(has, right) for has in held)
        ]

    def who_can(self, ask: Ask) -> tuple[list[str], list[str]]:
        """Return the users and the groups that may make a request."""
        users: set[str] = set()
        groups: set[str] = set()
        here = self._store.look(ROLE_BINDINGS) if ask.namespace == self._namespace else []
        for binding in [*self._store.look(CLUSTER_ROLE_BINDINGS), *here]:
            if any(covers(rule, ask) for rule in self.role_rules(binding["roleRef"]) or []):
                for subject in binding.get("subjects") or []:
                    name = subject["name"]
                    if subject["kind"] == "ServiceAccount":
                        name = self._account(subject)
                    (groups if subject["kind"] == "Group" else users).add(name)
        return sorted(users), sorted(groups)

    def role_rules(self, reference: Obj) -> list[Obj] | None:
        """Return the rules of a `roleRef`; None when the role does not exist."""
        role = self._store.look_at(
            CLUSTER_ROLES if reference["kind"] == "ClusterRole" else ROLES, reference["name"]
        )
        return None if role is None else role.get("rules") or []

    def _of_scopes(self, scopes: list[str], ask: Ask) -> list[Obj]:
        def of_role(name: str) -> list[Obj] | None:
            return self.role_rules({"kind": "ClusterRole", "name": name})

        return oauth_scopes.rules(scopes, ask.namespace, of_role)

    def _grants(self, user: User, namespace: str, problems: list[str]) -> Iterator[Grant]:
        yield from self._bound(self._store.look(CLUSTER_ROLE_BINDINGS), "ClusterRoleBinding", user, problems)
        if namespace == self._namespace:
            yield from self._bound(self._store.look(ROLE_BINDINGS), "RoleBinding", user, problems)

    def _bound(self, bindings: list[Obj], kind: str, user: User, problems: list[str]) -> Iterator[Grant]:
        for binding in bindings:
            subject = next((s for s in binding.get("subjects") or [] if self._is(user, s)), None)
            if subject is None:
                continue
            reference, meta = binding["roleRef"], binding["metadata"]
            rules = self.role_rules(reference)
            if rules is None:
                problems.append(f'{reference["kind"].lower()}.{RBAC_GROUP} "{reference["name"]}" not found')
                continue
            name = meta["name"] + (f"/{meta['namespace']}" if meta.get("namespace") else "")
            role = f'{reference["kind"]} "{reference["name"]}"'
            for rule in rules:
                yield Grant(rule, f'{kind} "{name}" of {role} to {_described(subject)}')

    def _is(self, user: User, subject: Obj) -> bool:
        if subject["kind"] == "User":
            return bool(subject["name"] == user.name)
        if subject["kind"] == "Group":
            return subject["name"] in user.groups
        return user.name == self._account(subject)

    def _account(self, subject: Obj) -> str:
        """Return the user name of a service account; its namespace defaults to the binding's."""
        return f"system:serviceaccount:{subject.get('namespace') or self._namespace}:{subject['name']}"


def covers(rule: Obj, ask: Ask) -> bool:
    """Tell whether a rule allows a request."""
    if not _has(rule["verbs"], ask.verb):
        return False
    if ask.path:
        urls = rule.get("nonResourceURLs") or []
        return any(url == ask.path or (url.endswith("*") and ask.path.startswith(url[:-1])) for url in urls)
    names = rule.get("resourceNames") or []
    resources = rule.get("resources") or []
    sub = ask.resource.partition("/")[2]
    named = not names or ask.name in names
    return (
        named
        and _has(rule.get("apiGroups") or [], ask.group)
        and (_has(resources, ask.resource) or bool(sub and f"*/{sub}" in resources))
    )


def refusal(user: User, ask: Ask, reason: str = "") -> StatusError:
    """Return the 403 for a request."""
    because = f": {reason}" if reason else ""
    if ask.path:
        why = f'forbidden: User "{user.name}" cannot {ask.verb} path "{ask.path}"{because}'
        return StatusError(403, "Forbidden", why, {})
    where = f'in the namespace "{ask.namespace}"' if ask.namespace else "at the cluster scope"
    what = f'cannot {ask.verb} resource "{ask.resource}" in API group "{ask.group}" {where}'
    plural = ask.resource.partition("/")[0]
    return forbidden(
        f"{plural}.{ask.group}" if ask.group else plural, ask.name, f'User "{user.name}" {what}{because}'
    )


def cluster_objects() -> Iterator[tuple[str, Obj]]:
    """Yield the cluster roles and bindings of a new cluster, with their resource keys."""
    table = json.loads((Path(__file__).with_name("clusterroles.json")).read_text())
    version = f"{RBAC_GROUP}/v1"
    for name, rules in table["roles"].items():
        yield (
            CLUSTER_ROLES,
            {"kind": "ClusterRole", "apiVersion": version, "metadata": {"name": name}, "rules": rules},
        )
    for binding in table["bindings"]:
        subjects = [{"kind": "Group", "apiGroup": RBAC_GROUP, "name": group} for group in binding["groups"]]
        obj = {"kind": "ClusterRoleBinding", "apiVersion": version, "metadata": {"name": binding["name"]}}
        reference = {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": binding["role"]}
        yield CLUSTER_ROLE_BINDINGS, {**obj, "subjects": subjects, "roleRef": reference}


def _has(listed: list[str], wanted: str) -> bool:
    return wanted in listed or "*" in listed


def _described(subject: Obj) -> str:
    name = subject["name"] + (
        f"/{subject.get('namespace', '')}" if subject["kind"] == "ServiceAccount" else ""
    )
    return f'{subject["kind"]} "{name}"'


def _rights(rule: Obj) -> Iterator[Obj]:
    """Split a rule into single permissions, as `BreakdownRule` of k8s.io/component-helpers."""
    for verb in rule["verbs"]:
        for group in rule.get("apiGroups") or []:
            for resource in rule.get("resources") or []:
                right = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
                for name in rule.get("resourceNames") or [None]:
                    yield right if name is None else {**right, "resourceNames": [name]}
        for url in rule.get("nonResourceURLs") or []:
            yield {"nonResourceURLs": [url], "verbs": [verb]}


def _includes(rule: Obj, right: Obj) -> bool:
    ask = Ask(
        right["verbs"][0],
        right.get("apiGroups", [""])[0],
        right.get("resources", [""])[0],
        right.get("resourceNames", [""])[0],
        path=right.get("nonResourceURLs", [""])[0],
    )
    return covers(rule, ask)


def forbidden_escalation(resource: str, name: str, user: User, missing: list[Obj]) -> StatusError:
    """403: a user would grant permissions that they do not hold."""
    groups = " ".join(f'"{group}"' for group in user.groups)
    who = f'user "{user.name}" (groups=[{groups}])'
    lines = "\n".join(sorted({_described_rule(rule) for rule in _compacted(missing)}))
    why = f"{who} is attempting to grant RBAC permissions not currently held:\n{lines}"
    status = forbidden(resource, name, why)
    status.details = details(resource, name)
    return status


def _compacted(rights: list[Obj]) -> list[Obj]:
    """Merge the verbs of permissions on the same resource."""
    rules: dict[str, Obj] = {}
    for right in rights:
        about = {key: value for key, value in right.items() if key != "verbs"}
        known = rules.setdefault(json.dumps(about), {**about, "verbs": []})
        known["verbs"] += [verb for verb in right["verbs"] if verb not in known["verbs"]]
    return list(rules.values())


def _described_rule(rule: Obj) -> str:
    titles = {"apiGroups": "APIGroups", "resources": "Resources", "nonResourceURLs": "NonResourceURLs"}
    titles |= {"resourceNames": "ResourceNames", "verbs": "Verbs"}
    parts = []
    for key, title in titles.items():
        if key in rule:
            parts.append(f"{title}:[{' '.join(json.dumps(value) for value in rule[key])}]")
    return "{" + ", ".join(parts) + "}"
