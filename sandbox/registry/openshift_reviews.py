"""`authorization.openshift.io`: OpenShift's own, older questions about permissions.

As `pkg/authorization/apiserver/registry` in openshift-apiserver.
"""

from __future__ import annotations

from sandbox.apimachinery.errors import StatusError, details
from sandbox.apimachinery.json_types import Json, Obj
from sandbox.authorization.rbac import Ask, Rbac
from sandbox.authorization.users import User
from sandbox.registry.rest import Context, Storage

API_VERSION = "authorization.openshift.io/v1"


class SubjectAccessReviews(Storage):
    """`localsubjectaccessreviews` and `subjectaccessreviews`."""

    def __init__(self, rbac: Rbac, *, local: bool) -> None:
        self._rbac = rbac
        self._local = local

    def is_open_to_all(self, body: Json) -> bool:
        """Let anybody ask about themselves, through the review for others too."""
        return self._local and isinstance(body, dict) and not body.get("user") and not body.get("groups")

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Answer for the user and groups given, or for the user who asks."""
        groups, namespace = tuple(obj.get("groups") or ()), context.namespace
        who = User(obj.get("user", ""), groups) if obj.get("user") or groups else context.user
        where = namespace or obj.get("namespace", "")
        if who is not context.user:  # asked again under the resource's old name, and refused without a word
            old = Ask("create", "", "localsubjectaccessreviews", "", where)
            if namespace and not self._rbac.decide(context.user, old).allowed:
                raise StatusError(
                    403, "Forbidden", "", details("localsubjectaccessreviews.authorization.openshift.io", "")
                )
        if obj.get("isNonResourceURL"):
            ask = Ask(obj.get("verb", ""), path=obj.get("path", ""))
        else:
            ask = _ask(obj, where)
        decision = self._rbac.decide(who, ask)
        head = {"kind": "SubjectAccessReviewResponse", "apiVersion": API_VERSION}
        return {**head, "namespace": where, "allowed": decision.allowed, "reason": decision.reason}


class ResourceAccessReviews(Storage):
    """`localresourceaccessreviews` and `resourceaccessreviews`, for `oc policy who-can`."""

    def __init__(self, rbac: Rbac) -> None:
        self._rbac = rbac

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Answer with the users and groups who may."""
        where = context.namespace or obj.get("namespace", "")
        users, groups = self._rbac.who_can(_ask(obj, where))
        head = {"kind": "ResourceAccessReviewResponse", "apiVersion": API_VERSION}
        return {**head, "namespace": where, "users": users, "groups": groups, "evalutionError": ""}


class SelfSubjectRulesReviews(Storage):
    """`selfsubjectrulesreviews`."""

    def __init__(self, rbac: Rbac) -> None:
        self._rbac = rbac

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Answer with the rules for resources that the user has."""
        rules = self._rbac.rules(context.user, context.namespace)
        listed = [
            {**rule, "attributeRestrictions": None} for rule in rules if not rule.get("nonResourceURLs")
        ]
        return {**obj, "status": {"rules": [{**rule, "attributeRestrictions": None} for rule in listed]}}


def _ask(obj: Obj, namespace: str) -> Ask:
    verb, group, resource = obj.get("verb", ""), obj.get("resourceAPIGroup", ""), obj.get("resource", "")
    return Ask(verb, group, resource, obj.get("resourceName", ""), namespace)
