"""OAuth scopes: the rules that they stand for, and which of them a service account may request.

https://github.com/openshift/apiserver-library-go, pkg/authorization/scope
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from sandbox.apimachinery.json_types import Obj

RoleRules = Callable[[str], list[Obj] | None]

SUPPORTED = ("user:check-access", "user:full", "user:info", "user:list-projects", "user:list-scoped-projects")
DESCRIPTIONS = {
    "user:info": "Read-only access to your user information (including username, identities, and group "
    "membership)",
    "user:check-access": 'Read-only access to view your privileges (for example, "can I create builds?")',
    "user:list-projects": "Read-only access to list your projects viewable with this token and view their "
    "metadata",
    "user:list-scoped-projects": "Read-only access to list your projects viewable with this token",
}
_PUBLIC = ("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/readyz", "/version", "/version/")
EVERYBODY: list[Obj] = [{"verbs": ["get"], "nonResourceURLs": list(_PUBLIC)}]
_PROJECTS = {"apiGroups": ["", "project.openshift.io"], "resources": ["projects"]}
_OF_USER: dict[str, list[Obj]] = {
    "user:full": [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
        {"verbs": ["*"], "nonResourceURLs": ["*"]},
    ],
    "user:info": [
        {
            "verbs": ["get"],
            "apiGroups": ["", "user.openshift.io"],
            "resources": ["users"],
            "resourceNames": ["~"],
        }
    ],
    "user:check-access": [
        {
            "verbs": ["create"],
            "apiGroups": ["authorization.k8s.io"],
            "resources": ["selfsubjectaccessreviews"],
        },
        {
            "verbs": ["create"],
            "apiGroups": ["", "authorization.openshift.io"],
            "resources": ["selfsubjectrulesreviews"],
        },
    ],
    "user:list-projects": [{"verbs": ["list", "watch"], **_PROJECTS}],
    "user:list-scoped-projects": [{"verbs": ["list", "watch"], **_PROJECTS}],
}
_ESCALATING = {"secrets", "imagestreams/secrets", "oauthauthorizetokens", "oauthaccesstokens"}


def rules(scopes: Iterable[str], namespace: str, role_rules: RoleRules) -> list[Obj]:
    """Return the rules that limit a token with these scopes in a namespace."""
    found = list(EVERYBODY)
    for scope in scopes:
        kind, *parts = scope.split(":")
        if kind == "user":
            found += _OF_USER.get(scope, [])
        elif parts[1] in (namespace, "*"):
            of_role = role_rules(parts[0]) or []
            found += of_role if parts[2:] == ["!"] else [_without_secrets(rule) for rule in of_role]
    return found


def invalid(scopes: list[str]) -> str:
    """Return the server's message about malformed or unknown scopes; empty when all are valid."""
    problems = [
        f"[{number}]: Invalid value: {json.dumps(scope)}: {problem}"
        for number, scope in enumerate(scopes)
        if (problem := _problem(scope))
    ]
    return f"[{', '.join(problems)}]" if len(problems) > 1 else "".join(problems)


def denied(scopes: list[str], namespace: str) -> list[str]:
    """Return the scopes that reach beyond the service account's project, which it may not request."""
    allowed = set(SUPPORTED) - {"user:full"}
    return [
        s for s in scopes if s not in allowed and not (s.startswith("role:") and s.split(":")[2] == namespace)
    ]


def _problem(scope: str) -> str:
    for character in scope:
        if not "\x21" <= character <= "\x7e" or character in '"\\':
            return f"{ord(character)} not allowed"
    kind, *parts = scope.split(":")
    if scope in SUPPORTED or (kind == "role" and len(parts) in (2, 3) and all(parts)):
        return ""
    return "no scope handler found"


def _without_secrets(rule: Obj) -> Obj:
    return {**rule, "resources": [name for name in rule.get("resources") or [] if name not in _ESCALATING]}
