"""What a cluster does by itself, as its users see it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import DEPLOYMENT_CONFIGS
from sandbox.apimachinery.store import Store
from sandbox.cli.logs import config_status
from sandbox.controllers.deploymentconfigs import start
from tests.sandbox.command import (
    DATABASE,
    PYTHON,
    Sandbox,
    deployment,
    deployment_config,
    eventually,
    image_stream,
    pod_template,
)

PROJECT = "jupyterhub-sandbox"
ROLLED_OUT = {
    "type": "Progressing",
    "status": "True",
    "reason": "NewReplicationControllerAvailable",
    "message": "all is there",
}


def pods(sandbox: Sandbox, app: str) -> list[Obj]:
    return sandbox.get("pods", "-l", f"app={app}")


def scripts(sandbox: Sandbox, app: str) -> list[str]:
    return [pod["spec"]["containers"][0]["command"][2] for pod in pods(sandbox, app)]


def progressing(sandbox: Sandbox, what: str) -> Obj:
    conditions = sandbox.get(what)["status"].get("conditions", [])
    return next((each for each in conditions if each["type"] == "Progressing"), {})


def events(sandbox: Sandbox, name: str) -> list[tuple[str, str]]:
    found = [each for each in sandbox.get("events") if each["involvedObject"]["name"] == name]
    return [(each["reason"], each["message"]) for each in found]


def patch_script(sandbox: Sandbox, what: str, script: str) -> None:
    path = "/spec/template/spec/containers/0/command/2"
    sandbox.kubectl(
        "patch", what, "--type=json", "-p", f'[{{"op": "replace", "path": "{path}", "value": "{script}"}}]'
    )


@pytest.fixture
def made(sandbox: Sandbox, tmp_path: Path) -> Any:
    """Creates objects, and deletes what has their names afterwards."""
    names: list[str] = []

    def create(*objects: Obj) -> None:
        names.extend(f"{each['kind'].lower()}/{each['metadata']['name']}" for each in objects)
        sandbox.create(tmp_path, *objects)

    yield create
    sandbox.kubectl("delete", "--ignore-not-found", *names)


def test_kubectl_follows_a_rolling_update_from_one_version_to_the_next(sandbox: Sandbox, made: Any):
    made(deployment("web", replicas=3))
    rolled_out = 'deployment "web" successfully rolled out\n'
    assert sandbox.kubectl("rollout", "status", "deployment/web").endswith(rolled_out)
    patch_script(sandbox, "deployment/web", "exec sleep 601")
    assert sandbox.kubectl("rollout", "status", "deployment/web").endswith(rolled_out)
    assert scripts(sandbox, "web") == ["exec sleep 601"] * 3
    sets = sandbox.get("replicasets", "-l", "app=web")
    revision = "deployment.kubernetes.io/revision"
    counts = {each["metadata"]["annotations"][revision]: each["spec"]["replicas"] for each in sets}
    assert counts == {"1": 0, "2": 3}
    status = sandbox.get("deployment/web")["status"]
    assert {key: value for key, value in status.items() if key != "conditions"} == {
        "observedGeneration": 2,
        "replicas": 3,
        "updatedReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
        "terminatingReplicas": 0,
    }
    newest = next(each["metadata"]["name"] for each in sets if each["spec"]["replicas"])
    words = progressing(sandbox, "deployment/web")
    assert words["reason"] == "NewReplicaSetAvailable"
    assert words["message"] == f'ReplicaSet "{newest}" has successfully progressed.'


def test_recreate_ends_the_old_pods_before_it_starts_new_ones(sandbox: Sandbox, made: Any):
    made(deployment("single", strategy={"type": "Recreate"}))
    sandbox.kubectl("rollout", "status", "deployment/single")
    patch_script(sandbox, "deployment/single", "exec sleep 601")
    sandbox.kubectl("rollout", "status", "deployment/single")
    order = [text for reason, text in events(sandbox, "single") if reason == "ScalingReplicaSet"]
    assert len([text for text in order if " down " in text]) == 1
    assert scripts(sandbox, "single") == ["exec sleep 601"]


def test_scaling_creates_and_deletes_pods(sandbox: Sandbox, made: Any):
    made(deployment("scaled"), deployment_config("scaled-dc"))
    for what, app in (("deployment/scaled", "scaled"), ("deploymentconfig/scaled-dc", "scaled-dc")):
        sandbox.run("rollout", "status", what)
        for replicas in (3, 1, 0):
            sandbox.kubectl("scale", what, f"--replicas={replicas}")
            eventually(lambda app=app, replicas=replicas: len(pods(sandbox, app)) == replicas)


def test_rollout_status_waits_until_the_controller_has_observed_the_new_generation() -> None:
    store = Store()
    seen = {"latestVersion": 1, "observedGeneration": 1, "conditions": [ROLLED_OUT]}
    config = deployment_config("quick")
    config["metadata"]["generation"] = 1
    store.create(DEPLOYMENT_CONFIGS, {**config, "status": seen})
    assert config_status(store.get(DEPLOYMENT_CONFIGS, "quick")) == ("all is there", True)
    start(store, "quick", [{"type": "Manual"}])
    waiting = "Waiting for latest deployment config spec to be observed by the controller loop..."
    assert config_status(store.get(DEPLOYMENT_CONFIGS, "quick")) == (waiting, False)


def test_a_deleted_pod_is_replaced(sandbox: Sandbox, made: Any):
    made(deployment("kept"))
    sandbox.run("rollout", "status", "deployment/kept")
    [pod] = pods(sandbox, "kept")
    sandbox.run("delete", "pod", pod["metadata"]["name"])
    sandbox.run("rollout", "status", "deployment/kept")
    [other] = pods(sandbox, "kept")
    assert other["metadata"]["name"] != pod["metadata"]["name"]


def test_a_deployment_without_its_service_account_says_so_and_goes_on_once_it_is_there(
    sandbox: Sandbox, made: Any
):
    made(deployment("waits", pod={"serviceAccountName": "later"}))

    def failure() -> Obj:
        conditions = sandbox.get("deployment/waits")["status"].get("conditions", [])
        return next((each for each in conditions if each["type"] == "ReplicaFailure"), {})

    why = f'error looking up service account {PROJECT}/later: serviceaccount "later" not found'
    assert eventually(failure)["message"].endswith(why)
    sandbox.run("create", "serviceaccount", "later")
    sandbox.run("rollout", "status", "deployment/waits")
    assert not failure()


def test_a_rollout_that_makes_no_progress_exceeds_its_deadline(sandbox: Sandbox, made: Any):
    never = {"container": {"readinessProbe": {"exec": {"command": ["false"]}}}}
    made(deployment("late", progressDeadlineSeconds=1, pod=never))
    said = sandbox.run("rollout", "status", "deployment/late", code=1)
    assert said == 'error: deployment "late" exceeded its progress deadline\n'


def test_a_failed_rollout_of_a_deployment_config_scales_the_old_pods_up_again(sandbox: Sandbox, made: Any):
    strategy = {"type": "Recreate", "recreateParams": {"timeoutSeconds": 60}}
    probe = {"readinessProbe": {"exec": {"command": ["test", "-e", "/proc/self"]}}}
    made(deployment_config("back", strategy=strategy, pod={"container": probe}))
    sandbox.run("rollout", "status", "dc/back")
    broken = {
        "/spec/template/spec/containers/0/readinessProbe/exec/command": ["false"],
        "/spec/strategy/recreateParams/timeoutSeconds": 1,
    }
    patch = [{"op": "replace", "path": path, "value": value} for path, value in broken.items()]
    sandbox.kubectl("patch", "deploymentconfig/back", "--type=json", "-p", json.dumps(patch))
    eventually(lambda: progressing(sandbox, "dc/back").get("reason") == "ProgressDeadlineExceeded")

    def versions() -> list[str]:
        name = "openshift.io/deployment.name"
        return [pod["metadata"]["annotations"][name] for pod in pods(sandbox, "back")]

    eventually(lambda: versions() == ["back-1"], versions)
    phases = {
        each["metadata"]["name"]: each["metadata"]["annotations"]["openshift.io/deployment.phase"]
        for each in sandbox.get("replicationcontrollers", "-l", "app=back")
    }
    assert phases == {"back-1": "Complete", "back-2": "Failed"}


@pytest.mark.sandbox
def test_a_new_image_triggers_a_rollout_of_the_workloads_that_follow_its_tag(sandbox: Sandbox, made: Any):
    moving = image_stream("moving", latest=DATABASE)
    trigger = '[{"from": {"kind": "ImageStreamTag", "name": "moving:latest"}, "fieldPath": "%s"}]'
    follower = deployment("follower", pod={"container": {"image": "moving:latest"}})
    path = 'spec.template.spec.containers[?(@.name==\\"main\\")].image'
    follower["metadata"]["annotations"] = {"image.openshift.io/triggers": trigger % path}
    config = deployment_config("follower-dc")
    config["spec"]["triggers"][1]["imageChangeParams"]["from"]["name"] = "moving:latest"
    made(moving, follower, config)
    sandbox.run("rollout", "status", "dc/follower-dc")
    sandbox.run("rollout", "status", "deployment/follower")
    before = sandbox.get("istag/moving:latest")["image"]["metadata"]["name"]
    source = f'[{{"op": "replace", "path": "/spec/tags/0/from/name", "value": "{PYTHON}"}}]'
    sandbox.kubectl("patch", "imagestream/moving", "--type=json", "-p", source)

    def images() -> set[str]:
        found = [*pods(sandbox, "follower"), *pods(sandbox, "follower-dc")]
        return {pod["spec"]["containers"][0]["image"].partition("@")[2] for pod in found}

    def moved() -> bool:
        now = sandbox.get("istag/moving:latest")["image"]["metadata"]["name"]
        return now != before and images() == {now}

    eventually(moved, images)
    assert sandbox.get("dc/follower-dc")["status"]["details"]["message"] == "image change"


def test_the_import_of_a_missing_image_fails(sandbox: Sandbox, made: Any):
    made(image_stream("unknown", latest="quay.io/nobody/nothing:latest"))
    [tag] = eventually(lambda: sandbox.get("is/unknown")["status"].get("tags"))
    [condition] = tag["conditions"]
    del condition["lastTransitionTime"]
    assert (tag["items"] or None, condition) == (
        None,
        {
            "type": "ImportSuccess",
            "status": "False",
            "reason": "NotFound",
            "message": 'dockerimage.image.openshift.io "quay.io/nobody/nothing:latest" not found',
            "generation": 2,
        },
    )


def test_endpoints_are_the_ready_pods_of_a_service(sandbox: Sandbox, made: Any):
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    service = {"kind": "Service", "apiVersion": "v1", "metadata": {"name": "served"}}
    never = {"readinessProbe": {"exec": {"command": ["false"]}, "periodSeconds": 1}}
    never["ports"] = [{"name": "http", "containerPort": 8080}]
    made(
        {**service, "spec": {"selector": {"app": "served"}, "ports": ports}},
        deployment("served", strategy={"type": "Recreate"}, pod={"container": never}),
    )

    def subset() -> Obj:
        made_by_now = [each for each in sandbox.get("endpoints") if each["metadata"]["name"] == "served"]
        return next((subset for each in made_by_now for subset in each.get("subsets") or []), {})

    eventually(lambda: subset().get("notReadyAddresses"), subset)
    assert "addresses" not in subset()
    probe = "/spec/template/spec/containers/0/readinessProbe/exec/command/0"
    ready = f'[{{"op": "replace", "path": "{probe}", "value": "true"}}]'
    sandbox.kubectl("patch", "deployment/served", "--type=json", "-p", ready)
    sandbox.run("rollout", "status", "deployment/served")
    [pod] = pods(sandbox, "served")
    eventually(lambda: subset().get("addresses"), subset)
    assert [address["ip"] for address in subset()["addresses"]] == [pod["status"]["podIP"]]
    assert subset()["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    [found] = sandbox.get("endpointslices", "-l", "kubernetes.io/service-name=served")
    assert [each["conditions"]["ready"] for each in found["endpoints"]] == [True]
    assert found["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]


def claim(name: str, **spec: Any) -> Obj:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **spec}
    return {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": {"name": name}, "spec": spec}


def test_a_claim_is_bound_and_one_of_an_unknown_class_waits_with_an_event(sandbox: Sandbox, made: Any):
    made(claim("bound"), claim("noclass", storageClassName="nosuch"))
    eventually(lambda: sandbox.get("pvc/bound")["status"]["phase"] == "Bound")
    said = eventually(lambda: events(sandbox, "noclass"))
    assert said == [("ProvisioningFailed", 'storageclass.storage.k8s.io "nosuch" not found')]
    assert sandbox.get("pvc/noclass")["status"] == {"phase": "Pending"}


def test_a_claim_in_use_is_deleted_after_its_pod(sandbox: Sandbox, made: Any):
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "used"}}]
    made(claim("used"), deployment("user", pod={"volumes": volumes}))
    sandbox.run("rollout", "status", "deployment/user")
    sandbox.run("delete", "pvc", "used", "--no-wait")
    assert sandbox.get("pvc/used")["metadata"]["deletionTimestamp"]
    sandbox.run("delete", "deployment", "user")
    eventually(lambda: "persistentvolumeclaim/used" not in sandbox.names("pvc"), lambda: sandbox.names("pvc"))


def test_dependents_of_a_deleted_object_are_deleted(sandbox: Sandbox, made: Any):
    owner = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "owner"}}
    made(owner)
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner"}
    reference["uid"] = sandbox.get("cm/owner")["metadata"]["uid"]
    made(
        {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "owned", "ownerReferences": [reference]}}
    )
    sandbox.run("delete", "configmap", "owner")
    eventually(lambda: "secret/owned" not in sandbox.names("secrets"), lambda: sandbox.names("secrets"))


@pytest.mark.parametrize(("cascade", "left"), [("foreground", []), ("orphan", ["exec sleep 600"])])
def test_deleting_a_workload_deletes_or_orphans_its_pods_by_propagation_policy(
    sandbox: Sandbox, made: Any, cascade: str, left: list[str]
):
    app = f"cascade-{cascade}"
    made(deployment(app))
    sandbox.run("rollout", "status", f"deployment/{app}")
    sandbox.kubectl("delete", f"deployment/{app}", f"--cascade={cascade}")
    assert scripts(sandbox, app) == left
    sandbox.run("delete", "rs,pods", "-l", f"app={app}")


def test_a_quota_shows_what_is_used(sandbox: Sandbox, tmp_path: Path):
    file = tmp_path / "quota.json"
    file.write_text(
        '{"kind": "ResourceQuota", "apiVersion": "v1", "metadata": {"name": "small"}, '
        '"spec": {"hard": {"count/configmaps": "40", "persistentvolumeclaims": "1"}}}'
    )
    sandbox.kubectl("create", "-f", str(file), admin=True)
    try:
        eventually(lambda: sandbox.get("quota/small").get("status"))
        before = int(sandbox.get("quota/small")["status"]["used"]["count/configmaps"])
        sandbox.create(tmp_path, {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "counted"}})
        used = "count/configmaps"
        eventually(lambda: int(sandbox.get("quota/small")["status"]["used"][used]) == before + 1)
        sandbox.run("delete", "cm", "counted")
        eventually(lambda: int(sandbox.get("quota/small")["status"]["used"][used]) == before)
    finally:
        sandbox.kubectl("delete", "quota", "small", admin=True)


def test_every_service_account_gets_a_pull_secret(sandbox: Sandbox):
    sandbox.run("create", "serviceaccount", "puller")
    [reference] = eventually(lambda: sandbox.get("sa/puller").get("imagePullSecrets"))
    assert reference["name"].startswith("puller-dockercfg-")
    assert sandbox.get(f"secret/{reference['name']}")["type"] == "kubernetes.io/dockercfg"
    sandbox.run("delete", "serviceaccount", "puller")
    eventually(lambda: f"secret/{reference['name']}" not in sandbox.names("secrets"))


def test_a_bare_replication_controller_keeps_its_pods(sandbox: Sandbox, made: Any):
    spec = {"replicas": 2, "selector": {"app": "bare"}, "template": pod_template("bare")}
    made({"kind": "ReplicationController", "apiVersion": "v1", "metadata": {"name": "bare"}, "spec": spec})
    eventually(lambda: sandbox.get("rc/bare")["status"].get("readyReplicas") == 2)
    assert len(pods(sandbox, "bare")) == 2
