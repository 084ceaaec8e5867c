from copy import deepcopy

import pytest

from jupyterhub_openshift.cluster.api import find_cluster
from jupyterhub_openshift.cluster.owner_references import adopt

DC = ("GET", "/apis/apps.openshift.io/v1/namespaces/rec/deploymentconfigs/jupyterhub")
DEPLOYMENT = ("GET", "/apis/apps/v1/namespaces/rec/deployments/jupyterhub")
KINDS = {
    "/api/v1/namespaces/rec/secrets": "Secret",
    "/api/v1/namespaces/rec/configmaps": "ConfigMap",
    "/apis/networking.k8s.io/v1/namespaces/rec/networkpolicies": "NetworkPolicy",
    "/apis/policy/v1/namespaces/rec/poddisruptionbudgets": "PodDisruptionBudget",
}
OWNER = {
    "apiVersion": "apps.openshift.io/v1",
    "kind": "DeploymentConfig",
    "name": "jupyterhub",
    "uid": "f006b47b-ada3-4160-b6c9-e68bf7471dd0",
    "controller": False,
    "blockOwnerDeletion": False,
}


@pytest.fixture
def objects(api, recorded):
    """One object of each kind, and a DeploymentConfig."""
    api.answer(recorded["get deployment config"])
    for path, kind in KINDS.items():
        item = {"metadata": {"name": "jupyterhub", "resourceVersion": "7"}}
        api.answers["GET", path] = (200, {"kind": f"{kind}List", "metadata": {}, "items": [item]})
        api.answers["PATCH", f"{path}/jupyterhub"] = (200, {"kind": kind, "metadata": {"name": "jupyterhub"}})
    return api


def patches(api):
    return [(path, body) for method, path, body in api.requests if method == "PATCH"]


def test_the_deployment_config_becomes_the_owner_of_all_that_a_delete_by_label_would_miss(objects, capfd):
    adopt(find_cluster(objects.account, objects.environ, ()), "jupyterhub")
    body = {"metadata": {"resourceVersion": "7", "ownerReferences": [OWNER]}}
    assert patches(objects) == [(f"{path}/jupyterhub", body) for path in KINDS]
    assert {kind for kind in objects.content_types if "patch" in kind} == {"application/merge-patch+json"}
    assert capfd.readouterr().err.splitlines() == [
        f"[jupyterhub-openshift] DeploymentConfig jupyterhub now owns the {kind} jupyterhub"
        for kind in ("secret", "config map", "network policy", "pod disruption budget")
    ]


def test_the_patch_is_the_one_that_a_real_cluster_accepted(objects, recorded):
    adopt(find_cluster(objects.account, objects.environ, ()), "jupyterhub")
    body = deepcopy(patches(objects)[0][1])
    del body["metadata"]["resourceVersion"]
    assert body == recorded["hub adopts the secret"]["body"]


def test_where_there_is_no_deployment_config_the_deployment_becomes_the_owner(objects, recorded):
    del objects.answers[DC]
    deployment = deepcopy(recorded["get deployment after the trigger"]["response"])
    deployment["metadata"] |= {"name": "jupyterhub", "labels": {"app": "jupyterhub"}}
    objects.answers[DEPLOYMENT] = (200, deployment)
    adopt(find_cluster(objects.account, objects.environ, ()), "jupyterhub")
    owner = OWNER | {"apiVersion": "apps/v1", "kind": "Deployment", "uid": deployment["metadata"]["uid"]}
    assert [body["metadata"]["ownerReferences"] for _, body in patches(objects)] == [[owner]] * 4


def test_what_has_an_owner_is_left_alone(objects):
    path = "/api/v1/namespaces/rec/secrets"
    objects.answers["GET", path][1]["items"][0]["metadata"]["ownerReferences"] = [OWNER | {"uid": "another"}]
    adopt(find_cluster(objects.account, objects.environ, ()), "jupyterhub")
    assert [changed for changed, _ in patches(objects)] == [f"{kind}/jupyterhub" for kind in list(KINDS)[1:]]


def test_a_workload_with_another_label_owns_nothing(objects, capfd):
    objects.answers[DC][1]["metadata"]["labels"] = {"app": "something-else"}
    adopt(find_cluster(objects.account, objects.environ, ()), "jupyterhub")
    assert patches(objects) == []
    assert "No workload jupyterhub with its label: nothing is adopted" in capfd.readouterr().err


def test_what_may_not_be_adopted_is_a_warning_and_the_rest_is_adopted(objects, recorded, capfd):
    path = "/api/v1/namespaces/rec/secrets"
    objects.answers["GET", path] = (403, recorded["nodes are forbidden"]["response"])
    adopt(find_cluster(objects.account, objects.environ, ()), "jupyterhub")
    assert [changed for changed, _ in patches(objects)] == [f"{kind}/jupyterhub" for kind in list(KINDS)[1:]]
    assert (
        '[jupyterhub-openshift] WARNING: nodes is forbidden: User "system:serviceaccount:rec:jupyterhub" '
        "cannot list "
        'resource "nodes" in API group "" at the cluster scope. What the hub cannot adopt stays behind after '
        "`oc delete all,pvc --selector app=jupyterhub`: delete it by hand\n"
    ) in capfd.readouterr().err


def test_one_that_may_not_be_adopted_does_not_keep_the_hub_from_the_others(objects, capfd):
    """Such as a secret of the user's own with the label, which the workspace's Role does not name."""
    secrets = "/api/v1/namespaces/rec/secrets"
    of_the_user = {"metadata": {"name": "his", "resourceVersion": "6"}}
    objects.answers["GET", secrets][1]["items"].insert(0, of_the_user)
    message = 'secrets "his" is forbidden: cannot set an ownerRef on a resource you can\'t delete: , <nil>'
    refusal = {"kind": "Status", "status": "Failure", "message": message, "reason": "Forbidden", "code": 403}
    objects.answers["PATCH", f"{secrets}/his"] = (403, refusal)
    adopt(find_cluster(objects.account, objects.environ, ()), "jupyterhub")
    assert [line.partition("] ")[2] for line in capfd.readouterr().err.splitlines()] == [
        f"WARNING: {message}. What the hub cannot adopt stays behind after "
        "`oc delete all,pvc --selector app=jupyterhub`: delete it by hand",
        *(
            f"DeploymentConfig jupyterhub now owns the {kind} jupyterhub"
            for kind in ("secret", "config map", "network policy", "pod disruption budget")
        ),
    ]


def test_outside_of_a_cluster_nothing_happens():
    adopt(None, "jupyterhub")
