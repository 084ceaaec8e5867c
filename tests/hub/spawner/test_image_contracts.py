"""The metadata of an image decides how its server starts, and where the user's volume is mounted."""

import re
from copy import deepcopy

import pytest

from jupyterhub_openshift.spawner import image_streams
from jupyterhub_openshift.spawner.image_contracts import CONTRACTS, LABEL, ImageConfig, contract_of
from jupyterhub_openshift.spawner.spawn_failures import SpawnRefused, refuse_other_version
from tests.paths import CHECKOUT

from .pods import STREAM, manifest

TAG = f"{STREAM.replace('imagestreams', 'imagestreamtags')}:3.12"
MINIMAL = {
    "Entrypoint": ["container-entrypoint"],
    "Cmd": ["/usr/libexec/s2i/run"],
    "Env": ["HOME=/opt/app-root/src", "NOTEBOOK_JUPYTERHUB_VERSION=6.1.1"],
}
# As `skopeo inspect --config` shows them.
DOCKER_STACKS = {
    "Entrypoint": ["tini", "-g", "--", "start.sh"],
    "Cmd": ["start-notebook.py"],
    "Env": ["NB_USER=jovyan", "NB_UID=1000", "NB_GID=100", "HOME=/home/jovyan", "CONDA_DIR=/opt/conda"],
    "WorkingDir": "/home/jovyan",
}
OLD_DOCKER_STACKS = {**DOCKER_STACKS, "Entrypoint": ["tini", "-g", "--"], "Cmd": ["start-notebook.sh"]}
ZERO_TO_JUPYTERHUB = {
    "Entrypoint": ["tini", "--"],
    "Cmd": ["jupyterhub-singleuser"],
    "Env": ["NB_USER=jovyan", "HOME=/home/jovyan"],
    "WorkingDir": "/home/jovyan",
}
WORKBENCH = {
    "Entrypoint": ["start-notebook.sh"],
    "Env": ["APP_ROOT=/opt/app-root", "HOME=/opt/app-root/src"],
    "WorkingDir": "/opt/app-root/src",
}
WITH_JUPYTERHUB = {**WORKBENCH, "Entrypoint": ["jupyterhub-singleuser"]}
NEW_BUILD = (
    "oc new-build --name workbench-jupyterhub --dockerfile $'FROM workbench:2026"
    """\\nRUN pip install "jupyterhub==6.*"\\nENTRYPOINT ["jupyterhub-singleuser"]'"""
)
SHELL = {"Entrypoint": ["/usr/bin/nvidia"], "Cmd": ["/bin/sh"], "WorkingDir": "/"}


def config(docker, **labels):
    image = {"dockerImageMetadata": {"Config": {**docker, "Labels": labels}}}
    return ImageConfig.of_image(image)


@pytest.mark.parametrize(
    ("docker", "name", "home", "start"),
    [
        (MINIMAL, "minimal-notebook", "/opt/app-root/src", "/opt/app-root/bin/start-singleuser.sh"),
        (DOCKER_STACKS, "docker-stacks", "/home/jovyan", "start-singleuser.py"),
        ({**DOCKER_STACKS, "Cmd": ["bash"]}, "docker-stacks", "/home/jovyan", "start-singleuser.py"),
        (OLD_DOCKER_STACKS, "docker-stacks", "/home/jovyan", "start-singleuser.sh"),
        (ZERO_TO_JUPYTERHUB, "jupyterhub-singleuser", "/home/jovyan", "jupyterhub-singleuser"),
        (WITH_JUPYTERHUB, "jupyterhub-singleuser", "/opt/app-root/src", "jupyterhub-singleuser"),
    ],
)
def test_the_signs_of_an_image_choose_its_contract(docker, name, home, start):
    contract = contract_of(config(docker), "notebook:1")
    assert (contract.name, contract.home, contract.start) == (name, home, (start,))


def test_a_custom_image_without_our_variable_is_known_by_its_scripts():
    scripts = {"io.openshift.s2i.scripts-url": "image:///opt/app-root/builder"}
    assert contract_of(config({"Cmd": ["/bin/sh"]}, **scripts), "a:1").name == "minimal-notebook"


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_label_or_annotation_names_the_contract_of_any_image(name):
    assert contract_of(config(SHELL, **{LABEL: name}), "a:1").name == name
    assert contract_of(config(MINIMAL), "a:1", name).name == name


