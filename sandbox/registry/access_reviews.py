"""`authorization.k8s.io`: reviews of permissions, which store nothing.

As `k8s.io/kubernetes/pkg/registry/authorization`.
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.apimachinery.errors import bad_request
from sandbox.apimachinery.errors import invalid as invalid_object
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import invalid
from sandbox.authorization.rbac import Ask, Decision, Rbac
from sandbox.authorization.users import User
from sandbox.registry.rest import Context, Storage

REVIEW = ".authorization.k8s.io"  # a real API forgets the kind here


class SelfSubjectAccessReviews(Storage):
    """`selfsubjectaccessreviews`: may I do this?"""

    def __init__(self, rbac: Rbac) -> None:
        self._rbac = rbac

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Answer for the user, regardless of the scopes of the token."""
        unscoped = replace(context.user, extra={})
        return {**obj, "status": _status(self._rbac, unscoped, obj["spec"])}


class SubjectAccessReviews(Storage):
    """`subjectaccessreviews` and `localsubjectaccessreviews`: may this user do this?"""

    def __init__(self, rbac: Rbac, *, local: bool) -> None:
        self._rbac = rbac
        self._local = local

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Answer for the user and groups in the spec; a local review asks about its own namespace."""
        spec = obj["spec"]
        asked = (spec.get("resourceAttributes") or {}).get("namespace", "")
        if self._local and asked != context.namespace:
            raise bad_request(f"spec.resourceAttributes.namespace must match namespace: {context.namespace}")
        if not spec.get("user") and not spec.get("groups"):
            raise bad_request("at least one of user or group must be specified")
        user = User(spec.get("user", ""), tuple(spec.get("groups") or ()))
        return {**obj, "status": _status(self._rbac, user, spec)}


class SelfSubjectRulesReviews(Storage):
    """`selfsubjectrulesreviews`: what may I do in a namespace?"""

    def __init__(self, rbac: Rbac) -> None:
        self._rbac = rbac

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Answer with all rules that roles and bindings give the user."""
        namespace = (obj.get("spec") or {}).get("namespace", "")
        if not namespace:
            raise bad_request("no namespace on request")
        rules = self._rbac.rules(context.user, namespace)
        status = {
            "resourceRules": [rule for rule in rules if not rule.get("nonResourceURLs")],
            "nonResourceRules": [rule for rule in rules if rule.get("nonResourceURLs")],
            "incomplete": False,
        }
        return {**obj, "spec": {}, "status": status}


def _status(rbac: Rbac, user: User, spec: Obj) -> Obj:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is None and path is None:
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        raise invalid_object(REVIEW, "", [invalid("spec.resourceAttributes", None, why)])
    if resource is not None and path is not None:
        given = {"Path": path.get("path", ""), "Verb": path.get("verb", "")}
        why = "cannot be specified in combination with resourceAttributes"
        raise invalid_object(REVIEW, "", [invalid("spec.nonResourceAttributes", given, why)])
    if path is not None:
        decision = rbac.decide(user, Ask(path.get("verb", ""), path=path.get("path", "")))
    else:
        decision = _on_resource(rbac, user, resource or {})
    return {"allowed": decision.allowed, **({"reason": decision.reason} if decision.reason else {})}


def _on_resource(rbac: Rbac, user: User, wanted: Obj) -> Decision:
    resource = "/".join(filter(None, (wanted.get("resource", ""), wanted.get("subresource", ""))))
    verb, group = wanted.get("verb", ""), wanted.get("group", "")
    name, namespace = wanted.get("name", ""), wanted.get("namespace", "")
    return rbac.decide(user, Ask(verb, group, resource, name, namespace))
