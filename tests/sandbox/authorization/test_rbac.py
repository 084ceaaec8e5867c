"""Permissions of the project's admin, the hub's account with `edit`, an account with a Role, and others."""

from __future__ import annotations

import pytest

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.resource_keys import ROLE_BINDINGS, ROLES
from sandbox.authorization.rbac import Ask
from sandbox.authorization.users import ADMIN, ANONYMOUS, User, person, service_account
from tests.sandbox.projects import DEVELOPER, HUB, PROJECT, an_api, binding, refusal

NS = PROJECT.name


@pytest.mark.parametrize(
    ("user", "ask", "allowed"),
    [
        (HUB, Ask("create", "", "pods", "", NS), True),
        (HUB, Ask("patch", "", "secrets", "x", NS), True),
        (HUB, Ask("get", "", "pods/log", "x", NS), True),
        (HUB, Ask("create", "networking.k8s.io", "networkpolicies", "", NS), True),
        (HUB, Ask("create", "rbac.authorization.k8s.io", "rolebindings", "", NS), False),
        (HUB, Ask("list", "rbac.authorization.k8s.io", "roles", "", NS), False),
        (HUB, Ask("create", "", "resourcequotas", "", NS), False),
        (HUB, Ask("get", "", "namespaces", NS, NS), True),
        (HUB, Ask("list", "", "pods", "", "default"), False),
        (HUB, Ask("list", "storage.k8s.io", "storageclasses"), True),
        (HUB, Ask("get", path="/version"), True),
        (DEVELOPER, Ask("create", "rbac.authorization.k8s.io", "rolebindings", "", NS), True),
        (DEVELOPER, Ask("create", "", "resourcequotas", "", NS), False),
        (DEVELOPER, Ask("list", "", "nodes"), False),
        (person("stranger"), Ask("list", "", "pods", "", NS), False),
        (person("stranger"), Ask("get", "user.openshift.io", "users", "~"), True),
        (ANONYMOUS, Ask("get", path="/healthz"), True),
        (ANONYMOUS, Ask("list", "", "pods", "", NS), False),
        (ADMIN, Ask("delete", "", "nodes", "n"), True),
    ],
)
def test_permissions_are_those_of_openshifts_roles(user: User, ask: Ask, allowed: bool) -> None:
    assert an_api().rbac.decide(user, ask).allowed == allowed


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (
            Ask("get", "route.openshift.io", "routes/status", "r", "other"),
            'routes.route.openshift.io "r" is forbidden: User "stranger" cannot get resource '
            '"routes/status" in API '
            'group "route.openshift.io" in the namespace "other"',
        ),
        (
            Ask("watch", "", "nodes"),
            'nodes is forbidden: User "stranger" cannot watch resource "nodes" in API group "" at the '
            "cluster scope",
        ),
        (Ask("get", path="/metrics"), 'forbidden: User "stranger" cannot get path "/metrics"'),
    ],
)
def test_a_refusal_names_user_verb_resource_and_namespace(ask: Ask, text: str) -> None:
    with pytest.raises(StatusError) as caught:
        an_api().rbac.require(person("stranger"), ask)
    assert (caught.value.code, caught.value.reason, caught.value.message) == (403, "Forbidden", text)


def test_a_role_grants_only_its_verbs_and_resource_names() -> None:
    api = an_api()
    rules = [
        {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"], "verbs": ["*"]},
    ]
    api.create(ROLES, {"metadata": {"name": "narrow"}, "rules": rules}, ADMIN)
    subject = {"kind": "ServiceAccount", "name": "a", "namespace": NS}
    api.create(ROLE_BINDINGS, binding("narrow", "Role", subject), ADMIN)
    account = service_account(NS, "a")
    decided = [
        api.rbac.decide(account, Ask(verb, "", resource, name, NS)).allowed
        for verb, resource, name in (
            *(
                ("get", "pods", "p"),
                ("list", "pods", ""),
                ("get", "pods/log", "p"),
                ("get", "pods/exec", "p"),
            ),
            *(("delete", "secrets", "mine"), ("get", "secrets", "other"), ("list", "secrets", "")),
        )
    ]
    assert decided == [True, False, True, False, True, False, False]
    reason = api.rbac.decide(account, Ask("get", "", "pods", "p", NS)).reason
    assert reason == 'RBAC: allowed by RoleBinding "narrow/rec" of Role "narrow" to ServiceAccount "a/rec"'


def test_a_binding_to_a_missing_role_is_reported() -> None:
    api = an_api()
    api.store.create(ROLE_BINDINGS, binding("gone", "Role", {"kind": "User", "name": "stranger"}))
    with pytest.raises(StatusError) as caught:
        api.rbac.require(person("stranger"), Ask("list", "", "pods", "", NS))
    assert caught.value.message == (
        'pods is forbidden: User "stranger" cannot list resource "pods" in API group "" in the namespace '
        '"rec": '
        'RBAC: role.rbac.authorization.k8s.io "gone" not found'
    )


def test_nobody_grants_permissions_that_they_lack() -> None:
    rules = [
        {"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
    ]
    refused = refusal(an_api(), ROLES, {"metadata": {"name": "r"}, "rules": rules}, DEVELOPER)
    assert (refused.code, refused.message) == (
        403,
        'roles.rbac.authorization.k8s.io "r" is forbidden: user "developer" '
        '(groups=["system:authenticated:oauth" "system:authenticated"]) is attempting to grant RBAC '
        "permissions "
        'not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}',
    )
    subject = {"kind": "User", "name": "developer"}
    too_much = refusal(an_api(), ROLE_BINDINGS, binding("cluster-admin", "ClusterRole", subject), DEVELOPER)
    assert too_much.message.endswith(
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}'
    )


def test_who_can_returns_users_and_groups() -> None:
    users, groups = an_api().rbac.who_can(Ask("create", "", "pods", "", NS))
    assert users == [
        "developer",
        f"system:serviceaccount:{NS}:deployer",
        f"system:serviceaccount:{NS}:jupyterhub",
    ]
    assert groups == ["system:cluster-admins", "system:masters"]


def test_a_subject_without_a_namespace_is_a_service_account_of_the_bindings_namespace() -> None:
    api = an_api()
    own = service_account(NS, "jupyterhub-hub")
    account = {"kind": "ServiceAccount", "name": "jupyterhub-hub"}
    made = api.create(ROLE_BINDINGS, binding("view", "ClusterRole", account), DEVELOPER)
    assert made["subjects"] == [account]
    ask = Ask("list", "", "pods", "", NS)
    assert api.rbac.decide(own, ask).allowed
    assert not api.rbac.decide(service_account("other", "jupyterhub-hub"), ask).allowed
    assert own.name in api.rbac.who_can(ask)[0]