@pytest.mark.parametrize(
    ("home", "directory", "expected"),
    [
        ("/home/a", "/app", "/home/a"),
        ("/root", "/app", "/app"),
        ("", "/", "/home/jovyan"),
    ],
)
def test_the_home_of_jupyterhub_singleuser_is_a_folder_of_its_own(home, directory, expected):
    docker = {"Cmd": ["sh", "-c", "jupyterhub-singleuser --debug"], "Env": [f"HOME={home}"]}
    assert contract_of(config({**docker, "WorkingDir": directory}), "a:1").home == expected


def test_an_image_without_signs_is_refused_with_what_to_do():
    with pytest.raises(SpawnRefused) as refusal:
        contract_of(config(SHELL), "cuda:12")
    assert refusal.value.jupyterhub_message == (
        'The image "cuda:12" does not show how it starts a server of JupyterHub: it runs '
        "/usr/bin/nvidia /bin/sh. "
        "If it contains jupyterhub-singleuser, an administrator of this hub can say so: "
        "oc annotate imagestream cuda hub.jupyter.org/image-contract=jupyterhub-singleuser. "
        "If not, build your own on minimal-notebook: oc new-app --template notebook-builder"
    )


def test_a_workbench_without_jupyterhub_is_refused_with_the_command_that_adds_it():
    with pytest.raises(SpawnRefused) as refusal:
        contract_of(config(WORKBENCH), "workbench:2026")
    assert refusal.value.jupyterhub_message == (
        'The image "workbench:2026" is a workbench of Open Data Hub, which lacks the package jupyterhub. '
        f"This command builds an image with it: {NEW_BUILD}"
    )
    assert NEW_BUILD in (CHECKOUT / "docs/how-to/other-images.md").read_text()


def test_the_documentation_has_a_row_for_each_contract():
    page = (CHECKOUT / "docs/how-to/other-images.md").read_text()
    assert re.findall("(?m)^[|] `(.+?)` [|]", page) == [*CONTRACTS]


def test_a_contract_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(SpawnRefused) as refusal:
        contract_of(config(SHELL), "cuda:12", "docker")
    assert refusal.value.jupyterhub_message == (
        'The image "cuda:12" has the contract "docker", which does not exist. hub.jupyter.org/image-contract '
        "is one of: minimal-notebook, docker-stacks, jupyterhub-singleuser."
    )


@pytest.fixture
def tagged(api, recorded, spawner_of, monkeypatch):
    """Make a spawner whose image stream tag has an image with this metadata."""
    monkeypatch.setattr(image_streams, "_configs", {})

    def make(docker, **values):
        api.answer(recorded["image stream"])
        answer = deepcopy(recorded["image stream tag"])
        answer["response"]["image"]["dockerImageMetadata"]["Config"] = docker
        api.answer(answer)
        return spawner_of("alice", **values)

    return make


async def test_a_pod_of_docker_stacks_keeps_the_entrypoint_and_joins_the_group_of_its_files(tagged):
    spec = (await manifest(tagged(DOCKER_STACKS, volume_size="1Gi", authenticator="github")))["spec"]
    (notebook,) = spec["containers"]
    assert notebook["args"] == ["start-singleuser.py"]
    assert "command" not in notebook
    assert notebook["volumeMounts"] == [{"name": "home", "mountPath": "/home/jovyan"}]
    assert spec["securityContext"]["supplementalGroups"] == [100]
    assert spec["initContainers"][0]["command"][-3:] == ["/home/jovyan", "/mnt/volume", "docker-stacks"]


async def test_a_pod_of_jupyterhub_singleuser_has_a_writable_home_without_a_volume(tagged):
    spec = (await manifest(tagged(WITH_JUPYTERHUB)))["spec"]
    (notebook,) = spec["containers"]
    assert notebook["command"] == ["jupyterhub-singleuser"]
    assert "args" not in notebook
    assert notebook["workingDir"] == "/opt/app-root/src"
    assert {"name": "HOME", "value": "/opt/app-root/src"} in notebook["env"]
    assert spec["volumes"] == [{"name": "home", "emptyDir": {}}]
    assert spec["initContainers"][0]["command"][-3:] == [
        "/opt/app-root/src",
        "/mnt/volume",
        "jupyterhub-singleuser",
    ]


