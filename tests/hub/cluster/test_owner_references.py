from copy import deepcopy

from jupyterhub_openshift.cluster.api import find_cluster
from jupyterhub_openshift.cluster.owner_references import adopt

from ..standin import OWNED, StandIn

DC = ("GET", "/apis/apps.openshift.io/v1/namespaces/rec/deploymentconfigs/jupyterhub")
DEPLOYMENT = ("GET", "/apis/apps/v1/namespaces/rec/deployments/jupyterhub")
OWNER = {
    "apiVersion": "apps.openshift.io/v1",
    "kind": "DeploymentConfig",
    "name": "jupyterhub",
    "uid": "f006b47b-ada3-4160-b6c9-e68bf7471dd0",
    "controller": False,
    "blockOwnerDeletion": False,
}


ALL = {f"{path}/jupyterhub" for path in OWNED}
SECRET = "/api/v1/namespaces/rec/secrets/jupyterhub"
NOW_OWNED = [
    f"DeploymentConfig jupyterhub now owns the {kind} jupyterhub"
    for kind in ("config map", "network policy", "pod disruption budget", "secret")
]


def adopt_all(api: StandIn, pauses=()) -> bool:
    return adopt(find_cluster(api.account, api.environ, pauses), "jupyterhub")


def patches(api: StandIn) -> dict[str, dict]:
    """The requests that change an object, by its path."""
    return {path: body for method, path, body in api.requests if method == "PATCH"}


def log(capfd) -> list[str]:
    return sorted(line.partition("] ")[2] for line in capfd.readouterr().err.splitlines())


def warning(reason: str) -> str:
    return (
        f"WARNING: {reason}. `oc delete all,pvc --selector app=jupyterhub` will not delete what has no "
        "owner; this does: oc delete secret,configmap,networkpolicy,poddisruptionbudget "
        "--selector app=jupyterhub"
    )


def test_the_deployment_config_becomes_the_owner_of_all_that_a_delete_by_label_would_miss(
    owned_objects, capfd
):
    assert adopt_all(owned_objects)
    body = {"metadata": {"resourceVersion": "7", "ownerReferences": [OWNER]}}
    assert patches(owned_objects) == dict.fromkeys(ALL, body)
    content_types = {kind for kind in owned_objects.content_types if "patch" in kind}
    assert content_types == {"application/merge-patch+json"}
    assert log(capfd) == NOW_OWNED


def test_the_patch_is_the_one_that_a_real_cluster_accepted(owned_objects, recorded):
    adopt_all(owned_objects)
    body = deepcopy(patches(owned_objects)[SECRET])
    del body["metadata"]["resourceVersion"]
    assert body == recorded["hub adopts the secret"]["body"]


def test_where_there_is_no_deployment_config_the_deployment_becomes_the_owner(owned_objects, recorded):
    del owned_objects.answers[DC]
    deployment = deepcopy(recorded["get deployment after the trigger"]["response"])
    deployment["metadata"] |= {"name": "jupyterhub", "labels": {"app": "jupyterhub"}}
    owned_objects.answers[DEPLOYMENT] = (200, deployment)
    adopt_all(owned_objects)
    owner = OWNER | {"apiVersion": "apps/v1", "kind": "Deployment", "uid": deployment["metadata"]["uid"]}
    owners = {path: body["metadata"]["ownerReferences"] for path, body in patches(owned_objects).items()}
    assert owners == {path: [owner] for path in ALL}


def test_an_object_that_has_an_owner_keeps_it(owned_objects):
    path = "/api/v1/namespaces/rec/secrets"
    metadata = owned_objects.answers["GET", path][1]["items"][0]["metadata"]
    metadata["ownerReferences"] = [OWNER | {"uid": "another"}]
    adopt_all(owned_objects)
    assert patches(owned_objects).keys() == ALL - {SECRET}


def test_a_workload_with_another_label_owns_nothing(owned_objects, capfd):
    owned_objects.answers[DC][1]["metadata"]["labels"] = {"app": "something-else"}
    assert adopt_all(owned_objects)
    assert patches(owned_objects) == {}
    assert log(capfd) == [warning("There is no workload jupyterhub with the label app=jupyterhub")]


def test_a_kind_that_may_not_be_listed_is_named_in_a_warning_and_the_others_get_their_owner(
    owned_objects, recorded, capfd
):
    forbidden = recorded["nodes are forbidden"]["response"]
    owned_objects.answers["GET", "/api/v1/namespaces/rec/secrets"] = (403, forbidden)
    assert adopt_all(owned_objects)
    assert patches(owned_objects).keys() == ALL - {SECRET}
    assert log(capfd) == [*NOW_OWNED[:3], warning(forbidden["message"])]


def test_an_object_that_may_not_be_changed_is_named_in_a_warning_and_the_others_get_their_owner(
    owned_objects, capfd
):
    """Such as a secret of the user's own with the label, which the workspace's Role does not name."""
    secrets = "/api/v1/namespaces/rec/secrets"
    of_the_user = {"metadata": {"name": "his", "resourceVersion": "6"}}
    owned_objects.answers["GET", secrets][1]["items"].insert(0, of_the_user)
    message = 'secrets "his" is forbidden: cannot set an ownerRef on a resource you can\'t delete: , <nil>'
    refusal = {"kind": "Status", "status": "Failure", "message": message, "reason": "Forbidden", "code": 403}
    owned_objects.answers["PATCH", f"{secrets}/his"] = (403, refusal)
    assert adopt_all(owned_objects)
    assert log(capfd) == [*NOW_OWNED, warning(message)]


def test_a_hub_without_any_right_says_so_in_one_line(owned_objects, recorded, capfd):
    forbidden = recorded["nodes are forbidden"]["response"]
    for request in [*owned_objects.answers]:
        owned_objects.answers[request] = (403, forbidden)
    owned_objects.answers[DEPLOYMENT] = (403, forbidden)
    assert adopt_all(owned_objects)
    assert log(capfd) == [warning(forbidden["message"])]


def test_where_the_api_does_not_answer_a_line_says_so_and_a_later_attempt_is_called_for(owned_objects, capfd):
    away = (503, {"kind": "Status", "status": "Failure", "message": "the server is currently unable"})
    owned_objects.answers["PATCH", SECRET] = away
    assert not adopt_all(owned_objects, pauses=[0.01] * 7)
    address = f"The cluster's API at https://127.0.0.1:{owned_objects.port}"
    assert warning(
        f"{address} did not answer in 4 attempts; the last one said: 503 the server is currently unable. "
        "Check the cluster, and the project's network policies"
    ) in log(capfd)
    assert patches(owned_objects).keys() == ALL


def test_outside_of_a_cluster_no_owner_reference_is_set(capfd):
    assert adopt(None, "jupyterhub")
    assert log(capfd) == []
