"""What the preflight asks the API, and how it reads the answers."""

from __future__ import annotations

from copy import deepcopy

import pytest

from jupyterhub_openshift.cluster.api import ClusterUnreachable, find_cluster
from jupyterhub_openshift.cluster.workload import Workload
from jupyterhub_openshift.preflight.facts import Facts, Refusal, ask
from jupyterhub_openshift.preflight.permissions import Permission, needed

from ..standin import StandIn

RULES = ("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews")
ACCESS = ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
PODS = ("GET", "/api/v1/namespaces/rec/pods")
QUOTAS = "/api/v1/namespaces/rec/resourcequotas"


@pytest.fixture
def project(api, recorded, monkeypatch) -> StandIn:
    monkeypatch.setenv("HOSTNAME", "jupyterhub-1-abcde")
    api.answer(recorded["self subject rules"])
    api.answer(recorded["resource quotas"])
    return api


def asked(api: StandIn, *permissions: Permission, **paths: str) -> Facts:
    cluster = find_cluster(api.account, api.environ, ())
    return ask(cluster, "jupyterhub", {"quotas": QUOTAS, **paths}, permissions)


def controlled_by(kind: str, name: str, uid: str, version: str) -> dict:
    owner = {"apiVersion": version, "kind": kind, "name": name, "uid": uid, "controller": True}
    return {"metadata": {"name": "one", "ownerReferences": [owner]}}


@pytest.mark.parametrize(
    ("pods_owner", "path", "top", "workload"),
    [
        (
            ("ReplicaSet", "jupyterhub-7f", "rs", "apps/v1"),
            "/apis/apps/v1/namespaces/rec/replicasets/jupyterhub-7f",
            ("Deployment", "jupyterhub", "d", "apps/v1"),
            Workload("apps/v1", "Deployment", "jupyterhub", "d"),
        ),
        (
            ("ReplicationController", "jupyterhub-1", "rc", "v1"),
            "/api/v1/namespaces/rec/replicationcontrollers/jupyterhub-1",
            ("DeploymentConfig", "jupyterhub", "dc", "apps.openshift.io/v1"),
            Workload("apps.openshift.io/v1", "DeploymentConfig", "jupyterhub", "dc"),
        ),
    ],
)
def test_the_hubs_workload_is_at_the_end_of_its_pods_owner_chain(project, pods_owner, path, top, workload):
    project.answers[PODS] = (200, {"metadata": {}, "items": [controlled_by(*pods_owner)]})
    project.answers["GET", path] = (200, controlled_by(*top))
    assert asked(project).workload == workload


def test_a_pod_of_a_stateful_set_has_that_as_its_workload(project):
    pod = controlled_by("StatefulSet", "hub", "s", "apps/v1")
    project.answers[PODS] = (200, {"metadata": {}, "items": [pod]})
    assert asked(project).workload == Workload("apps/v1", "StatefulSet", "hub", "s")


@pytest.mark.parametrize("items", [[], [{"metadata": {"name": "one"}}]])
def test_a_pod_that_nothing_controls_has_no_workload(project, items):
    project.answers[PODS] = (200, {"metadata": {}, "items": items})
    assert asked(project).workload is None


def test_a_pod_that_may_not_be_read_has_no_workload(project, recorded):
    project.answers[PODS] = (403, recorded["nodes are forbidden"]["response"])
    assert asked(project).workload is None


def test_the_role_edit_grants_all_that_the_hub_needs_as_one_request_shows(project):
    """The recorded rules are those of a service account with the role `edit`."""
    facts = asked(project, *needed("jupyterhub", volumes=True, menu=True, streams=True))
    assert facts.missing == ()
    reviews = [(method, path) for method, path, _ in project.requests if method == "POST"]
    assert reviews == [RULES]


@pytest.mark.parametrize(
    ("answer", "missing"), [("may create pods?", False), ("may create rolebindings?", True)]
)
def test_a_permission_that_no_rule_grants_is_reviewed_on_its_own(project, recorded, answer, missing):
    project.answers[RULES] = (201, {"status": {"resourceRules": [], "incomplete": True}})
    project.answers[ACCESS] = (recorded[answer]["status"], recorded[answer]["response"])
    permission = Permission("create", "pods")
    assert asked(project, permission).missing == ((permission,) if missing else ())
    assert [body for method, path, body in project.requests if (method, path) == ACCESS] == [
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {"namespace": "rec", "verb": "create", "resource": "pods"}},
        }
    ]


def test_a_hub_that_may_not_review_its_permissions_does_not_know_them(project, recorded):
    project.answers[RULES] = (403, recorded["nodes are forbidden"]["response"])
    assert asked(project, Permission("create", "pods")).missing is None


def test_a_rule_for_named_objects_does_not_grant_the_others(project, recorded):
    rules = deepcopy(recorded["self subject rules"]["response"])
    rules["status"]["resourceRules"] = [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "resourceNames": ["jupyterhub"]}
    ]
    project.answers[RULES] = (201, rules)
    project.answers[ACCESS] = (201, {"status": {"allowed": False}})
    named = Permission("delete", "secrets", name="jupyterhub")
    assert asked(project, named, Permission("list", "secrets")).missing == (Permission("list", "secrets"),)


def test_answers_are_objects_or_refusals(project, recorded):
    forbidden = recorded["nodes are forbidden"]
    project.answer(forbidden)
    facts = asked(project, nodes="/api/v1/nodes", none="/api/v1/nosuch")
    assert facts.get("quotas") == recorded["resource quotas"]["response"]
    assert facts.get("nodes") == Refusal(403, forbidden["response"]["message"])
    assert facts.get("none") == Refusal(404, "404 page not found")
    assert (facts.items("nodes"), len(facts.items("quotas"))) == (None, 1)


def test_the_clock_is_compared_with_the_apis(project):
    assert abs(asked(project).clock_ahead) < 30


def test_an_api_that_fails_is_asked_again_and_then_reported(project):
    project.answers["GET", QUOTAS] = (503, {"message": "the server is currently unable"})
    with pytest.raises(ClusterUnreachable, match="503 the server is currently unable"):
        asked(project)
