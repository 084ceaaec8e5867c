"""The spawner with recorded answers of the API; the tests of the sandbox start real servers."""

import asyncio
from copy import deepcopy
from datetime import datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes_asyncio.client import ApiClient

from jupyterhub_openshift.spawner.home_volume import SETUP
from jupyterhub_openshift.spawner.object_names import object_name
from jupyterhub_openshift.spawner.openshift_spawner import OpenShiftSpawner
from jupyterhub_openshift.spawner.spawn_failures import SpawnRefused, ignore_reported_failures

from .pods import DIGEST, PODS, STREAM, UUID, manifest

RULES = {"JUPYTERHUB_IDLE_TIMEOUT": "600", "JUPYTERHUB_CULL_WARNING": "300"}


async def test_the_environment_has_the_culling_rules_and_environment_overrides_them(spawner_of):
    spawner = spawner_of()
    assert not {*RULES, "JUPYTERHUB_STARTED"} & spawner.get_env().keys()
    spawner.culling = RULES
    spawner.orm_spawner.started = datetime(2026, 5, 4, 3, 2, 1)
    for environment in ({}, {"GREETING": "hello"}, {"JUPYTERHUB_IDLE_TIMEOUT": "60"}):
        spawner.environment = environment
        expected = {**RULES, "JUPYTERHUB_STARTED": "2026-05-04T03:02:01+00:00", **environment}
        assert {name: spawner.get_env()[name] for name in expected} == expected


async def test_the_pod_passes_restricted_v2_and_has_the_documented_labels(spawner_of):
    pod = await manifest(spawner_of(notebook_memory="512Mi", notebook_cpu="500m"))
    environment = {entry["name"]: entry["value"] for entry in pod["spec"]["containers"][0].pop("env")}
    annotations = pod["metadata"].pop("annotations")
    assert annotations["hub.jupyter.org/username"] == UUID
    assert environment["JUPYTERHUB_SERVICE_URL"] == "http://:8080/"
    assert pod == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"jupyterhub-nb-{UUID}",
            "labels": {
                "app": "jupyterhub",
                "component": "singleuser-server",
                "app.kubernetes.io/name": "jupyterhub",
                "app.kubernetes.io/instance": "jupyterhub",
                "app.kubernetes.io/part-of": "jupyterhub",
                "app.kubernetes.io/managed-by": "kubespawner",
                "app.kubernetes.io/component": "singleuser-server",
                "hub.jupyter.org/username": UUID,
                "hub.jupyter.org/servername": "",
            },
        },
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "imagePullSecrets": [],
            "restartPolicy": "OnFailure",
            "securityContext": {"fsGroup": 1000190000},
            "volumes": [],
            "containers": [
                {
                    "name": "notebook",
                    "image": f"127.0.0.1:5000/rec/minimal-notebook@{DIGEST}",
                    "args": ["/opt/app-root/bin/start-singleuser.sh"],
                    "envFrom": [{"secretRef": {"name": f"jupyterhub-user-{UUID}", "optional": True}}],
                    "lifecycle": {},
                    "ports": [{"name": "notebook-port", "containerPort": 8080}],
                    "resources": {
                        "limits": {"memory": 536870912, "cpu": 0.5},
                        "requests": {},
                    },
                    "securityContext": {
                        "runAsUser": 1000190000,
                        "runAsNonRoot": True,
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "volumeMounts": [],
                }
            ],
        },
    }


async def test_the_pod_has_no_secret_of_the_hub(spawner_of, monkeypatch):
    for name in ("JUPYTERHUB_DATABASE_PASSWORD", "JUPYTERHUB_COOKIE_SECRET", "CONFIGPROXY_AUTH_TOKEN"):
        monkeypatch.setenv(name, "a-secret-of-the-hub")
    assert "a-secret-of-the-hub" not in str(await manifest(spawner_of()))


async def test_a_users_claim_is_mounted_at_the_home_directory(spawner_of):
    spawner = spawner_of("alice", volume_size="1Gi", authenticator="github")
    claim = ApiClient().sanitize_for_serialization(spawner.get_pvc_manifest())
    assert (claim["metadata"]["name"], claim["metadata"]["labels"]["app"]) == (
        "jupyterhub-nb-alice",
        "jupyterhub",
    )
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    }
    pod = await manifest(spawner)
    assert pod["spec"]["volumes"] == [
        {"name": "home", "persistentVolumeClaim": {"claimName": "jupyterhub-nb-alice"}}
    ]
    assert pod["spec"]["containers"][0]["volumeMounts"] == [
        {"name": "home", "mountPath": "/opt/app-root/src"}
    ]


