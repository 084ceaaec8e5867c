"""The set-up that the recorder of `oauth.jsonl` made between the exchanges."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from sandbox import seed
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.store import Store
from sandbox.authorization.users import ADMIN, Tokens, person
from sandbox.oauth import access_tokens
from sandbox.oauth.server import OAuth
from sandbox.registry.api import Api

PROJECT = Project("hubproj", domain="real.test")
CLIENT = "system:serviceaccount:hubproj:jupyterhub-hub"
CALLBACK = "https://jupyterhub-hubproj.apps.real.test/hub/oauth_callback"
BOTH = "user:info user:check-access"
VERIFIER = "v" * 43
URI, REFERENCE = (f"serviceaccounts.openshift.io/oauth-redirect{kind}.first" for kind in ("uri", "reference"))
ROUTE = json.dumps({"kind": "OAuthRedirectReference", "reference": {"kind": "Route", "name": "jupyterhub"}})
MISSING = ROUTE.replace("jupyterhub", "nosuch")
BINDINGS = "rolebindings.rbac.authorization.k8s.io"
RBAC = "rbac.authorization.k8s.io"


class Recorded:
    """A project `hubproj` with a hub's service account and people who can log in."""

    def __init__(self) -> None:
        self.store = Store()
        seed.fill(self.store, PROJECT)
        self.api = Api(self.store, PROJECT)
        people = {"admin's": ADMIN, "developer's": person("developer")}
        self.tokens = Tokens(self.store, PROJECT, b"k" * 32, people)
        access_tokens.fill(self.store, PROJECT)
        self.later = 0.0  # seconds that passed unseen
        self.oauth = OAuth(self.store, PROJECT, self.tokens, lambda: time.monotonic() + self.later)
        for name in ("jupyterhub-hub", "other"):
            self.store.create("serviceaccounts", {"metadata": {"name": name, "namespace": PROJECT.name}})
        host = urlsplit(CALLBACK).netloc
        self.store.create(
            "routes.route.openshift.io",
            {
                "metadata": {"name": "jupyterhub"},
                "spec": {"host": host, "tls": {"termination": "edge"}},
                "status": {"ingress": [{"host": host}]},
            },
        )
        for name, member in (("hub-users", "bob"), ("hub-admins", "carol")):
            self.store.create("groups.user.openshift.io", {"metadata": {"name": name}, "users": [member]})
        pod = self.store.create(
            "pods", {"kind": "Pod", "metadata": {"name": "hub", "namespace": PROJECT.name}}
        )
        self.of_pod = self.tokens.issue("jupyterhub-hub", bound=pod)
        self.token = ""

    def annotate(self, annotations: dict[str, str]) -> dict[str, str]:
        before: dict[str, str] = {}

        def change(account: Obj) -> None:
            before.update(account["metadata"].get("annotations") or {})
            account["metadata"]["annotations"] = dict(annotations)

        self.store.modify("serviceaccounts", "jupyterhub-hub", change)
        return before

    def bind(self, name: str, role: str, *subjects: Obj, kind: str = "ClusterRole") -> None:
        if self.store.find(BINDINGS, name):
            self.store.remove(BINDINGS, name)
        if role:
            reference = {"kind": kind, "apiGroup": RBAC, "name": role}
            meta = {"name": name, "namespace": PROJECT.name}
            self.store.create(BINDINGS, {"metadata": meta, "subjects": list(subjects), "roleRef": reference})

    def role_of_hub(self, role: str, kind: str = "ClusterRole") -> None:
        self.bind(
            "hub",
            role,
            {"kind": "ServiceAccount", "namespace": "hubproj", "name": "jupyterhub-hub"},
            kind=kind,
        )

    def may_review(self, *groups: str) -> None:
        roles = "roles.rbac.authorization.k8s.io"
        if self.store.find(roles, "reviewer"):
            self.store.remove(roles, "reviewer")
        rule = {"apiGroups": list(groups), "resources": ["localsubjectaccessreviews"], "verbs": ["create"]}
        self.store.create(roles, {"metadata": {"name": "reviewer", "namespace": "hubproj"}, "rules": [rule]})
        self.role_of_hub("reviewer", "Role")

    def keep_token(self, user: str) -> None:
        self.token = access_tokens.issue(self.store, user, CLIENT, BOTH.split(), CALLBACK)

    def leave_group(self) -> None:
        self.store.modify("groups.user.openshift.io", "hub-users", lambda group: group.update(users=[]))

    def join_group(self) -> None:
        self.store.modify("groups.user.openshift.io", "hub-users", lambda group: group.update(users=["bob"]))

    def wait(self, seconds: float) -> None:
        self.later += seconds


GROUP = {"kind": "Group", "apiGroup": RBAC, "name": "hub-users"}
BOB = {"kind": "User", "apiGroup": RBAC, "name": "bob"}
PREPARATIONS: dict[str, Callable[[Recorded], object]] = {
    r"redirect/reference/": lambda r: r.annotate({REFERENCE: ROUTE}),
    r"redirect/uri/": lambda r: r.annotate({URI: CALLBACK}),
    r"redirect/reference\+path/": lambda r: r.annotate({REFERENCE: ROUTE, URI: "/hub/oauth_callback"}),
    r"redirect/uri-http/": lambda r: r.annotate({URI: CALLBACK.replace("https", "http")}),
    r"redirect/no-annotations": lambda r: r.annotate({}),
    r"client/": lambda r: r.annotate({REFERENCE: ROUTE}),
    r"redirect/reference-to-missing-route": lambda r: r.annotate({REFERENCE: MISSING}),
    r"authorize/bad-response-type": lambda r: r.annotate({REFERENCE: ROUTE}),
    r"secret/token-secret": lambda r: r.annotate({REFERENCE: ROUTE}),
    r"ssar/binding-removed": lambda r: r.bind("bob-view", ""),
    r"ssar/by-group": lambda r: r.bind("hub-users-view", "view", GROUP),
    r"users-self/bob-after-group-removal": lambda r: r.leave_group(),
    r"sa-review/no-role": lambda r: (
        r.join_group(),
        r.bind("hub-users-view", ""),
        r.bind("bob-view", "view", BOB),
    ),
    r"sa-review/narrow-role-authorization.k8s.io": lambda r: r.may_review("authorization.k8s.io"),
    r"sa-review/view": lambda r: r.role_of_hub("view"),
    r"sa-review/edit": lambda r: r.role_of_hub("edit"),
    r"sa-review/admin": lambda r: r.role_of_hub("admin"),
    r"sa-review/token-review": lambda r: r.role_of_hub("edit"),
    r"revoke/get-by-user": lambda r: r.keep_token("carol"),
    r"revoke/delete-unused-by-hub-sa": lambda r: r.keep_token("alice"),
    r"sa-review/groups/bob-without": lambda r: (
        r.bind("bob-view", ""),
        r.bind("hub-users-view", "view", GROUP),
        r.may_review("authorization.k8s.io"),
    ),
    r"sa-review/groups/openshift-lsar": lambda r: r.may_review("authorization.openshift.io"),
    r"sa-review/groups-legacy-and-openshift": lambda r: r.may_review("", "authorization.openshift.io"),
    r"secret/projected-token-of-deleted-pod$": lambda r: r.store.remove("pods", "hub"),
    r"secret/projected-token-of-deleted-pod-15s": lambda r: r.wait(15),
    r"client-gone/code": lambda r: r.annotate({}),
    r"authorize/error-param": lambda r: r.annotate({REFERENCE: ROUTE}),
}
