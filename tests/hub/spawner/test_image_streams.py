from contextlib import suppress
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterhub_openshift.settings import validators
from jupyterhub_openshift.spawner.image_streams import image_of_tag
from jupyterhub_openshift.spawner.spawn_failures import SpawnRefused

DIGEST = "sha256:9dec9fc35ff851ef02730746bbfc17db0ceeff63ffa1d93b66359a215de8aa41"


@pytest.mark.parametrize(
    "reference",
    [
        "minimal-notebook",
        "minimal-notebook:3.12",
        "quay.io/jupyter/base-notebook:latest",
        "image-registry.openshift-image-registry.svc:5000/rec/minimal-notebook@" + DIGEST,
    ],
)
def test_an_image_stream_tag_or_a_full_reference_is_an_image(reference):
    assert validators.image(reference) == reference


@pytest.mark.parametrize(
    "reference", ["", "Minimal:3.12", "a b", "a:", ":3.12", "a:b:c", "a@sha256:12", "-a", "a\n"]
)
def test_an_invalid_image_reference_is_refused(reference):
    with pytest.raises(
        ValueError, match="is not an image reference: write NAME:TAG of an image stream, or REGISTRY/NAME:TAG"
    ):
        validators.image(reference)


@given(st.text())
def test_any_text_is_either_an_image_or_a_value_error(text):
    with suppress(ValueError):
        assert validators.image(text) == text


def test_a_tag_is_resolved_to_its_newest_image_by_digest(recorded):
    stream = recorded["image stream"]["response"]
    assert image_of_tag(stream, "3.12").reference == f"127.0.0.1:5000/rec/minimal-notebook@{DIGEST}"


def test_a_tag_with_a_local_reference_policy_comes_from_the_projects_registry(recorded):
    stream = deepcopy(recorded["image stream"]["response"])
    stream["spec"]["tags"][0]["referencePolicy"]["type"] = "Local"
    assert image_of_tag(stream, "3.12").reference == (
        f"image-registry.openshift-image-registry.svc:5000/rec/minimal-notebook@{DIGEST}"
    )


def test_an_unknown_tag_is_refused_with_the_list_of_tags(recorded):
    with pytest.raises(SpawnRefused) as refusal:
        image_of_tag(recorded["image stream"]["response"], "9.9")
    assert refusal.value.jupyterhub_message == (
        'The image stream "minimal-notebook" in the project rec has no image with the tag "9.9". '
        "Its tags with an image: 3.12. This command lists its tags: oc get imagestream minimal-notebook"
    )


def test_a_failed_import_of_a_tag_is_explained(recorded):
    stream = deepcopy(recorded["image stream"]["response"])
    stream["status"]["tags"] = [
        {
            "tag": "3.12",
            "items": None,
            "conditions": [
                {
                    "type": "ImportSuccess",
                    "status": "False",
                    "reason": "NotFound",
                    "message": "dockerimage not found",
                }
            ],
        }
    ]
    with pytest.raises(SpawnRefused) as refusal:
        image_of_tag(stream, "3.12")
    assert refusal.value.jupyterhub_message == (
        'The image stream "minimal-notebook" in the project rec has no image with the tag "3.12": '
        "dockerimage not found. Its tags with an image: none. "
        "This command lists its tags: oc get imagestream minimal-notebook"
    )


def test_a_stream_without_an_image_is_refused():
    stream = {"metadata": {"name": "new", "namespace": "rec"}, "spec": {}, "status": {}}
    with pytest.raises(SpawnRefused) as refusal:
        image_of_tag(stream, "latest")
    assert refusal.value.jupyterhub_message == (
        'The image stream "new" in the project rec has no image with the tag "latest". '
        "Its tags with an image: none. This command lists its tags: oc get imagestream new"
    )