async def test_the_arguments_of_a_configuration_file_are_passed_on(tagged):
    for docker, words in ((MINIMAL, "args"), (WITH_JUPYTERHUB, "command")):
        image_streams._configs.clear()
        spawner = tagged(docker)
        spawner.args = ["--debug"]
        assert (await manifest(spawner))["spec"]["containers"][0][words][1:] == ["--debug"]


async def test_the_command_of_a_configuration_file_takes_precedence(tagged):
    for docker, home in ((DOCKER_STACKS, "/home/jovyan"), (SHELL, "/opt/app-root/src")):
        image_streams._configs.clear()
        spawner = tagged(docker, volume_size="1Gi", authenticator="github")
        spawner.cmd = ["my-start", "--now"]
        (notebook,) = (await manifest(spawner))["spec"]["containers"]
        assert notebook["args"] == ["my-start", "--now"]
        assert notebook["volumeMounts"][0]["mountPath"] == home
        assert spawner.cmd == ["my-start", "--now"]


async def test_groups_of_a_configuration_file_stay(tagged):
    spawner = tagged(DOCKER_STACKS)
    spawner.supplemental_gids = [3000]
    assert (await manifest(spawner))["spec"]["securityContext"]["supplementalGroups"] == [3000, 100]
    spawner.extra_pod_config = {"securityContext": {"fsGroupChangePolicy": "OnRootMismatch"}}
    context = (await manifest(spawner))["spec"]["securityContext"]
    assert (context["supplementalGroups"], context["fsGroupChangePolicy"]) == ([100], "OnRootMismatch")


async def test_an_annotation_of_the_tag_goes_before_the_one_of_the_stream(api, tagged):
    spawner = tagged(SHELL)
    stream = api.answers["GET", STREAM][1]
    stream["metadata"]["annotations"] = {LABEL: "jupyterhub-singleuser"}
    (notebook,) = (await manifest(spawner))["spec"]["containers"]
    assert notebook["command"] == ["jupyterhub-singleuser"]
    stream["spec"]["tags"][0]["annotations"] = {LABEL: "docker-stacks"}
    (notebook,) = (await manifest(spawner))["spec"]["containers"]
    assert notebook["args"] == ["start-singleuser.py"]


async def test_the_metadata_of_a_digest_is_read_once(api, tagged):
    spawner = tagged(DOCKER_STACKS)
    for _ in range(2):
        await manifest(spawner)
    assert [path for _, path, _ in api.requests].count(TAG) == 1
    newer = "sha256:" + "0" * 64
    api.answers["GET", STREAM][1]["status"]["tags"][0]["items"][0]["image"] = newer
    api.answers["GET", TAG][1]["image"]["metadata"]["name"] = newer
    api.answers["GET", TAG][1]["image"]["dockerImageMetadata"]["Config"] = MINIMAL
    (notebook,) = (await manifest(spawner))["spec"]["containers"]
    assert notebook["args"] == ["/opt/app-root/bin/start-singleuser.sh"]


@pytest.mark.parametrize("status", [403, 404])
async def test_an_image_whose_metadata_may_not_be_read_starts_like_minimal_notebook(api, tagged, status):
    spawner = tagged(DOCKER_STACKS)
    api.answers["GET", TAG] = (status, {"message": "no"})
    (notebook,) = (await manifest(spawner))["spec"]["containers"]
    assert notebook["args"] == ["/opt/app-root/bin/start-singleuser.sh"]


async def test_one_setting_names_the_contract_of_images_outside_of_image_streams(spawner_of):
    spawner = spawner_of("alice")
    spawner.image = "quay.io/jupyter/base-notebook:latest"
    (notebook,) = (await manifest(spawner))["spec"]["containers"]
    assert notebook["args"] == ["/opt/app-root/bin/start-singleuser.sh"]
    spawner.image_contract = "docker-stacks"
    (notebook,) = (await manifest(spawner))["spec"]["containers"]
    assert notebook["args"] == ["start-singleuser.py"]


def test_a_server_with_another_major_version_of_jupyterhub_is_refused():
    for version in (None, "6.0.0", "6.9.0rc1"):
        refuse_other_version(version, "6.1.1")
    with pytest.raises(SpawnRefused) as refusal:
        refuse_other_version("5.4.1", "6.1.1")
    assert refusal.value.jupyterhub_message == (
        "The notebook image has JupyterHub 5.4.1 and the hub has 6.1.1, which do not work together. "
        "Choose another image, or ask an administrator of this hub for one with JupyterHub 6."
    )