async def test_an_init_container_copies_the_images_files_into_the_volume(spawner_of):
    limits = {"notebook_memory": "512Mi", "notebook_memory_request": "256Mi"}
    pod = await manifest(spawner_of("alice", volume_size="1Gi", authenticator="github", **limits))
    (notebook,) = pod["spec"]["containers"]
    assert pod["spec"]["initContainers"] == [
        {
            "name": "setup-volume",
            "image": f"127.0.0.1:5000/rec/minimal-notebook@{DIGEST}",
            "command": ["/bin/sh", "-c", SETUP, "setup-volume", "/opt/app-root/src", "/mnt/volume", ""],
            "resources": {"limits": {"memory": 536870912}, "requests": {"memory": 268435456}},
            "securityContext": notebook["securityContext"],
            "volumeMounts": [{"name": "home", "mountPath": "/mnt/volume"}],
        }
    ]


async def test_a_volume_elsewhere_needs_no_init_container(spawner_of):
    spawner = spawner_of("alice")
    spawner.volumes = [{"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}]
    spawner.volume_mounts = [{"name": "shared", "mountPath": "/opt/app-root/src/shared"}]
    assert "initContainers" not in (await manifest(spawner))["spec"]


@pytest.mark.parametrize(
    ("user", "label"),
    [
        ("alice", "alice"),
        ("alice@example.org", "alice-example-org---7a64adf2"),
        ("Ünïcøde", "n-c-de---082e48c9"),
    ],
)
async def test_pods_and_claims_carry_the_label_of_their_user_for_cost_reports(spawner_of, user, label):
    """A name that is no valid label gets a hash; the annotation has the exact name."""
    spawner = spawner_of(user, "second", volume_size="1Gi", authenticator="github")
    pod = (await manifest(spawner))["metadata"]
    claim = ApiClient().sanitize_for_serialization(spawner.get_pvc_manifest())["metadata"]
    for metadata in (pod, claim):
        assert metadata["labels"]["hub.jupyter.org/username"] == label
        assert metadata["annotations"]["hub.jupyter.org/username"] == user
        assert metadata["labels"]["app"] == "jupyterhub"
    assert pod["labels"]["hub.jupyter.org/servername"] == "second"


async def test_kubespawners_own_settings_reach_the_pod(spawner_of):
    """The settings that users of the Helm chart know."""
    spawner = spawner_of("alice")
    spawner.extra_labels = {"team": "physics"}
    spawner.extra_annotations = {"note": "{username}"}
    spawner.volumes = [{"name": "home", "persistentVolumeClaim": {"claimName": "all-homes"}}]
    spawner.volume_mounts = [{"name": "home", "mountPath": "/home/all", "subPath": "{username}"}]
    spawner.init_containers = [{"name": "first", "image": "busybox", "command": ["true"]}]
    spawner.extra_containers = [{"name": "beside", "image": "busybox"}]
    spawner.lifecycle_hooks = {"preStop": {"exec": {"command": ["sync"]}}}
    spawner.node_selector = {"gpu": "yes"}
    toleration = {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}
    spawner.tolerations = [toleration]
    rule = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}
    spawner.node_affinity_preferred = [{"weight": 10, "preference": rule}]
    spawner.priority_class_name = "low"
    spawner.service_account = "reader"
    spawner.extra_pod_config = {"hostAliases": [{"ip": "10.1.1.1", "hostnames": ["data"]}]}
    pod = await manifest(spawner)
    spec, notebook = pod["spec"], pod["spec"]["containers"][0]
    assert pod["metadata"]["labels"]["team"] == "physics"
    assert pod["metadata"]["annotations"]["note"] == "alice"
    assert notebook["volumeMounts"] == [{"name": "home", "mountPath": "/home/all", "subPath": "alice"}]
    assert notebook["lifecycle"] == spawner.lifecycle_hooks
    assert {key: spec[key] for key in ("nodeSelector", "tolerations", "priorityClassName")} == {
        "nodeSelector": {"gpu": "yes"},
        "tolerations": [toleration],
        "priorityClassName": "low",
    }
    preferred = spec["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert preferred == [{"weight": 10, "preference": rule}]
    assert [each["name"] for each in spec["initContainers"] + spec["containers"]] == [
        "first",
        "notebook",
        "beside",
    ]
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == ("reader", False)
    assert spec["enableServiceLinks"] is False
    assert spec["hostAliases"] == [{"ip": "10.1.1.1", "hostnames": ["data"]}]


async def test_pod_names_are_made_by_object_name(spawner_of):
    @given(st.text(min_size=1), st.text())
    def follow(user, server):
        spawner.user.name, spawner.orm_spawner.name = user, server
        name = spawner._expand_user_properties(spawner.pod_name_template)
        assert name == object_name("jupyterhub-nb-", user, server)

    spawner = spawner_of()
    follow()


async def test_kubespawner_expands_other_templates_and_the_escape_scheme(spawner_of):
    spawner = spawner_of("alice@example.org", "second")
    expand = spawner._expand_user_properties
    assert expand("claim-{user_server}", "escape") == "claim-alice-40example-2eorg--second"
    assert expand("{username}-in-{servername}") == "alice-example-org---7a64adf2-in-second"


async def test_the_image_is_resolved_at_each_start(spawner_of, api):
    spawner = spawner_of()
    await spawner.get_pod_manifest()
    new = DIGEST.replace("9", "8")
    api.answers["GET", STREAM][1]["status"]["tags"][0]["items"].insert(
        0, {"dockerImageReference": f"registry/rec/minimal-notebook@{new}", "image": new}
    )
    pod = await manifest(spawner)
    assert pod["spec"]["containers"][0]["image"] == f"registry/rec/minimal-notebook@{new}"


@pytest.mark.parametrize("image", ["quay.io/jupyter/base-notebook:latest", "python:3.12"])
async def test_a_full_reference_and_an_image_on_plain_kubernetes_stay_unchanged(spawner_of, api, image):
    pod = await manifest(spawner_of(notebook_image=image))
    assert pod["spec"]["containers"][0]["image"] == image


async def start(spawner: OpenShiftSpawner) -> str:
    with pytest.raises(SpawnRefused) as refusal:
        await spawner.start()
    return refusal.value.jupyterhub_message


async def test_the_user_reads_that_the_image_stream_does_not_exist(spawner_of, api, recorded):
    api.answer(recorded["image stream not found"])
    assert await start(spawner_of(notebook_image="nosuch:1.0")) == (
        'The project rec has no image stream "nosuch". '
        "This command lists the image streams: oc get imagestreams"
    )


async def test_the_user_reads_why_the_pod_was_refused_and_the_log_has_no_token(
    spawner_of, api, recorded, caplog
):
    api.answers["POST", PODS] = (403, recorded["create pod over the quota"]["response"])
    assert (await start(spawner_of())).startswith(
        'The project\'s quota "compute" is used up: this server needs'
    )
    assert "the-token-of-the-server" in str(api.requests)
    assert "the-token-of-the-server" not in caplog.text


def created(api, recorded, status: dict | None = None) -> None:
    """Let the API create the requested pod, with this status."""
    record = deepcopy(recorded["get pod whose image cannot be pulled"]["response"])
    if status:
        record["status"] |= status

    def create(body):
        record["metadata"] |= {"name": body["metadata"]["name"], "namespace": "rec"}
        record["spec"] = body["spec"]
        pods = {"metadata": {"resourceVersion": "2"}, "items": [record]}
        api.answers["GET", PODS] = (200, pods)
        return 201, record

    api.answers["POST", PODS] = create


def container(state: dict, **fields: object) -> dict:
    """The status of the notebook container in this state."""
    return {
        "name": "notebook",
        "image": "nosuch-notebook:1.0",
        "imageID": "",
        "restartCount": 0,
        "state": state,
        "ready": False,
        **fields,
    }


COMMAND = f"For administrators: oc get events --field-selector involvedObject.name=jupyterhub-nb-{UUID}"
LOG = f"{PODS}/jupyterhub-nb-{UUID}/log"


async def test_an_image_that_cannot_be_pulled_ends_the_start(spawner_of, api, recorded):
    waiting = {
        "reason": "ImagePullBackOff",
        "message": 'Back-off pulling image "nosuch-notebook:1.0": not found',
    }
    created(api, recorded, {"containerStatuses": [container({"waiting": waiting})]})
    spawner = spawner_of()
    assert await start(spawner) == (
        'The image "nosuch-notebook:1.0" does not exist in its registry. Ask an administrator of this hub.'
        f"\n\n{COMMAND}"
    )
    assert spawner.failure.reason == "image-not-found"


async def test_a_program_that_ends_is_explained_with_its_last_log_lines_and_without_its_token(
    spawner_of, api, recorded, caplog
):
    ended = {"terminated": {"exitCode": 3, "reason": "Error"}}
    restarted = container(ended, restartCount=1, lastState=ended)
    status = {"phase": "Running", "podIP": "127.0.0.1", "containerStatuses": [restarted]}
    created(api, recorded, status)
    api.answers["GET", LOG] = (200, "cannot import notebook\nwith the-token-of-the-server\n")
    assert await start(spawner_of()) == (
        "Your server's program ended with exit code 3 before your server was ready. "
        "Ask an administrator of this hub.\n\nThe last lines of its log:\n\n"
        f"    cannot import notebook\n    with ...\n\n{COMMAND}"
    )
    assert "program-exit: exit code 3, reason Error\n    cannot import notebook" in caplog.text
    assert "the-token-of-the-server" not in caplog.text


async def test_a_log_that_cannot_be_read_leaves_the_reason(spawner_of, api, recorded):
    ended = {"terminated": {"exitCode": 3, "reason": "Error"}}
    created(api, recorded, {"containerStatuses": [container(ended, restartCount=1)]})
    api.answers["GET", LOG] = (403, {"message": "pods/log is forbidden"})
    assert await start(spawner_of()) == (
        "Your server's program ended with exit code 3 before your server was ready. "
        f"Ask an administrator of this hub.\n\n{COMMAND}"
    )


async def test_a_claim_whose_storage_class_does_not_exist_ends_the_start(spawner_of, api, recorded):
    message = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    created(api, recorded, {"conditions": [unscheduled], "containerStatuses": None})
    claims = "/api/v1/namespaces/rec/persistentvolumeclaims"
    claim = {"metadata": {"name": "jupyterhub-nb-alice"}, "status": {"phase": "Pending"}}
    api.answers["POST", claims] = (201, claim)
    api.answers["GET", f"{claims}/jupyterhub-nb-alice"] = (200, claim)
    event = {
        "metadata": {"name": "e", "namespace": "rec", "uid": "e"},
        "involvedObject": {"kind": "PersistentVolumeClaim", "name": "jupyterhub-nb-alice"},
        "reason": "ProvisioningFailed",
        "message": 'storageclass.storage.k8s.io "nosuch" not found',
        "type": "Warning",
        "lastTimestamp": "2026-11-27T01:17:29Z",
        "eventTime": None,
    }
    events = {"metadata": {"resourceVersion": "1"}, "items": [event]}
    api.answers["GET", "/api/v1/namespaces/rec/events"] = (200, events)
    assert await start(spawner_of("alice", volume_size="1Gi", authenticator="github")) == (
        'The storage class "nosuch" of your volume does not exist. Ask an administrator of this hub.'
        "\n\nFor administrators: oc describe pvc jupyterhub-nb-alice"
    )


async def test_an_unschedulable_pod_is_explained_before_jupyterhubs_own_timeout(spawner_of, api, recorded):
    message = "0/3 nodes are available: 3 Insufficient memory."
    unscheduled = {"type": "PodScheduled", "status": "False", "message": message}
    created(api, recorded, {"conditions": [unscheduled], "containerStatuses": None})
    spawner = spawner_of()
    spawner.start_timeout = 2
    assert await start(spawner) == (
        "Your server did not start within 2 seconds. No node of the cluster can run your server: "
        f"3 nodes have too little memory. Ask an administrator of this hub.\n\n{COMMAND}"
    )


async def test_a_pod_that_is_deleted_ends_the_start(spawner_of, api, recorded):
    created(api, recorded, {"containerStatuses": None})
    spawner = spawner_of()
    starting = spawner.start()
    await asyncio.sleep(2)  # the spawner has seen it
    api.answers["GET", PODS] = (200, {"metadata": {"resourceVersion": "3"}, "items": []})
    with pytest.raises(SpawnRefused, match="The pod of your server was deleted while it started"):
        await starting


async def test_a_server_that_does_not_answer_is_explained_with_its_last_log_lines(spawner_of, api, recorded):
    running = container({"running": {"startedAt": "2026-11-27T01:17:29Z"}}, ready=True)
    status = {"phase": "Running", "podIP": "127.0.0.1", "containerStatuses": [running]}
    created(api, recorded, status)
    api.answers["GET", LOG] = (200, "sleeping\n")
    spawner = spawner_of()
    spawner.port = 1  # where nothing listens
    spawner.http_timeout = 1
    spawner.orm_spawner.server = SimpleNamespace()
    spawner._server = SimpleNamespace(base_url="/user/x/", orm_server=spawner.orm_spawner.server)
    assert await start(spawner) == (
        "Your server runs, but did not answer within 1 seconds. Its start command may not start a notebook "
        "server. Ask an administrator of this hub.\n\nThe last lines of its log:\n\n    sleeping"
        f"\n\n{COMMAND}"
    )


async def test_an_error_in_a_hook_of_the_configuration_is_no_failure_of_the_hub(spawner_of, caplog):
    def hook(*_: object) -> None:
        raise KeyError("team")

    spawner = spawner_of()
    spawner.modify_pod_hook = hook
    message = (
        "The configuration of this hub failed while it prepared your server (start: KeyError). "
        "Ask an administrator of this hub, who finds more in its log."
    )
    assert await start(spawner) == message
    place = f"{__file__}, line {hook.__code__.co_firstlineno + 1}, in hook"
    assert f"cannot start, start: KeyError: 'team'\n    {place}" in caplog.text
    assert "Traceback" not in caplog.text
    spawner.pre_spawn_hook = hook
    with pytest.raises(SpawnRefused, match=r"\(pre_spawn_hook: KeyError\)"):
        await spawner.run_pre_spawn_hook()


async def test_a_placeholder_that_does_not_exist_is_named(spawner_of, caplog):
    spawner = spawner_of()
    spawner.extra_annotations = {"contact": "{usernam}@example.org"}
    assert await start(spawner) == (
        "The configuration of this hub has the placeholder {usernam}, which does not exist. "
        "Did you mean {username}? Ask an administrator of this hub."
    )
    assert "Traceback" not in caplog.text


async def test_a_failure_that_nobody_waits_for_is_not_logged_as_an_error_of_asyncio(caplog):
    """JupyterHub redirects the browser and forgets its task; other errors are still logged."""
    loop = asyncio.get_running_loop()
    ignore_reported_failures(loop)
    for error in (SpawnRefused("explained", reason="timeout"), ValueError("unknown")):
        loop.call_exception_handler({"message": "Task exception was never retrieved", "exception": error})
    loop.set_exception_handler(None)
    assert ("explained" in caplog.text, "unknown" in caplog.text) == (False, True)


async def test_the_progress_ends_with_the_failure(spawner_of, api, recorded):
    waiting = {"reason": "ErrImagePull", "message": "not found"}
    created(api, recorded, {"containerStatuses": [container({"waiting": waiting})]})
    spawner = spawner_of()
    starting = spawner.start()
    steps = [event async for event in spawner.progress()]
    with pytest.raises(SpawnRefused):
        await starting
    assert steps[0]["message"] == "Your server is queued."
    assert steps[-1] == {"progress": 100, "failed": True, "message": spawner.failure.jupyterhub_message}


@pytest.mark.parametrize(
    ("address", "url"),
    [("10.128.0.7", "http://10.128.0.7:8080"), ("fd01:0:0:1::5", "http://[fd01:0:0:1::5]:8080")],
)
async def test_a_pod_is_reached_at_either_kind_of_address(spawner_of, address, url):
    notebook = {"name": "notebook", "ports": [{"name": "notebook-port", "containerPort": 8080}]}
    pod = {"metadata": {"name": "x"}, "spec": {"containers": [notebook]}, "status": {"podIP": address}}
    assert spawner_of()._get_pod_url(pod) == url


async def test_an_earlier_pod_with_the_same_name_is_ignored(spawner_of, api, recorded):
    """The image of the earlier pod could not be pulled; the new pod does not exist yet."""
    old = deepcopy(recorded["get pod whose image cannot be pulled"]["response"])
    old["metadata"] |= {"name": f"jupyterhub-nb-{UUID}", "uid": "of-the-old-one"}
    old["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "ImagePullBackOff"}}
    api.answers["GET", PODS] = (200, {"metadata": {"resourceVersion": "1"}, "items": [old]})
    spawner = spawner_of()
    await spawner._start_watching_pods()
    assert spawner._created_pod() is None


async def test_creating_the_pod_is_retried_when_the_api_is_overloaded(spawner_of, api, recorded):
    created(api, recorded)
    create = api.answers["POST", PODS]
    answers = [(429, {"message": "too many requests"}), (503, "unavailable")]
    api.answers["POST", PODS] = lambda body: answers.pop(0) if answers else create(body)
    spawner = spawner_of()
    starting = spawner.start()
    for _ in range(400):
        if spawner._created_uid:
            break
        await asyncio.sleep(0.05)
    starting.cancel()
    assert [request[0] for request in api.requests].count("POST") == 3
