"""Often used packages can be installed on our images: what `make lock` has recorded of them."""

import json

import pytest

from .popular_packages import PACKAGES, RECORD, fingerprint

RECORDED = json.loads(RECORD.read_text())


@pytest.mark.parametrize("image", PACKAGES)
def test_the_record_is_of_the_images_lock(image):
    assert RECORDED[image]["lock"] == fingerprint(image), "the lock has changed; run: make lock"
    assert list(RECORDED[image]["packages"]) == PACKAGES[image]


@pytest.mark.parametrize(("image", "at_least"), [("notebook", 98), ("hub", 10)])
def test_often_used_packages_resolve_together_with_the_image(image, at_least):
    results = RECORDED[image]["packages"]
    failed = {name: result["conflict"] for name, result in results.items() if "conflict" in result}
    assert len(results) - len(failed) >= at_least, failed


def test_at_least_100_packages_are_tried():
    assert len(set(PACKAGES["notebook"])) == len(PACKAGES["notebook"]) >= 100


@pytest.mark.parametrize("image", PACKAGES)
def test_few_packages_change_a_version_of_the_image(image):
    """Each move is a package twice in a custom image's layers; constraints.txt can avoid a frequent one."""
    moved = [name for result in RECORDED[image]["packages"].values() for name in result.get("moves", {})]
    assert {name: moved.count(name) for name in moved if moved.count(name) > 5} == {}
