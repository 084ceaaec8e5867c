"""What a configuration file or a profile adds to a pod stays beside what the hub needs."""

import pytest
from kubernetes_asyncio.client import ApiClient, V1Container, V1ObjectMeta, V1Pod, V1PodSpec

from jupyterhub_openshift.spawner.home_volume import HomeTaken
from jupyterhub_openshift.spawner.spawn_failures import SpawnRefused

from .pods import manifest, requested

HOME = {"name": "home", "persistentVolumeClaim": {"claimName": "jupyterhub-nb-alice"}}
HOME_MOUNT = {"name": "home", "mountPath": "/opt/app-root/src"}
SHARED = {"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}
SHARED_MOUNT = {"name": "shared", "mountPath": "/opt/app-root/src/shared"}


def with_volume(spawner_of):
    return spawner_of("alice", volume_size="1Gi", authenticator="github")


@pytest.mark.parametrize(
    "settings",
    [
        {"volumes": [SHARED], "volume_mounts": [SHARED_MOUNT]},
        {"volumes": {"a": SHARED}, "volume_mounts": {"a": SHARED_MOUNT}},
        {
            "extra_pod_config": {"volumes": [SHARED]},
            "extra_container_config": {"volumeMounts": [SHARED_MOUNT]},
        },
    ],
    ids=["lists", "dicts", "extra config"],
)
@pytest.mark.parametrize("place", ["file", "profile"])
async def test_the_home_volume_stays_beside_other_volumes(spawner_of, settings, place):
    spawner = with_volume(spawner_of)
    if place == "file":
        for name, value in settings.items():
            setattr(spawner, name, value)
    else:
        spawner.profile_list = [{"display_name": "A", "kubespawner_override": settings}]
        await spawner.load_user_options()
    spec = (await manifest(spawner))["spec"]
    assert spec["volumes"] == [HOME, SHARED]
    assert spec["containers"][0]["volumeMounts"] == [HOME_MOUNT, SHARED_MOUNT]
    assert spec["initContainers"][0]["volumeMounts"] == [{"name": "home", "mountPath": "/mnt/volume"}]


async def test_the_home_volume_is_mounted_once_where_a_file_mounts_it_too(spawner_of):
    """As earlier versions of this hub needed it, and as KubeSpawner's documentation shows it."""
    spawner = with_volume(spawner_of)
    spawner.volumes = [{"name": "volume-{user_server}", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}]
    spawner.volume_mounts = [{"name": "volume-{user_server}", "mountPath": "/opt/app-root/src/"}]
    spec = (await manifest(spawner))["spec"]
    assert spec["volumes"] == [HOME | {"name": "volume-alice"}]
    assert spec["containers"][0]["volumeMounts"] == [
        {"name": "volume-alice", "mountPath": "/opt/app-root/src/"}
    ]


async def test_the_home_volume_avoids_a_name_that_a_file_uses(spawner_of):
    spawner = with_volume(spawner_of)
    spawner.volumes = [{"name": "home", "emptyDir": {}}]
    spawner.volume_mounts = [{"name": "home", "mountPath": "/scratch"}]
    spec = (await manifest(spawner))["spec"]
    assert spec["volumes"] == [HOME | {"name": "user-home"}, {"name": "home", "emptyDir": {}}]
    assert spec["containers"][0]["volumeMounts"][0] == HOME_MOUNT | {"name": "user-home"}


async def test_another_volume_at_the_home_is_refused(spawner_of):
    spawner = with_volume(spawner_of)
    spawner.volumes, spawner.volume_mounts = [SHARED], [SHARED_MOUNT | {"mountPath": "/opt/app-root/src"}]
    with pytest.raises(HomeTaken) as refusal:
        await manifest(spawner)
    assert str(refusal.value) == (
        "mounts the volume shared at /opt/app-root/src, which is the place of each user's own volume. "
        "Mount it elsewhere, or turn the users' volumes off: c.OpenShiftSpawner.home_volume = False."
    )


@pytest.mark.parametrize("place", ["file", "profile"])
async def test_one_setting_leaves_the_home_volume_out(spawner_of, place):
    spawner = with_volume(spawner_of)
    spawner.volumes, spawner.volume_mounts = [SHARED], [SHARED_MOUNT | {"mountPath": "/opt/app-root/src"}]
    if place == "file":
        spawner.home_volume = False
    else:
        spawner.profile_list = [{"display_name": "A", "kubespawner_override": {"home_volume": False}}]
        await spawner.load_user_options()
    assert (await manifest(spawner))["spec"]["volumes"] == [SHARED]


def other_volumes(_, pod):
    pod.spec.volumes, pod.spec.containers[0].volume_mounts = [SHARED], [SHARED_MOUNT]
    pod.spec.init_containers = []
    return pod


def other_labels(_, pod):
    pod.metadata.labels = {"team": "physics", "app": "physics", "component": "lab"}
    return pod


async def another_pod(spawner, pod):
    """Written from scratch, with a container before the server's."""
    name, image = pod.metadata.name, pod.spec.containers[0].image
    containers = [V1Container(name="sidecar", image=image), V1Container(name="notebook", image=image)]
    return V1Pod(metadata=V1ObjectMeta(name=name), spec=V1PodSpec(containers=containers, volumes=[SHARED]))


@pytest.mark.parametrize("hook", [other_volumes, other_labels, another_pod])
async def test_what_the_hub_needs_stays_in_a_pod_that_a_hook_changes(spawner_of, api, recorded, hook):
    spawner = with_volume(spawner_of)
    spawner.modify_pod_hook = hook
    pod = await requested(spawner, api, recorded)
    labels, spec = pod["metadata"]["labels"], pod["spec"]
    notebook = spec["containers"][-1]
    assert (labels["app"], labels["component"]) == ("jupyterhub", "singleuser-server")
    assert labels["hub.jupyter.org/username"] == "alice"
    assert labels.get("team") == ("physics" if hook is other_labels else None)
    assert spec["volumes"][0] == HOME
    assert notebook["volumeMounts"][0] == HOME_MOUNT
    assert [each["name"] for each in spec["initContainers"]] == ["setup-volume"]
    assert "JUPYTERHUB_API_TOKEN" in [entry["name"] for entry in notebook["env"]]


async def test_a_hook_that_changes_nothing_leaves_the_pod_as_it_was(spawner_of, api, recorded):
    """What the hub adds before the hook and after it is there once."""
    spawner = with_volume(spawner_of)
    spawner.sizes = {
        "GPU": {"gpu": 1, "tolerations": ["gpu=yes:NoSchedule"], "node_selector": {"gpu": "yes"}}
    }
    spawner.size = "GPU"
    seen = []
    spawner.modify_pod_hook = lambda _, pod: seen.append(ApiClient().sanitize_for_serialization(pod)) or pod
    assert await requested(spawner, api, recorded) == seen[0]


async def test_a_hook_before_the_start_cannot_lose_the_home_volume(spawner_of, api, recorded):
    def hook(spawner):
        spawner.volumes, spawner.volume_mounts = [SHARED], [SHARED_MOUNT]

    spawner = with_volume(spawner_of)
    spawner.pre_spawn_hook = hook
    await spawner.run_pre_spawn_hook()
    spec = (await requested(spawner, api, recorded))["spec"]
    assert spec["volumes"] == [HOME, SHARED]


async def test_a_hook_that_mounts_another_volume_at_the_home_is_explained(spawner_of, api, recorded, caplog):
    def hook(_, pod):
        pod.spec.volumes = [SHARED]
        pod.spec.containers[0].volume_mounts = [HOME_MOUNT | {"name": "shared"}]
        return pod

    spawner = with_volume(spawner_of)
    spawner.modify_pod_hook = hook
    api.answers["POST", "/api/v1/namespaces/rec/persistentvolumeclaims"] = (201, {})
    with pytest.raises(SpawnRefused) as refusal:
        await spawner.start()
    assert refusal.value.jupyterhub_message == (
        "The configuration of this hub mounts the volume shared at /opt/app-root/src, which is the place of "
        "each user's own volume. Mount it elsewhere, or turn the users' volumes off: "
        "c.OpenShiftSpawner.home_volume = False. Ask an administrator of this hub."
    )
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("place", ["file", "profile"])
async def test_a_file_cannot_change_the_label_that_network_policies_select(spawner_of, place):
    spawner = spawner_of("alice")
    if place == "file":
        spawner.component_label = "lab"
    else:
        override = {"component_label": "lab"}
        spawner.profile_list = [{"display_name": "A", "kubespawner_override": override}]
        await spawner.load_user_options()
    labels = (await manifest(spawner))["metadata"]["labels"]
    assert (labels["component"], labels["app.kubernetes.io/component"]) == ("singleuser-server", "lab")
    await spawner._start_watching_pods()
    assert spawner.pod_reflector.label_selector == "component=singleuser-server"


@pytest.mark.parametrize("setting", ["common_labels", "extra_labels"])
async def test_a_file_cannot_lose_the_label_that_selects_pods_and_volumes(spawner_of, setting):
    spawner = with_volume(spawner_of)
    setattr(spawner, setting, {"app": "physics", "component": "lab", "team": "physics"})
    expected = {"app": "jupyterhub", "component": "singleuser-server", "team": "physics"}
    labels = (await manifest(spawner))["metadata"]["labels"]
    assert {name: labels[name] for name in expected} == expected
    if setting == "common_labels":
        assert spawner.get_pvc_manifest().metadata.labels["app"] == "jupyterhub"


@pytest.mark.parametrize(
    "settings",
    [
        {"container_security_context": {"readOnlyRootFilesystem": True}},
        {"container_security_context": lambda spawner: {"readOnlyRootFilesystem": True}},
        {"extra_container_config": {"securityContext": {"readOnlyRootFilesystem": True}}},
    ],
    ids=["dict", "callable", "extra config"],
)
async def test_the_restricted_security_context_stays_beside_other_fields(spawner_of, settings):
    spawner = spawner_of("alice")
    for name, value in settings.items():
        setattr(spawner, name, value)
    context = (await manifest(spawner))["spec"]["containers"][0]["securityContext"]
    expected = {
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert {name: context[name] for name in expected} == expected


async def test_the_variables_of_jupyterhub_stay_beside_those_of_extra_container_config(spawner_of):
    spawner = spawner_of("alice")
    spawner.environment = {
        "GREETING": "hello",
        "TOKEN": {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    }
    spawner.extra_container_config = {"env": [{"name": "GREETING", "value": "good morning"}]}
    env = (await manifest(spawner))["spec"]["containers"][0]["env"]
    by_name = {entry["name"]: entry for entry in env}
    assert len(by_name) == len(env)
    assert by_name["GREETING"]["value"] == "good morning"
    assert by_name["JUPYTERHUB_API_TOKEN"]["value"] == "the-token-of-the-server"
    assert by_name["TOKEN"] == {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
