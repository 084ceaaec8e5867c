"""Questions about rights and tokens, answered without storing anything."""

from __future__ import annotations

from dataclasses import replace

from sandbox.apimachinery.errors import StatusError, bad_request, details
from sandbox.apimachinery.errors import invalid as invalid_object
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import invalid
from sandbox.apimachinery.project import Project
from sandbox.authorization.rbac import Ask, Decision, Rbac
from sandbox.authorization.users import AUDIENCE, Tokens, User

REVIEW = ".authorization.k8s.io"  # a real API forgets the kind here
OLD_REVIEWS = "localsubjectaccessreviews.authorization.openshift.io"


class Reviews:
    """One method for each kind of review; each takes the request body and gives the answer."""

    def __init__(self, rbac: Rbac, tokens: Tokens, project: Project) -> None:
        self._rbac = rbac
        self._tokens = tokens
        self._project = project

    def answer(self, kind: str, body: Obj, user: User, namespace: str) -> Obj:
        """The answered review."""
        if kind == "SelfSubjectAccessReview":
            unscoped = replace(user, extra={})  # the answer is about the person, not about the token
            return {**body, "status": self._status(unscoped, body["spec"])}
        if kind in ("LocalSubjectAccessReview", "SubjectAccessReview"):
            return self._about_others(kind, body, namespace)
        if kind == "SelfSubjectRulesReview":
            return self._rules(body, user)
        if kind == "SelfSubjectReview":
            return {**body, "status": {"userInfo": user.info()}}
        return self._token(body)

    def is_about_oneself(self, kind: str, body: Obj) -> bool:
        """OpenShift lets anybody ask about themselves, also through the review for others."""
        return kind == "LocalSubjectAccessReview" and not body.get("user") and not body.get("groups")

    def openshift_access(self, body: Obj, user: User, namespace: str) -> Obj:
        """`localsubjectaccessreviews` and `subjectaccessreviews` of authorization.openshift.io."""
        groups = tuple(body.get("groups") or ())
        who = User(body.get("user", ""), groups) if body.get("user") or groups else user
        where = namespace or body.get("namespace", "")
        if who is not user:  # asked again under the resource's old name, and refused without a word
            old = Ask("create", "", "localsubjectaccessreviews", "", where)
            if namespace and not self._rbac.decide(user, old).allowed:
                raise StatusError(403, "Forbidden", "", details(OLD_REVIEWS, ""))
        resource, name = body.get("resource", ""), body.get("resourceName", "")
        if body.get("isNonResourceURL"):
            ask = Ask(body.get("verb", ""), path=body.get("path", ""))
        else:
            ask = Ask(body.get("verb", ""), body.get("resourceAPIGroup", ""), resource, name, where)
        decision = self._rbac.decide(who, ask)
        head = {"kind": "SubjectAccessReviewResponse", "apiVersion": "authorization.openshift.io/v1"}
        return {**head, "namespace": where, "allowed": decision.allowed, "reason": decision.reason}

    def openshift_who_can(self, body: Obj, namespace: str) -> Obj:
        """`localresourceaccessreviews` of authorization.openshift.io, what `oc policy who-can` asks."""
        where = namespace or body.get("namespace", "")
        group, resource = body.get("resourceAPIGroup", ""), body.get("resource", "")
        ask = Ask(body.get("verb", ""), group, resource, body.get("resourceName", ""), where)
        users, groups = self._rbac.who_can(ask)
        head = {"kind": "ResourceAccessReviewResponse", "apiVersion": "authorization.openshift.io/v1"}
        return {**head, "namespace": where, "users": users, "groups": groups, "evalutionError": ""}

    def openshift_rules(self, body: Obj, user: User, namespace: str) -> Obj:
        """`selfsubjectrulesreviews` of authorization.openshift.io."""
        rules = [rule for rule in self._rbac.rules(user, namespace) if not rule.get("nonResourceURLs")]
        return {**body, "status": {"rules": [{**rule, "attributeRestrictions": None} for rule in rules]}}

    def _about_others(self, kind: str, body: Obj, namespace: str) -> Obj:
        spec = body["spec"]
        asked = (spec.get("resourceAttributes") or {}).get("namespace", "")
        if kind == "LocalSubjectAccessReview" and asked != namespace:
            raise bad_request(f"spec.resourceAttributes.namespace must match namespace: {namespace}")
        if not spec.get("user") and not spec.get("groups"):
            raise bad_request("at least one of user or group must be specified")
        return {
            **body,
            "status": self._status(User(spec.get("user", ""), tuple(spec.get("groups") or ())), spec),
        }

    def _status(self, user: User, spec: Obj) -> Obj:
        resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
        if resource is None and path is None:
            why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
            raise invalid_object(REVIEW, "", [invalid("spec.resourceAttributes", None, why)])
        if resource is not None and path is not None:
            given = {"Path": path.get("path", ""), "Verb": path.get("verb", "")}
            why = "cannot be specified in combination with resourceAttributes"
            raise invalid_object(REVIEW, "", [invalid("spec.nonResourceAttributes", given, why)])
        if path is not None:
            decision = self._rbac.decide(user, Ask(path.get("verb", ""), path=path.get("path", "")))
        else:
            decision = self._on_resource(user, resource or {})
        return {"allowed": decision.allowed, **({"reason": decision.reason} if decision.reason else {})}

    def _on_resource(self, user: User, wanted: Obj) -> Decision:
        name = "/".join(filter(None, (wanted.get("resource", ""), wanted.get("subresource", ""))))
        verb, group = wanted.get("verb", ""), wanted.get("group", "")
        return self._rbac.decide(
            user, Ask(verb, group, name, wanted.get("name", ""), wanted.get("namespace", ""))
        )

    def _rules(self, body: Obj, user: User) -> Obj:
        namespace = (body.get("spec") or {}).get("namespace", "")
        if not namespace:
            raise bad_request("no namespace on request")
        rules = self._rbac.rules(user, namespace)
        status = {
            "resourceRules": [rule for rule in rules if not rule.get("nonResourceURLs")],
            "nonResourceRules": [rule for rule in rules if rule.get("nonResourceURLs")],
            "incomplete": False,
        }
        return {**body, "spec": {}, "status": status}

    def _token(self, body: Obj) -> Obj:
        spec = body["spec"]
        audiences = spec.get("audiences") or [AUDIENCE]
        known = next((a for a in audiences if self._tokens.user(spec.get("token", ""), a)), None)
        user = self._tokens.user(spec.get("token", ""), known) if known else None
        if user is None:
            return {**body, "status": {"user": {}, "error": "invalid bearer token"}}
        return {**body, "status": {"authenticated": True, "user": user.info(), "audiences": [known]}}
