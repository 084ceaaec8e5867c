"""The image menu of the spawn page, built from the labelled image streams each time the page is opened.

| in the project | on the spawn page |
|---|---|
| an image stream labelled `hub.jupyter.org/notebook-image=true` | one entry for each of its tags |
| annotations `openshift.io/display-name`, `description` | title and text; the tag's override the stream's |
| a tag without an image, or with the annotation `tags: hidden` | not listed |
| `c.OpenShiftSpawner.sizes` | a size selector for each image, also without an image menu |
| `c.OpenShiftSpawner.group_limits` | only the images and sizes that the user's groups allow |
| one entry or none | no spawn page: that image, or JUPYTERHUB_NOTEBOOK_IMAGE, starts immediately |
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from html import escape
from typing import Any

from kubernetes_asyncio.client import CustomObjectsApi

from .group_limits import Limits
from .sizes import Size, size_option

LABEL = "hub.jupyter.org/notebook-image=true"
TITLE, TEXT = "openshift.io/display-name", "description"

Obj = Mapping[str, Any]


async def labelled_streams(namespace: str, api: CustomObjectsApi) -> list[Obj]:
    """List the project's image streams that carry the menu label."""
    found = await api.list_namespaced_custom_object(
        "image.openshift.io", "v1", namespace, "imagestreams", label_selector=LABEL, _request_timeout=10
    )
    return list(found["items"])


def image_profiles(streams: Iterable[Obj], first: str) -> list[dict[str, Any]]:
    """Build KubeSpawner profiles, sorted: the image `first`, then by title, then the newest version first.

    KubeSpawner inserts the texts into its page without escaping them, so they are escaped here.
    """
    choices = [choice for stream in streams for choice in _stream_profiles(stream)]
    choices.sort(key=lambda choice: _version(choice["slug"]), reverse=True)
    choices.sort(key=lambda choice: (choice["slug"] != first, choice["display_name"].casefold()))
    return choices


def with_sizes(
    images: list[dict[str, Any]], default: str, sizes: Mapping[str, Size], limits: Collection[Limits]
) -> list[dict[str, Any]]:
    """Add the size selector to each profile and drop what the limits of the user's groups exclude."""
    profiles = []
    for image in images or [_single_profile(default)]:
        offered = {name: size for name, size in sizes.items() if _allowed(image["slug"], name, limits)}
        if (sizes and not offered) or (not sizes and not _allowed(image["slug"], "", limits)):
            continue
        profiles.append({**image, "profile_options": size_option(offered)} if offered else image)
    return profiles


def _single_profile(image: str) -> dict[str, Any]:
    """The profile that a hub without an image menu uses."""
    return {
        "slug": image,
        "display_name": escape(image.rpartition("/")[2]),
        "description": "",
        "kubespawner_override": {"image": image},
    }


def _allowed(image: str, size: str, limits: Collection[Limits]) -> bool:
    return not limits or any(each.allow(image, size) for each in limits)


def _stream_profiles(stream: Obj) -> Iterator[dict[str, Any]]:
    metadata = stream["metadata"]
    stream_annotations = metadata.get("annotations") or {}
    tag_annotations = {tag["name"]: tag.get("annotations") or {} for tag in stream["spec"].get("tags") or []}
    for tag in stream.get("status", {}).get("tags") or []:
        annotations = tag_annotations.get(tag["tag"], {})
        if not tag.get("items") or "hidden" in annotations.get("tags", "").split(","):
            continue
        image = f"{metadata['name']}:{tag['tag']}"
        title = annotations.get(TITLE) or f"{stream_annotations.get(TITLE) or metadata['name']} {tag['tag']}"
        yield {
            "slug": image,
            "display_name": escape(title),
            "description": escape(annotations.get(TEXT) or stream_annotations.get(TEXT) or ""),
            "kubespawner_override": {"image": image},
        }


def _version(image: str) -> list[tuple[int, int, str]]:
    """Sort key for tags: 3.12 is newer than 3.9, and words come after numbers."""
    parts = re.findall(r"[0-9]+|[^0-9.:-]+", image.rpartition(":")[2])
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
