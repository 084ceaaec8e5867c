"""resources.json and notebook/resources.json: image streams, build configs and templates."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from openshift.render import render
from tests.openshift.rendered import FILES, ITEMS, PLAIN, TEMPLATES, Obj, kinds, process
from tests.paths import CHECKOUT

UPSTREAM = "https://github.com/jupyter-on-openshift/jupyterhub-quickstart"
BUILDS = kinds(PLAIN, "BuildConfig")
STREAMS = kinds(PLAIN, "ImageStream")
NOTEBOOK = "hub.jupyter.org/notebook-image"
EXAMPLES = ("scipy-notebook", "pytorch-notebook", "collaboration-notebook")


def test_the_committed_files_are_what_the_sources_render() -> None:
    rendered = {path: json.dumps(document, indent=2) + "\n" for path, document in render().items()}
    assert rendered == {path: (CHECKOUT / path).read_text() for path in rendered}, "run: make resources"
    assert rendered.keys() > set(FILES)


def test_a_fork_renders_only_its_own_git_url(tmp_path: Path) -> None:
    fork = tmp_path / "fork"
    shutil.copytree(CHECKOUT / "openshift", fork / "openshift")
    (fork / "notebook").mkdir()
    command = [
        sys.executable,
        "-m",
        "openshift",
        "--git-url",
        "https://example.org/our/hub",
        "--git-ref",
        "v2",
    ]
    printed = subprocess.run(command, cwd=fork, capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[:2] == ["resources.json: 11 objects", "notebook/resources.json: 10 objects"]
    for path in FILES:
        text = (fork / path).read_text()
        assert UPSTREAM not in text
        for build in kinds(json.loads(text)["items"], "BuildConfig").values():
            assert build["spec"]["source"]["git"] == {"uri": "https://example.org/our/hub", "ref": "v2"}


def test_both_files_can_be_created_in_one_project() -> None:
    names = [(item["kind"], item["metadata"]["name"]) for item in ITEMS]
    assert len(names) == len(set(names))


def test_the_documented_objects_are_there() -> None:
    assert set(TEMPLATES) == {
        "jupyterhub",
        "jupyterhub-deployment",
        "jupyterhub-backup",
        "jupyterhub-builder",
        "jupyterhub-metrics",
        "jupyterhub-quickstart",
        "jupyterhub-workspace",
        "notebook-builder",
    }
    built = {name: build["spec"]["output"]["to"]["name"] for name, build in BUILDS.items()}
    assert built == {
        "jupyterhub": "jupyterhub:latest",
        "minimal-notebook": "minimal-notebook:3.12",
        "scipy-notebook": "scipy-notebook:3.12",
        "pytorch-notebook": "pytorch-notebook:3.12",
        "collaboration-notebook": "collaboration-notebook:3.12",
    }
    folders = {name: build["spec"]["source"].get("contextDir") for name, build in BUILDS.items()}
    assert folders == {
        "jupyterhub": None,
        "minimal-notebook": "notebook",
        "scipy-notebook": "notebook/scipy-notebook",
        "pytorch-notebook": "notebook/pytorch-notebook",
        "collaboration-notebook": "notebook/collaboration-notebook",
    }


def test_every_image_comes_from_an_image_stream_of_the_project_and_none_from_docker_hub() -> None:
    imported = {
        (name, tag["name"]): (tag["from"], tag["importPolicy"])
        for name, stream in STREAMS.items()
        for tag in stream["spec"].get("tags", [])
    }
    python = {"kind": "DockerImage", "name": "registry.access.redhat.com/ubi9/python-312:latest"}
    postgresql = {"kind": "DockerImage", "name": "quay.io/sclorg/postgresql-16-c9s:latest"}
    assert imported == {
        ("jupyterhub-python", "3.12"): (python, {"scheduled": True}),
        ("jupyterhub-postgresql", "16"): (postgresql, {"scheduled": True}),
        ("notebook-python", "3.12"): (python, {"scheduled": True}),
    }
    for stream in STREAMS.values():
        assert stream["spec"]["lookupPolicy"] == {"local": True}


def test_every_image_stream_has_a_title_and_a_description() -> None:
    shown = ("openshift.io/display-name", "description", "openshift.io/documentation-url")
    assert [
        n for n, stream in STREAMS.items() if not all(map(stream["metadata"]["annotations"].get, shown))
    ] == []
    (custom,) = kinds(
        process(
            "notebook-builder", GIT_REPOSITORY_URL=UPSTREAM, NOTEBOOK_TITLE="R", NOTEBOOK_DESCRIPTION="R 4.5"
        ),
        "ImageStream",
    ).values()
    assert {key: custom["metadata"]["annotations"][key] for key in shown[:2]} == {
        "openshift.io/display-name": "R",
        "description": "R 4.5",
    }


def test_deleting_an_instance_keeps_streams_and_builds() -> None:
    templated = [obj for name in ("jupyterhub-builder", "notebook-builder") for obj in built_by(name)]
    for obj in [*PLAIN, *templated]:
        assert obj["metadata"]["labels"].keys() - {NOTEBOOK} == {"build"}
    assert {name for name, stream in STREAMS.items() if NOTEBOOK in stream["metadata"]["labels"]} == {
        "minimal-notebook",
        *EXAMPLES,
    }


def test_builds_use_the_scripts_of_the_builder_image_and_label_the_result_with_ours() -> None:
    labels = [
        {"name": "io.openshift.s2i.scripts-url", "value": "image:///opt/app-root/builder"},
        {"name": "io.s2i.scripts-url", "value": "image:///opt/app-root/builder"},
    ]
    assert {name: build["spec"]["output"].get("imageLabels") for name, build in BUILDS.items()} == {
        "jupyterhub": labels,
        "minimal-notebook": labels,
        **dict.fromkeys(EXAMPLES),  # inherited from minimal-notebook
    }
    incremental = {
        name: build["spec"]["strategy"]["sourceStrategy"].get("incremental") for name, build in BUILDS.items()
    }
    assert incremental == {
        "jupyterhub": None,
        "minimal-notebook": None,
        **dict.fromkeys(EXAMPLES, True),
    }
    assert (CHECKOUT / "notebook/common/save-artifacts").exists()
    for build in all_builds():
        assert "scripts" not in build["spec"]["strategy"]["sourceStrategy"]


def test_build_pods_have_requests_limits_and_a_deadline() -> None:
    for build in all_builds():
        for part in ("requests", "limits"):
            assert build["spec"]["resources"][part].keys() == {"memory", "cpu"}
        assert build["spec"]["completionDeadlineSeconds"] == 3600
        assert build["spec"]["runPolicy"] == "SerialLatestOnly"


def test_a_new_base_image_starts_builds_and_rollouts() -> None:
    """Base image, hub and notebook image, custom image, workload: each follows the tag of the one before."""
    chain = {build["spec"]["output"]["to"]["name"]: followed_by(build) for build in all_builds()}
    assert chain == {
        "jupyterhub:latest": ["jupyterhub-python:3.12"],
        "minimal-notebook:3.12": ["notebook-python:3.12"],
        **{f"{name}:3.12": [] for name in EXAMPLES},  # on demand
        "custom-jupyterhub:latest": ["jupyterhub:latest"],
        "custom-notebook:latest": ["minimal-notebook:3.12"],
        "jupyterhub-quickstart-nb:latest": ["minimal-notebook:3.12"],
    }
    for config in kinds(
        process("jupyterhub", JUPYTERHUB_IMAGE="custom-jupyterhub:latest"), "DeploymentConfig"
    ).values():
        change, image = config["spec"]["triggers"]
        assert change == {"type": "ConfigChange"}
        named = [c["name"] for c in (*pod(config).get("initContainers", []), *pod(config)["containers"])]
        database = config["metadata"]["name"] == "jupyterhub-db"
        tag = "jupyterhub-postgresql:16" if database else "custom-jupyterhub:latest"
        assert image["imageChangeParams"] == {
            "automatic": True,
            "containerNames": named,
            "from": {"kind": "ImageStreamTag", "name": tag},
        }


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_built_on_request_and_its_description_says_how(name: str) -> None:
    example = BUILDS[name]
    assert example["spec"]["triggers"] == []
    assert example["metadata"]["annotations"] == {
        "kubernetes.io/description": f"Builds on demand: oc start-build {name}. "
        "To build after each new minimal-notebook: "
        f"oc set triggers bc/{name} --from-image=minimal-notebook:3.12"
    }


def test_deployments_have_the_same_image_triggers_as_deployment_configs() -> None:
    hub = kinds(process("jupyterhub-deployment"), "Deployment")["jupyterhub-deployment"]
    assert json.loads(hub["metadata"]["annotations"]["image.openshift.io/triggers"]) == [
        {
            "from": {"kind": "ImageStreamTag", "name": "jupyterhub:latest"},
            "fieldPath": 'spec.template.spec.initContainers[?(@.name=="check")].image',
        },
        {
            "from": {"kind": "ImageStreamTag", "name": "jupyterhub:latest"},
            "fieldPath": 'spec.template.spec.containers[?(@.name=="hub")].image',
        },
    ]


def built_by(template: str) -> list[Obj]:
    repository = "https://example.org/hub"
    labels = process(template, GIT_REPOSITORY_URL=repository)
    return [obj for obj in labels if obj["kind"] in ("ImageStream", "BuildConfig")]


def all_builds() -> list[Obj]:
    templated = [
        built_by(name) for name in ("jupyterhub-builder", "notebook-builder", "jupyterhub-quickstart")
    ]
    return [
        *BUILDS.values(),
        *(build for objects in templated for build in kinds(objects, "BuildConfig").values()),
    ]


def followed_by(build: Obj) -> list[str]:
    """The image stream tags that trigger this build."""
    changes = [
        trigger["imageChange"] for trigger in build["spec"]["triggers"] if trigger["type"] == "ImageChange"
    ]
    base = build["spec"]["strategy"]["sourceStrategy"]["from"]
    assert base["kind"] == "ImageStreamTag"
    assert all(change == {} for change in changes)
    return [base["name"] for _ in changes]


def pod(workload: Obj) -> Obj:
    spec: Obj = workload["spec"]["template"]["spec"]
    return spec
