"""Image stream tags through their storage: patches and dry runs reach the stream, or leave it."""

from __future__ import annotations

import pytest

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import IMAGE_STREAMS
from sandbox.registry.api import Api
from sandbox.registry.image_stream_images import ImageStreamImages
from sandbox.registry.image_stream_tags import ImageStreamTags
from sandbox.registry.patches import MERGE
from sandbox.registry.rest import Context
from tests.sandbox.projects import DEVELOPER, an_api

SOURCE = {"kind": "DockerImage", "name": "quay.io/a/b:1"}


def with_a_tag() -> tuple[Api, ImageStreamTags]:
    """Return an API with the tag `s:1`, whose image was imported."""
    api = an_api()
    stream = {"metadata": {"name": "s"}, "spec": {"tags": [{"name": "1", "from": SOURCE}]}}
    api.create(IMAGE_STREAMS, stream, DEVELOPER)
    item = {
        "created": "2026-11-27T00:00:00Z",
        "dockerImageReference": "quay.io/a/b@sha256:1",
        "generation": 2,
    }
    history = [{"tag": "1", "items": [{**item, "image": "sha256:1"}]}]
    api.store.modify(IMAGE_STREAMS, "s", lambda s: s["status"].update(tags=history))
    return api, ImageStreamTags(api)


def spec_of(api: Api) -> list[Obj]:
    tags: list[Obj] = api.store.get(IMAGE_STREAMS, "s")["spec"]["tags"]
    return [{"name": tag["name"], "from": tag["from"]} for tag in tags]


def test_a_patch_of_a_tag_changes_the_stream() -> None:
    api, tags = with_a_tag()
    other = {"kind": "DockerImage", "name": "quay.io/a/b:2"}
    patched = tags.patch("s:1", {"tag": {"from": other}}, MERGE, Context(DEVELOPER))
    assert patched["tag"]["from"] == other
    assert spec_of(api) == [{"name": "1", "from": other}]


def test_an_annotation_of_a_tag_is_one_of_the_streams_entry() -> None:
    api, tags = with_a_tag()
    annotated = tags.patch("s:1", {"metadata": {"annotations": {"a": "b"}}}, MERGE, Context(DEVELOPER))
    assert annotated["metadata"]["annotations"] == {"a": "b"}
    (entry,) = api.store.get(IMAGE_STREAMS, "s")["spec"]["tags"]
    assert (entry["annotations"], entry["from"]) == ({"a": "b"}, SOURCE)


async def test_a_dry_run_changes_no_stream() -> None:
    api, tags = with_a_tag()
    dry = Context(DEVELOPER, dry_run=True)
    made = await tags.create("", {"metadata": {"name": "s:2"}, "tag": {"from": SOURCE}}, dry)
    assert made["metadata"]["name"] == "s:2"
    tags.update("s:1", {"metadata": {"name": "s:1"}, "tag": {"from": {**SOURCE, "name": "x/y:3"}}}, dry)
    assert tags.delete("s:1", {}, dry)["status"] == "Success"
    assert spec_of(api) == [{"name": "1", "from": SOURCE}]


async def test_a_verb_that_a_resource_lacks_is_refused_with_405() -> None:
    with pytest.raises(StatusError) as caught:
        await ImageStreamImages(an_api().store).create("", {}, Context(DEVELOPER))
    assert (caught.value.code, caught.value.reason) == (405, "MethodNotAllowed")
