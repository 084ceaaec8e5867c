"""Misconfigured projects: what the API answers, and the finding that names the fault and its remedy."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from importlib.metadata import version

import pytest
from traitlets.config import Config

from jupyterhub_openshift.authenticator import ProjectAuthenticator
from jupyterhub_openshift.cluster.api import Cluster
from jupyterhub_openshift.cluster.workload import Workload
from jupyterhub_openshift.errors import PRODUCT
from jupyterhub_openshift.preflight.facts import Facts, Obj, Refusal
from jupyterhub_openshift.preflight.finding import FAILURE, PASSED, UNKNOWN, WARNING, Finding
from jupyterhub_openshift.preflight.permissions import needed
from jupyterhub_openshift.preflight.run import project_checks
from jupyterhub_openshift.preflight.versions import VARIABLE
from tests.paths import CHECKOUT

from ..example_settings import settings

CLUSTER = Cluster("rec", None, account="jupyterhub")
ADMITTED = {"type": "Admitted", "status": "True"}
LOGIN = {"serviceaccounts.openshift.io/oauth-redirecturi.first": "/hub/oauth_callback"}


@pytest.fixture
def facts(recorded) -> Facts:
    """A healthy project with a hub from the template `jupyterhub`, mostly as recorded."""
    config = deepcopy(recorded["get deployment config"]["response"])
    route = deepcopy(recorded["get route as hub"]["response"])
    route["status"] = {"ingress": [{"host": route["spec"]["host"], "conditions": [ADMITTED]}]}
    own = {"kind": "DeploymentConfig", "name": "jupyterhub", "uid": config["metadata"]["uid"]}
    config_map = {"metadata": {"name": "jupyterhub-cfg", "ownerReferences": [own]}}
    missing = Refusal(404, 'deployments.apps "jupyterhub" not found')
    return Facts(
        "rec",
        "jupyterhub",
        {
            "route": route,
            "quotas": {"items": []},
            "limit ranges": {"items": []},
            "storage classes": recorded["storage classes"]["response"],
            "shared volumes": {"items": []},
            "connections": {"items": []},
            "network policies": {"items": []},
            "config maps": {"items": [config_map]},
            "service account": {"metadata": {"name": "jupyterhub", "annotations": LOGIN}},
            "image": recorded["image stream"]["response"],
            "image stream tag": notebook_image(recorded["image stream tag"]["response"]),
            "DeploymentConfig jupyterhub": config,
            "DeploymentConfig jupyterhub-proxy": {"metadata": {**config["metadata"], "uid": "proxy"}},
            "DeploymentConfig jupyterhub-db": {"metadata": {**config["metadata"], "uid": "db"}},
            "Deployment jupyterhub": missing,
            "Deployment jupyterhub-proxy": missing,
            "Deployment jupyterhub-db": missing,
        },
        Workload("apps.openshift.io/v1", "DeploymentConfig", "jupyterhub", own["uid"]),
        (),
        0.4,
    )


def notebook_image(tag: Obj, **config: object) -> Obj:
    """The image of a tag with the label of ours, or with another configuration."""
    labels = {"io.openshift.s2i.scripts-url": "image:///opt/app-root/builder"}
    tag = deepcopy(tag)
    tag["image"]["dockerImageMetadata"]["Config"] |= config or {"Labels": labels}
    return tag


def configuration() -> Config:
    """OpenShift login, servers of 512 MiB, and a volume of 1 GiB for each user."""
    c = Config()
    c.JupyterHub.authenticator_class = ProjectAuthenticator
    c.KubeSpawner.image = "minimal-notebook:3.12"
    c.Spawner.mem_limit = 512 * 2**20
    c.KubeSpawner.storage_pvc_ensure = True
    c.KubeSpawner.storage_capacity = "1Gi"
    return c


def findings(facts: Facts, c: Config | None = None) -> list[Finding]:
    hub = settings(database_host="jupyterhub-db")
    return project_checks(c or configuration(), hub, facts, CLUSTER)


def problems(facts: Facts, c: Config | None = None) -> list[Finding]:
    return [finding for finding in findings(facts, c) if finding.result != PASSED]


def given(facts: Facts, **answers: Obj | Refusal) -> Facts:
    """The project with other answers; `_` in a name stands for a blank."""
    named = {what.replace("__", "-").replace("_", " "): answer for what, answer in answers.items()}
    return replace(facts, answers={**facts.answers, **named})


def changed(facts: Facts, what: str, change: Callable[[Obj], object]) -> Facts:
    """The project with one object changed."""
    obj = deepcopy(facts.answers[what])
    change(obj)
    return replace(facts, answers={**facts.answers, what: obj})


def test_a_healthy_project_has_no_finding_but_passes(facts):
    assert [(finding.check, finding.result, finding.message) for finding in findings(facts)] == [
        (
            "versions",
            PASSED,
            f"This is {PRODUCT} with JupyterHub {version('jupyterhub')}, KubeSpawner "
            f"{version('jupyterhub-kubespawner')} and Python {platform.python_version()}.",
        ),
        ("clock", PASSED, "The clock of the hub's node agrees with the API's."),
        ("own objects", PASSED, "All objects with the name jupyterhub are those of this DeploymentConfig."),
        ("permissions", PASSED, "The service account jupyterhub has all permissions that the hub uses."),
        (
            "service account",
            PASSED,
            "The hub uses the service account jupyterhub, which is an OAuth client of OpenShift.",
        ),
        ("route", PASSED, "The hub's address is https://jupyterhub-rec.apps.real.test."),
        ("notebook image", PASSED, "The image stream tag minimal-notebook:3.12 has an image."),
        ("quota", PASSED, "No quota limits the number of notebook servers."),
        ("limit range", PASSED, "No limit range restricts the size of a notebook server."),
        ("storage class", PASSED, "Users' volumes of 1 GiB have the storage class hostpath."),
        ("shared data", PASSED, "No claim or secret has the label of a shared volume or connection."),
        ("network policies", PASSED, "No network policy blocks a connection that the hub needs."),
    ]


def test_what_the_hub_may_not_read_is_unknown_and_no_fault(facts):
    forbidden = Refusal(403, "forbidden")
    refused = replace(facts, answers=dict.fromkeys(facts.answers, forbidden), workload=None, missing=None)
    refused = replace(refused, clock_ahead=None)
    versions, *others = findings(refused)
    assert (versions.result, {finding.result for finding in others}) == (PASSED, {UNKNOWN})


def test_on_plain_kubernetes_there_are_no_routes_and_image_streams(facts):
    no_such_page = Refusal(404, "404 page not found")
    plain = given(facts, route=no_such_page, image=no_such_page)
    assert problems(plain) == []


def labelled(label: str, name: str, annotations: dict[str, str], **fields: object) -> Obj:
    metadata = {"name": name, "labels": {f"hub.jupyter.org/{label}": "true"}, "annotations": annotations}
    return {"metadata": metadata, **fields}


def claim(name: str, mode: str = "ReadWriteMany", **annotations: str) -> Obj:
    named = {f"hub.jupyter.org/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return labelled("shared-volume", name, named, spec={"accessModes": [mode]}, status={"phase": "Bound"})


def test_shared_volumes_and_connections_are_counted(facts):
    shared = given(
        facts,
        shared_volumes={"items": [claim("course")]},
        connections={"items": [labelled("connection", name, {}) for name in ("s3", "warehouse")]},
    )
    assert [finding.message for finding in findings(shared) if finding.check == "shared data"] == [
        "Servers can use 1 shared volume and 2 connections."
    ]
    assert problems(shared) == []


def test_a_labelled_object_that_no_server_gets_is_a_warning(facts):
    misspelt = claim("course", read_onli="true")
    assert problems(given(facts, shared_volumes={"items": [misspelt]})) == [
        Finding(
            "shared data",
            WARNING,
            "The claim course is not mounted: it has the annotation hub.jupyter.org/read-onli, which does "
            "not exist (did you mean hub.jupyter.org/read-only?).",
            "oc get pvc --show-labels",
        )
    ]
    own = labelled("connection", "jupyterhub", {})
    assert problems(given(facts, connections={"items": [own]})) == [
        Finding(
            "shared data",
            WARNING,
            "The secret jupyterhub is not offered as a connection: it has the keys of a hub.",
            "oc get secret --show-labels",
        )
    ]


def test_a_shared_volume_of_one_node_is_a_warning(facts):
    assert problems(given(facts, shared_volumes={"items": [claim("course", "ReadWriteOnce")]})) == [
        Finding(
            "shared data",
            WARNING,
            "The claim course has the access mode ReadWriteOnce: only servers on one node can mount it at "
            "the same time. Use a storage class with ReadWriteMany.",
            "oc get pvc --show-labels",
        )
    ]


def test_a_missing_permission_to_start_servers_is_a_failure(facts):
    lacking = [each for each in needed("jupyterhub", True, False, True) if each.verb == "create"]
    assert problems(replace(facts, missing=tuple(lacking))) == [
        Finding(
            "permissions",
            FAILURE,
            "The service account jupyterhub lacks permissions: create pods, create persistentvolumeclaims "
            "(to start and stop servers).",
            "oc policy add-role-to-user edit -z jupyterhub",
        )
    ]


def test_a_missing_permission_for_owner_references_is_a_warning(facts):
    lacking = [each for each in needed("jupyterhub", True, False, True) if each.group == "policy"]
    assert problems(replace(facts, missing=tuple(lacking))) == [
        Finding(
            "permissions",
            WARNING,
            "The service account jupyterhub lacks permissions: list poddisruptionbudgets.policy, "
            "patch poddisruptionbudgets.policy jupyterhub, delete poddisruptionbudgets.policy jupyterhub "
            "(to set owner references, so that a delete by label leaves nothing behind).",
            "oc policy add-role-to-user edit -z jupyterhub",
        )
    ]


@pytest.mark.parametrize(("of_image", "build"), [("5.4.1", "the notebook image"), ("7.0.0", "the hub image")])
def test_a_notebook_image_with_another_major_version_is_a_warning(facts, of_image, build):
    def with_version(tag: Obj) -> None:
        tag["image"]["dockerImageMetadata"]["Config"]["Env"] = [f"NOTEBOOK_JUPYTERHUB_VERSION={of_image}"]

    hub = version("jupyterhub")
    assert problems(changed(facts, "image stream tag", with_version)) == [
        Finding(
            "versions",
            WARNING,
            f"The notebook image has JupyterHub {of_image} and the hub has {hub}: servers will not start. "
            f"Build {build} again.",
            "oc get buildconfigs",
        )
    ]


def test_the_notebook_images_environment_names_the_version_that_is_installed():
    (locked,) = re.findall(r"^jupyterhub==(\S+)", (CHECKOUT / "notebook/requirements.txt").read_text(), re.M)
    environment = (CHECKOUT / "notebook/.s2i/environment").read_text().splitlines()
    assert f"{VARIABLE}={locked}" in environment


def second_hub(facts: Facts, created: str) -> Facts:
    """The objects of a template with Deployments beside those of this hub."""
    metadata = {"creationTimestamp": created, "labels": {"app": "jupyterhub"}}
    parts = ("jupyterhub", "jupyterhub-proxy", "jupyterhub-db")
    deployments = {f"Deployment {part}": {"metadata": {"name": part, **metadata}} for part in parts}
    return replace(facts, answers={**facts.answers, **deployments})


def test_a_hub_that_came_second_to_a_name_does_not_start(facts):
    assert problems(second_hub(facts, "2026-11-01T00:00:00Z")) == [
        Finding(
            "own objects",
            FAILURE,
            "The Deployment jupyterhub, Deployment jupyterhub-proxy and Deployment jupyterhub-db belong to "
            "another deployment with the name jupyterhub, whose database and route this hub would share. "
            "Delete this one, and deploy it with another APPLICATION_NAME:",
            "oc delete deploymentconfig/jupyterhub deploymentconfig/jupyterhub-proxy "
            "deploymentconfig/jupyterhub-db",
        )
    ]


def test_a_hub_whose_name_another_one_took_later_goes_on_with_a_warning(facts):
    assert problems(second_hub(facts, "2026-12-24T00:00:00Z")) == [
        Finding(
            "own objects",
            WARNING,
            "The Deployment jupyterhub, Deployment jupyterhub-proxy and Deployment jupyterhub-db, created "
            "after this hub, belong to another deployment with the same name. "
            "Delete them, so that they do not share this hub's database and route:",
            "oc delete deployment/jupyterhub deployment/jupyterhub-proxy deployment/jupyterhub-db",
        )
    ]


def test_a_config_map_of_another_hub_is_a_failure(facts):
    def other_owner(answer: Obj) -> None:
        (config_map,) = answer["items"]
        config_map["metadata"]["ownerReferences"][0] |= {"kind": "Deployment", "uid": "another"}

    assert problems(changed(facts, "config maps", other_owner)) == [
        Finding(
            "own objects",
            FAILURE,
            "The config map jupyterhub-cfg belongs to the Deployment jupyterhub of another deployment with "
            "the same name. Delete this one, and deploy it with another APPLICATION_NAME:",
            "oc delete deploymentconfig/jupyterhub",
        )
    ]


def test_a_route_of_another_application_is_a_failure(facts):
    def elsewhere(route: Obj) -> None:
        route["metadata"]["labels"] = {"app": "shop"}
        route["spec"]["to"]["name"] = "shop"

    assert problems(changed(facts, "route", elsewhere)) == [
        Finding(
            "own objects",
            FAILURE,
            "The route jupyterhub is not this hub's: it leads to the service shop. "
            "Deploy the hub with another APPLICATION_NAME, or delete that route:",
            "oc delete route/jupyterhub",
        )
    ]


def test_a_database_of_another_application_is_a_failure(facts):
    def other_label(config: Obj) -> None:
        config["metadata"]["labels"] = {"app": "shop"}

    assert problems(changed(facts, "DeploymentConfig jupyterhub-db", other_label)) == [
        Finding(
            "own objects",
            FAILURE,
            "The DeploymentConfig jupyterhub-db is not this hub's database: it has no label app=jupyterhub. "
            "Deploy the hub with another APPLICATION_NAME, or set the label if the database is meant for it:",
            "oc label deploymentconfig/jupyterhub-db app=jupyterhub",
        )
    ]


def test_a_service_account_that_is_no_oauth_client_is_a_failure(facts):
    bare = given(facts, service_account={"metadata": {"name": "jupyterhub"}})
    (finding,) = problems(bare)
    assert (finding.check, finding.result, finding.message) == (
        "service account",
        FAILURE,
        "OpenShift accepts no login for the service account jupyterhub, whose annotations name no route.",
    )
    assert finding.command == (
        "oc annotate serviceaccount/jupyterhub serviceaccounts.openshift.io/oauth-redirectreference.first="
        """'{"kind":"OAuthRedirectReference","apiVersion":"v1","reference":{"kind":"Route","name":"jupyterhub"}}'"""
        " serviceaccounts.openshift.io/oauth-redirecturi.first=/hub/oauth_callback"
    )


def test_a_service_account_whose_callback_lacks_the_base_url_is_a_failure(facts):
    """OpenShift accepts a callback only at or below the path that the annotation names."""
    c = configuration()
    c.JupyterHub.base_url = "/jupyter"
    assert problems(facts, c) == [
        Finding(
            "service account",
            FAILURE,
            "OpenShift accepts no login for the service account jupyterhub: its annotation names the path "
            "/hub/oauth_callback, but the hub's is /jupyter/hub/oauth_callback.",
            "oc annotate --overwrite serviceaccount/jupyterhub "
            "serviceaccounts.openshift.io/oauth-redirecturi.first=/jupyter/hub/oauth_callback",
        )
    ]


def test_the_address_of_the_hub_has_its_base_url(facts):
    c = configuration()
    c.JupyterHub.bind_url = "http://:8000/jupyter"
    (route,) = [finding for finding in findings(facts, c) if finding.check == "route"]
    assert route.message.endswith("/jupyter.")


def test_without_openshift_login_the_service_account_needs_no_annotation(facts):
    c = configuration()
    c.JupyterHub.authenticator_class = "github"
    assert problems(given(facts, service_account={"metadata": {"name": "jupyterhub"}}), c) == []


def test_a_missing_route_is_a_warning(facts, recorded):
    refusal = recorded["route not found"]
    missing = given(facts, route=Refusal(refusal["status"], refusal["response"]["message"]))
    assert problems(missing) == [
        Finding(
            "route",
            WARNING,
            "There is no route jupyterhub, so nobody reaches the hub.",
            "oc create route edge jupyterhub --service jupyterhub-proxy --insecure-policy Redirect",
        )
    ]


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ([], "No router has admitted the route jupyterhub yet."),
        (
            [
                {
                    "type": "Admitted",
                    "status": "False",
                    "reason": "HostAlreadyClaimed",
                    "message": "route jupyterhub already exposes hub.example.org and is older",
                }
            ],
            "The router rejects the route jupyterhub with the host jupyterhub-rec.apps.real.test: "
            "route jupyterhub already exposes hub.example.org and is older.",
        ),
    ],
)
def test_a_route_that_is_not_admitted_is_a_warning(facts, conditions, message):
    def admission(route: Obj) -> None:
        route["status"] = {"ingress": [{"conditions": conditions}]}

    assert problems(changed(facts, "route", admission)) == [
        Finding("route", WARNING, message, "oc describe route/jupyterhub")
    ]


def test_a_route_without_tls_is_a_warning(facts):
    (finding,) = problems(changed(facts, "route", lambda route: route["spec"].pop("tls")))
    assert (finding.check, finding.result, finding.message) == (
        "route",
        WARNING,
        "The route jupyterhub has no TLS: passwords and cookies of jupyterhub-rec.apps.real.test are sent "
        "in clear.",
    )


def test_a_missing_image_stream_is_a_warning(facts, recorded):
    refusal = recorded["image stream not found"]
    assert problems(given(facts, image=Refusal(refusal["status"], refusal["response"]["message"]))) == [
        Finding(
            "notebook image",
            WARNING,
            "The image stream minimal-notebook, from which notebook servers start, does not exist.",
            "oc get imagestreams",
        )
    ]


def test_an_image_that_needs_a_start_command_is_a_warning(facts, recorded):
    tag = notebook_image(recorded["image stream tag"]["response"], Cmd=["/bin/sh"])
    (finding,) = problems(given(facts, image_stream_tag=tag))
    assert (finding.check, finding.result) == ("notebook image", WARNING)
    assert finding.message.startswith(
        'The image "minimal-notebook:3.12" does not show how it starts a server'
    )
    c = configuration()
    c.Spawner.cmd = ["my-start"]
    assert problems(given(facts, image_stream_tag=tag), c) == []


def test_an_image_stream_tag_without_an_image_is_a_warning(facts):
    def failed_import(stream: Obj) -> None:
        failure = {"type": "ImportSuccess", "status": "False", "message": "you may not have access to it"}
        stream["status"]["tags"] = [{"tag": "3.12", "items": None, "conditions": [failure]}]

    assert problems(changed(facts, "image", failed_import)) == [
        Finding(
            "notebook image",
            WARNING,
            "The image stream tag minimal-notebook:3.12 of the notebook servers has no image: "
            "you may not have access to it.",
            "oc describe imagestream/minimal-notebook",
        )
    ]


def quota(hard: dict[str, str], used: dict[str, str], **spec: object) -> Obj:
    item = {"metadata": {"name": "compute"}, "spec": {"hard": hard, **spec}}
    return {"items": [{**item, "status": {"hard": hard, "used": used}}]}


@pytest.mark.parametrize(
    ("hard", "used", "result", "message"),
    [
        (
            {"limits.memory": "4Gi", "pods": "50"},
            {"limits.memory": "1Gi", "pods": "3"},
            PASSED,
            "6 more notebooks of 512 MiB fit: the quota compute has 1 GiB of 4 GiB limits.memory in use.",
        ),
        (
            {"pods": "4"},
            {"pods": "3"},
            PASSED,
            "1 more notebook of 512 MiB fits: the quota compute has 3 of 4 pods in use.",
        ),
        (
            {"requests.storage": "3Gi"},
            {"requests.storage": "3Gi"},
            WARNING,
            "No more notebooks of 512 MiB fit: the quota compute has 3 GiB of 3 GiB requests.storage in use.",
        ),
        (
            {"secrets": "10"},
            {"secrets": "10"},
            PASSED,
            "No quota limits the number of notebook servers.",
        ),
        (
            {"limits.cpu": "8"},
            {"limits.cpu": "1"},
            WARNING,
            "The quota requires every server to set limits.cpu, which the hub does not set. "
            "Deploy it with the template's parameter NOTEBOOK_CPU.",
        ),
    ],
)
def test_the_room_in_a_quota_is_counted_in_servers(facts, hard, used, result, message):
    (finding,) = (each for each in findings(given(facts, quotas=quota(hard, used))) if each.check == "quota")
    assert (finding.result, finding.message) == (result, message)


def test_the_recorded_quota_and_limit_range_have_no_room(facts, recorded):
    full = given(
        facts,
        quotas=recorded["resource quotas"]["response"],
        limit_ranges=recorded["limit ranges"]["response"],
    )
    assert problems(full) == [
        Finding(
            "quota",
            WARNING,
            "No more notebooks of 512 MiB fit: the quota compute has 512 MiB of 700 MiB limits.memory in "
            "use.",
            "oc describe quota",
        ),
        Finding(
            "limit range",
            WARNING,
            "The limit range limits allows a notebook server at most 256 MiB memory, "
            "but 512 MiB are configured.",
            "oc describe limitrange",
        ),
    ]


def test_a_quota_of_a_storage_class_counts_only_volumes_of_that_class(facts):
    c = configuration()
    c.KubeSpawner.storage_class = "hostpath"
    of_class = "hostpath.storageclass.storage.k8s.io/requests.storage"
    full = given(facts, quotas=quota({of_class: "2Gi"}, {of_class: "1536Mi"}))
    assert problems(full, c) == [
        Finding(
            "quota",
            WARNING,
            f"No more notebooks of 512 MiB fit: the quota compute has 1.5 GiB of 2 GiB {of_class} in use.",
            "oc describe quota",
        )
    ]
    c.KubeSpawner.storage_class = "hostpath-of-another-quota"
    assert [finding.check for finding in problems(full, c)] == ["storage class"]


def limit_range(kind: str, **bounds: dict[str, str]) -> Obj:
    limits = [{"type": kind, **bounds}, {"type": "openshift.io/Image", "max": {"storage": "1Gi"}}]
    return {"items": [{"metadata": {"name": "limits"}, "spec": {"limits": limits}}]}


@pytest.mark.parametrize(
    ("kind", "bounds", "message"),
    [
        (
            "Container",
            {"min": {"memory": "1Gi"}},
            "The limit range limits requires at least 1 GiB memory for a notebook server, but 512 MiB are "
            "configured.",
        ),
        (
            "Pod",
            {"max": {"cpu": "100m"}},
            "The limit range limits allows a notebook server at most 100m cpu, but 250m are configured.",
        ),
        (
            "PersistentVolumeClaim",
            {"max": {"storage": "500Mi"}},
            "The limit range limits allows a volume at most 500 MiB storage, but 1 GiB are configured.",
        ),
    ],
)
def test_a_limit_range_that_refuses_a_server_or_volume_is_a_warning(facts, kind, bounds, message):
    c = configuration()
    c.Spawner.cpu_limit = 0.25
    assert problems(given(facts, limit_ranges=limit_range(kind, **bounds)), c) == [
        Finding("limit range", WARNING, message, "oc describe limitrange")
    ]


def test_a_limit_range_with_room_passes(facts):
    wide = given(facts, limit_ranges=limit_range("Container", max={"memory": "1Gi"}, min={"memory": "1Mi"}))
    assert problems(wide) == []


def test_an_image_with_its_registry_needs_no_image_stream(facts):
    c = configuration()
    c.KubeSpawner.image = "quay.io/jupyter/base-notebook:latest"
    assert problems(given(facts, image=Refusal(404, "imagestreams not found")), c) == []


@pytest.mark.parametrize("size", ["1G", lambda spawner: 2**30, "much"])
def test_the_size_of_a_server_is_read_in_every_form_that_the_spawner_takes(facts, size):
    c = configuration()
    c.KubeSpawner.mem_limit = size
    tight = given(facts, quotas=quota({"limits.memory": "600Mi"}, {"limits.memory": "0"}))
    (finding,) = (each for each in findings(tight, c) if each.check == "quota")
    unset = "The quota requires every server to set limits.memory, which the hub does not set."
    expected = "No more notebooks of 1 GiB fit: " if size == "1G" else unset
    assert finding.message.startswith(expected)


def test_a_quota_of_terminating_pods_does_not_count_servers(facts):
    other = quota({"pods": "0"}, {"pods": "0"}, scopes=["Terminating"])
    assert problems(given(facts, quotas=other)) == []


def test_a_limit_range_with_defaults_fills_what_a_quota_requires(facts):
    defaults = {"type": "Container", "default": {"cpu": "1"}}
    limits = {"items": [{"metadata": {"name": "limits"}, "spec": {"limits": [defaults]}}]}
    filled = given(facts, quotas=quota({"limits.cpu": "8"}, {"limits.cpu": "1"}), limit_ranges=limits)
    assert problems(filled) == []


def test_a_storage_class_that_does_not_exist_is_a_warning(facts):
    c = configuration()
    c.KubeSpawner.storage_class = "fast"
    assert problems(facts, c) == [
        Finding(
            "storage class",
            WARNING,
            "The storage class fast of the users' volumes does not exist. The cluster has hostpath.",
            "oc get storageclasses",
        )
    ]


def test_a_cluster_without_a_default_storage_class_is_a_warning(facts):
    def no_default(classes: Obj) -> None:
        del classes["items"][0]["metadata"]["annotations"]

    assert problems(changed(facts, "storage classes", no_default)) == [
        Finding(
            "storage class",
            WARNING,
            "The cluster has no default storage class, and JUPYTERHUB_STORAGE_CLASS names none.",
            "oc get storageclasses",
        )
    ]


@pytest.mark.parametrize(("ahead", "text"), [(301.0, "301 s ahead of"), (-90.0, "90 s behind")])
def test_a_clock_that_differs_from_the_apis_is_a_warning(facts, ahead, text):
    assert problems(replace(facts, clock_ahead=ahead)) == [
        Finding(
            "clock",
            WARNING,
            f"The clock of the hub's node is {text} the API's, so logins may fail.",
            "date --utc",
        )
    ]
