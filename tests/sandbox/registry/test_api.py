"""Defaults, admission and validation of objects, updates, patches and deletions."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.authorization.users import ADMIN
from sandbox.registry.patches import JSON_PATCH, MERGE, STRATEGIC
from tests.sandbox.projects import DEVELOPER, HUB, a_pod, an_api, refusal

ROUTES = "routes.route.openshift.io"
STREAMS = "imagestreams.image.openshift.io"
CONFIGS = "deploymentconfigs.apps.openshift.io"
DEPLOYMENTS = "deployments.apps"
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must "
    "start and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
DNS_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)


def a_deployment(**spec: Any) -> Obj:
    labels = {"app": "x"}
    template = {"metadata": {"labels": labels}, "spec": a_pod()["spec"]}
    return {
        "metadata": {"name": "d"},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


@pytest.mark.parametrize(
    ("resource", "obj", "text"),
    [
        (
            "pods",
            {"metadata": {}, "spec": a_pod()["spec"]},
            'Pod "" is invalid: metadata.name: Required value: name or generateName is required',
        ),
        (
            "pods",
            a_pod(container={"name": "Main"}),
            f'Pod "x" is invalid: spec.containers[0].name: Invalid value: "Main": {LABEL}',
        ),
        (
            "pods",
            a_pod(container={"image": ""}),
            'Pod "x" is invalid: spec.containers[0].image: Required value',
        ),
        (
            "pods",
            a_pod(container={"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}}),
            'Pod "x" is invalid: spec.containers[0].resources.requests: Invalid value: "2Gi": '
            "must be less than or equal to memory limit of 1Gi",
        ),
        (
            "pods",
            a_pod(
                container={"volumeMounts": [{"name": "data", "mountPath": "/d"}]}, restartPolicy="Sometimes"
            ),
            'Pod "x" is invalid: [spec.containers[0].volumeMounts[0].name: Not found: "data", '
            'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", '
            '"Never"]',
        ),
        (
            "pods",
            {**a_pod(), "metadata": {"name": "x", "labels": {"a": "b c"}}},
            'Pod "x" is invalid: metadata.labels: Invalid value: "b c": a valid label must be an empty '
            "string or "
            "consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            "alphanumeric character "
            "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
            "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
        (
            "services",
            {"metadata": {"name": "1s"}, "spec": {"ports": [{"port": 80}]}},
            f'Service "1s" is invalid: metadata.name: Invalid value: "1s": {DNS_1035}',
        ),
        (
            "services",
            {"metadata": {"name": "s"}, "spec": {}},
            'Service "s" is invalid: spec.ports: Required value',
        ),
        (
            "persistentvolumeclaims",
            {"metadata": {"name": "c"}, "spec": {}},
            'PersistentVolumeClaim "c" is invalid: [spec.accessModes: Required value: at least 1 access '
            "mode is required, "
            "spec.resources[storage]: Required value]",
        ),
        (
            ROUTES,
            {"metadata": {"name": "r"}, "spec": {"to": {"name": ""}, "tls": {"termination": "none"}}},
            'Route.route.openshift.io "r" is invalid: [spec.to.name: Required value, spec.tls.termination: '
            'Unsupported value: "none": supported values: "edge", "passthrough", "reencrypt"]',
        ),
        (
            DEPLOYMENTS,
            a_deployment(selector={"matchLabels": {"app": "y"}}),
            'Deployment.apps "d" is invalid: spec.template.metadata.labels: Invalid value: {"app":"x"}: '
            "`selector` does not match template `labels`",
        ),
        (
            "secrets",
            {"metadata": {"name": "s"}, "type": "kubernetes.io/tls", "data": {"a b": ""}},
            'Secret "s" is invalid: [data[a b]: Invalid value: "a b": a valid config key must consist of '
            "alphanumeric "
            "characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used "
            "for validation is "
            "'[-._a-zA-Z0-9]+'), data[tls.crt]: Required value, data[tls.key]: Required value]",
        ),
    ],
)
def test_all_problems_of_an_object_are_reported_together(resource: str, obj: Obj, text: str) -> None:
    refused = refusal(an_api(), resource, obj, DEVELOPER)
    assert (refused.code, refused.reason, refused.message) == (422, "Invalid", text)


@pytest.mark.parametrize(
    ("resource", "obj", "qualified"),
    [
        ("pods", a_pod("x"), 'pods "x"'),
        (ROUTES, {"metadata": {"name": "r"}, "spec": {"to": {"name": "s"}}}, f'{ROUTES} "r"'),
        (DEPLOYMENTS, a_deployment(), f'{DEPLOYMENTS} "d"'),
    ],
)
def test_a_second_object_of_the_same_name_is_refused(resource: str, obj: Obj, qualified: str) -> None:
    api = an_api()
    api.create(resource, obj, DEVELOPER)
    refused = refusal(api, resource, obj, DEVELOPER)
    assert (refused.code, refused.reason, refused.message) == (
        409,
        "AlreadyExists",
        f"{qualified} already exists",
    )


def test_a_dry_run_stores_nothing() -> None:
    api = an_api()
    made = api.create("pods", a_pod(), HUB, dry_run=True)
    assert made["metadata"]["uid"]
    assert api.store.list("pods") == []


def test_a_service_gets_a_cluster_ip_and_keeps_it() -> None:
    api = an_api()
    made = api.create(
        "services",
        {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}},
        HUB,
    )
    address = made["spec"]["clusterIP"]
    assert made["spec"] == {
        "ports": [{"protocol": "TCP", "port": 80, "targetPort": 80}],
        "selector": {"a": "b"},
        "clusterIP": address,
        "clusterIPs": [address],
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster",
    }
    changed = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 81}]}}
    assert api.update("services", changed, HUB)["spec"]["clusterIP"] == address


def test_an_image_stream_tag_is_resolved_only_where_the_stream_allows_it() -> None:
    api = an_api()
    item = {
        "created": "2026-01-01T00:00:00Z",
        "dockerImageReference": "q.io/a/b@sha256:1",
        "image": "sha256:1",
    }
    for name, local in (("yes", True), ("no", False)):
        api.create(STREAMS, {"metadata": {"name": name}, "spec": {"lookupPolicy": {"local": local}}}, HUB)
        api.store.modify(
            STREAMS, name, lambda stream: stream["status"].update(tags=[{"tag": "1", "items": [item]}])
        )
    containers = [
        {"name": f"c{number}", "image": image}
        for number, image in enumerate(("yes:1", "no:1", "q.io/yes:1", "yes:2"))
    ]
    pod = api.create("pods", {"metadata": {"name": "p"}, "spec": {"containers": containers}}, HUB)
    registry = "image-registry.openshift-image-registry.svc:5000/rec"
    assert [each["image"] for each in pod["spec"]["containers"]] == [
        "q.io/a/b@sha256:1",
        "no:1",
        "q.io/yes:1",
        f"{registry}/yes:2",
    ]
    annotated = a_deployment()
    annotated["metadata"]["annotations"] = {"alpha.image.policy.openshift.io/resolve-names": "*"}
    annotated["spec"]["template"]["spec"]["containers"][0]["image"] = "no:1"
    made = api.create(DEPLOYMENTS, annotated, HUB)
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == "q.io/a/b@sha256:1"


def test_the_pod_of_a_service_account_gets_its_token_and_its_pull_secrets() -> None:
    api = an_api()
    api.store.modify(
        "serviceaccounts", "jupyterhub", lambda account: account.update(imagePullSecrets=[{"name": "pull"}])
    )
    spec = api.create("pods", a_pod(serviceAccountName="jupyterhub"), HUB)["spec"]
    [volume] = spec["volumes"]
    assert volume["projected"]["sources"][0] == {
        "serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}
    }
    mount = {
        "name": volume["name"],
        "readOnly": True,
        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
    }
    assert spec["containers"][0]["volumeMounts"] == [mount]
    assert (spec["imagePullSecrets"], spec["serviceAccount"]) == ([{"name": "pull"}], "jupyterhub")


def test_an_update_of_an_old_resource_version_conflicts() -> None:
    api = an_api()
    old = api.create("configmaps", {"metadata": {"name": "c"}, "data": {"a": "1"}}, HUB)
    api.update("configmaps", {**old, "data": {"a": "2"}}, HUB)
    with pytest.raises(StatusError) as caught:
        api.update("configmaps", {**old, "data": {"a": "3"}}, HUB)
    text = "the object has been modified; please apply your changes to the latest version and try again"
    assert caught.value.message == f'Operation cannot be fulfilled on configmaps "c": {text}'
    assert caught.value.code == 409


def test_the_generation_counts_changes_of_the_spec_and_not_of_the_status() -> None:
    api = an_api()
    made = api.create(DEPLOYMENTS, a_deployment(), HUB)
    changed = api.update(
        DEPLOYMENTS, {**made, "spec": {**made["spec"], "replicas": 3}, "status": {"replicas": 9}}, HUB
    )
    assert (changed["metadata"]["generation"], changed["status"]) == (2, {})
    reported = {**changed, "spec": made["spec"], "status": {"replicas": 3}}
    status = api.update(DEPLOYMENTS, reported, ADMIN, subresource="status")
    assert (status["metadata"]["generation"], status["spec"]["replicas"], status["status"]) == (
        2,
        3,
        {"replicas": 3},
    )


@pytest.mark.parametrize(
    ("resource", "obj", "change", "text"),
    [
        (
            DEPLOYMENTS,
            a_deployment(),
            {"spec": {"selector": {"matchLabels": {"app": "x", "tier": "y"}}}},
            'spec.selector: Invalid value: {"matchLabels":{"app":"x","tier":"y"}}: field is immutable',
        ),
        (
            "secrets",
            {"metadata": {"name": "s"}},
            {"type": "other"},
            'type: Invalid value: "other": field is immutable',
        ),
        (
            "services",
            {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}},
            {"spec": {"clusterIP": "127.78.9.9"}},
            'spec.clusterIPs[0]: Invalid value: ["127.78.9.9"]: may not change once set',
        ),
    ],
)
def test_immutable_fields_cannot_change(resource: str, obj: Obj, change: Obj, text: str) -> None:
    api = an_api()
    name = api.create(resource, obj, ADMIN)["metadata"]["name"]
    with pytest.raises(StatusError) as caught:
        api.patch(resource, name, MERGE, change, ADMIN)
    assert text in caught.value.message


def test_only_the_image_of_a_pods_spec_may_change() -> None:
    api = an_api()
    api.create("pods", a_pod(), HUB)
    api.patch("pods", "x", STRATEGIC, {"spec": {"containers": [{"name": "main", "image": "busybox:2"}]}}, HUB)
    with pytest.raises(StatusError) as caught:
        api.patch("pods", "x", STRATEGIC, {"spec": {"containers": [{"name": "main", "command": ["x"]}]}}, HUB)
    assert caught.value.message.startswith(
        'Pod "x" is invalid: spec: Forbidden: pod updates may not change fields other than '
        "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
        "`spec.tolerations` (only additions to existing tolerations),"
        "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
    )


def test_merge_json_and_strategic_merge_patches_are_applied() -> None:
    api = an_api()
    api.create(
        "configmaps", {"metadata": {"name": "c", "labels": {"a": "1"}}, "data": {"x": "1", "y": "2"}}, HUB
    )
    api.patch("configmaps", "c", MERGE, {"data": {"x": None, "z": "3"}}, HUB)
    operations = [
        {"op": "test", "path": "/data/y", "value": "2"},
        {"op": "add", "path": "/metadata/labels/b~1c", "value": "2"},
        {"op": "move", "from": "/data/y", "path": "/data/w"},
    ]
    done = api.patch("configmaps", "c", JSON_PATCH, operations, HUB)
    assert (done["data"], done["metadata"]["labels"]) == ({"w": "2", "z": "3"}, {"a": "1", "b/c": "2"})
    with pytest.raises(StatusError) as caught:
        api.patch("configmaps", "c", JSON_PATCH, [{"op": "remove", "path": "/data/none"}], HUB)
    assert caught.value.code == 422


def test_a_strategic_merge_patch_merges_lists_by_their_keys() -> None:
    api = an_api()
    first = {"name": "main", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    deployment = a_deployment()
    deployment["spec"]["template"]["spec"] = a_pod(container=first)["spec"]
    api.create(DEPLOYMENTS, deployment, HUB)
    containers = [
        {"name": "main", "env": [{"name": "A", "$patch": "delete"}, {"name": "C", "value": "3"}]},
        {"name": "second", "image": "i"},
    ]
    patch = {
        "spec": {
            "strategy": {"$retainKeys": ["type"], "type": "Recreate"},
            "template": {"spec": {"containers": containers}},
        }
    }
    spec = api.patch(DEPLOYMENTS, "d", STRATEGIC, patch, HUB)["spec"]
    assert spec["strategy"] == {"type": "Recreate"}
    assert [each["name"] for each in spec["template"]["spec"]["containers"]] == ["main", "second"]
    env = [{"name": "B", "value": "2"}, {"name": "C", "value": "3"}]
    assert spec["template"]["spec"]["containers"][0]["env"] == env


def test_deleting_a_pod_waits_for_its_grace_period_only_on_a_node() -> None:
    api = an_api()
    for name in ("placed", "waiting"):
        api.create("pods", a_pod(name, terminationGracePeriodSeconds=20), HUB)
    api.store.modify("pods", "placed", lambda pod: pod["spec"].update(nodeName="n"))
    gone = api.delete("pods", "placed", HUB)
    assert gone["metadata"]["deletionGracePeriodSeconds"] == 20
    assert (
        api.delete("pods", "placed", HUB, {"gracePeriodSeconds": 5})["metadata"]["deletionGracePeriodSeconds"]
        == 5
    )
    api.delete("pods", "waiting", HUB)
    assert [pod["metadata"]["name"] for pod in api.store.list("pods")] == ["placed"]
    api.delete("pods", "placed", HUB, {"gracePeriodSeconds": 0})
    assert api.store.list("pods") == []


def test_an_object_stays_until_its_finalizer_is_removed() -> None:
    api = an_api()
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    api.create("persistentvolumeclaims", {"metadata": {"name": "c"}, "spec": spec}, HUB)
    assert api.delete("persistentvolumeclaims", "c", HUB)["metadata"]["deletionTimestamp"]
    api.patch("persistentvolumeclaims", "c", MERGE, {"metadata": {"finalizers": None}}, ADMIN)
    assert api.store.list("persistentvolumeclaims") == []


def test_a_delete_with_another_uid_conflicts() -> None:
    api = an_api()
    made = api.create("configmaps", {"metadata": {"name": "c"}}, HUB)
    with pytest.raises(StatusError) as caught:
        api.delete("configmaps", "c", HUB, {"preconditions": {"uid": "other"}})
    uid = made["metadata"]["uid"]
    assert caught.value.message == (
        f'Operation cannot be fulfilled on ConfigMap "c": the UID in the precondition (other) does not match '
        f"the UID in record ({uid}). The object might have been deleted and then recreated"
    )


def test_a_deployment_config_gets_openshifts_defaults() -> None:
    template = {"metadata": {"labels": {"app": "x"}}, "spec": a_pod()["spec"]}
    made = an_api().create(CONFIGS, {"metadata": {"name": "d"}, "spec": {"template": template}}, DEVELOPER)
    assert {key: value for key, value in made["spec"].items() if key != "template"} == {
        "strategy": {
            "type": "Rolling",
            "rollingParams": {
                "updatePeriodSeconds": 1,
                "intervalSeconds": 1,
                "timeoutSeconds": 600,
                "maxUnavailable": "25%",
                "maxSurge": "25%",
            },
            "resources": {},
            "activeDeadlineSeconds": 21600,
        },
        "triggers": [{"type": "ConfigChange"}],
        "replicas": 0,
        "revisionHistoryLimit": 10,
        "test": False,
        "selector": {"app": "x"},
    }


def test_a_node_port_is_allocated_and_kept() -> None:
    api = an_api()
    service = {"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}
    made = api.create("services", service, HUB)
    assert (made["spec"]["ports"][0]["nodePort"], made["spec"]["externalTrafficPolicy"]) == (30000, "Cluster")
    updated = api.update("services", service, HUB)
    assert updated["spec"]["ports"][0]["nodePort"] == 30000
    other = {"metadata": {"name": "t"}, "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]}}
    assert refusal(api, "services", other).message == (
        'Service "t" is invalid: spec.ports[0].nodePort: Invalid value: 80: '
        "provided port is not in the valid range. The range of valid ports is 30000-32767"
    )
