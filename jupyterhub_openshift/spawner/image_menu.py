"""The images that a user may choose from: all with the label, as they are at the moment of choosing.

| in the project | on the spawn page |
|---|---|
| an image stream labelled `hub.jupyter.org/notebook-image=true` | a choice for each of its tags |
| annotations `openshift.io/display-name`, `description` | title and text; the tag's before the stream's |
| a tag without an image yet, or annotated `tags: hidden` | no choice |
| `c.OpenShiftSpawner.sizes` | a choice of size beside each image, also where there is no menu |
| `c.OpenShiftSpawner.group_limits` | only what the user's groups may choose |
| one choice or none | no page: the one, or JUPYTERHUB_NOTEBOOK_IMAGE, starts at once |
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
    """The image streams of the menu."""
    found = await api.list_namespaced_custom_object(
        "image.openshift.io", "v1", namespace, "imagestreams", label_selector=LABEL, _request_timeout=10
    )
    return list(found["items"])


def menu(streams: Iterable[Obj], first: str) -> list[dict[str, Any]]:
    """KubeSpawner's profiles: `first` in front if it is one, then by title, the newest version before others.

    KubeSpawner puts their texts into its page as they are, so that they are escaped here.
    """
    choices = [choice for stream in streams for choice in _choices(stream)]
    choices.sort(key=lambda choice: _version(choice["slug"]), reverse=True)
    choices.sort(key=lambda choice: (choice["slug"] != first, choice["display_name"].casefold()))
    return choices


def with_sizes(
    images: list[dict[str, Any]], default: str, sizes: Mapping[str, Size], limits: Collection[Limits]
) -> list[dict[str, Any]]:
    """The profiles of a user: the sizes beside each image, less what the user's groups may not choose."""
    profiles = []
    for image in images or [_only(default)]:
        offered = {name: size for name, size in sizes.items() if _allowed(image["slug"], name, limits)}
        if (sizes and not offered) or (not sizes and not _allowed(image["slug"], "", limits)):
            continue
        profiles.append({**image, "profile_options": size_option(offered)} if offered else image)
    return profiles


def _only(image: str) -> dict[str, Any]:
    """The profile of a hub without a menu."""
    return {
        "slug": image,
        "display_name": escape(image.rpartition("/")[2]),
        "description": "",
        "kubespawner_override": {"image": image},
    }


def _allowed(image: str, size: str, limits: Collection[Limits]) -> bool:
    return not limits or any(each.allow(image, size) for each in limits)


def _choices(stream: Obj) -> Iterator[dict[str, Any]]:
    metadata = stream["metadata"]
    of_stream = metadata.get("annotations") or {}
    of_tags = {tag["name"]: tag.get("annotations") or {} for tag in stream["spec"].get("tags") or []}
    for tag in stream.get("status", {}).get("tags") or []:
        notes = of_tags.get(tag["tag"], {})
        if not tag.get("items") or "hidden" in notes.get("tags", "").split(","):
            continue
        image = f"{metadata['name']}:{tag['tag']}"
        title = notes.get(TITLE) or f"{of_stream.get(TITLE) or metadata['name']} {tag['tag']}"
        yield {
            "slug": image,
            "display_name": escape(title),
            "description": escape(notes.get(TEXT) or of_stream.get(TEXT) or ""),
            "kubespawner_override": {"image": image},
        }


def _version(image: str) -> list[tuple[int, int, str]]:
    """3.12 comes after 3.9, and a word after any number."""
    parts = re.findall(r"[0-9]+|[^0-9.:-]+", image.rpartition(":")[2])
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
