"""The image stream controller: tags imported from a registry, tags that follow tags, tags that builds push.

There is no network behind an import. The sandbox knows the names of base images that it brings itself (any
registry, `.../python-312`, `.../postgresql-16`, any tag); others are not found, as on a real cluster.
"""

from __future__ import annotations

import asyncio
import logging

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import IMAGE_STREAMS, IMAGES
from sandbox.apimachinery.store import Store, now
from sandbox.containers.image_store import Image
from sandbox.containers.images import Images
from sandbox.controllers.loop import Cluster, Controller
from sandbox.controllers.objects import is_going

log = logging.getLogger(__name__)


class ImageImports(Controller):
    """Imports the tags in the spec of each image stream."""

    watches = (IMAGE_STREAMS,)

    def __init__(self, cluster: Cluster, images: Images) -> None:
        super().__init__(cluster)
        self.images = images
        self._making: dict[str, asyncio.Task[Image | None]] = {}

    def reconcile(self) -> float | None:
        """Import new and changed tags."""
        return self.each(IMAGE_STREAMS, self._one)

    def _one(self, stream: Obj) -> float | None:
        delay = None
        for tag in stream["spec"].get("tags") or []:
            source = tag.get("from") or {}
            if is_going(stream) or not source:
                continue
            if source["kind"] == "DockerImage" and not _is_imported(stream, tag):
                delay = self._import(stream, tag, source["name"]) or delay
            elif source["kind"] == "ImageStreamTag":
                self._follow(stream, tag, source["name"])
        return delay

    def _import(self, stream: Obj, tag: Obj, name: str) -> float | None:
        """Find the sandbox's base image of that name; the first use builds it in a thread, for seconds."""
        making = self._making.get(name)
        if making is None:
            making = asyncio.create_task(asyncio.to_thread(self.images.get, name))
            self._making[name] = making
        if not making.done():
            return 0.1
        del self._making[name]
        stream_name = stream["metadata"]["name"]
        if making.exception():
            log.error("the base image for %s could not be made", name, exc_info=making.exception())
            text = f"Internal error occurred: {name}: {making.exception()}"
            self.store.modify(
                IMAGE_STREAMS, stream_name, lambda s: _failed(s, tag["name"], "InternalError", text)
            )
            return None
        image = making.result()
        if image is None:
            text = f'dockerimage.image.openshift.io "{name}" not found'
            self.store.modify(IMAGE_STREAMS, stream_name, lambda s: _failed(s, tag["name"], "NotFound", text))
            return None
        reference = f"{_repository(name)}@{image.digest}"
        record_image(self.store, image, reference)
        self.store.modify(
            IMAGE_STREAMS, stream_name, lambda s: _imported(s, tag["name"], _item(reference, image.digest))
        )
        return None

    def _follow(self, stream: Obj, tag: Obj, source: str) -> None:
        other, _, name = source.rpartition(":")
        item = latest(self.store, f"{other or stream['metadata']['name']}:{name}")
        if item:
            add_item(self.store, stream["metadata"]["name"], tag["name"], item)


def latest(store: Store, image_stream_tag: str) -> Obj | None:
    """Return the newest item of `stream:tag`, with `image` (digest) and `dockerImageReference` (pullable)."""
    name, _, tag = image_stream_tag.partition(":")
    stream = store.find(IMAGE_STREAMS, name)
    for known in (stream or {}).get("status", {}).get("tags") or []:
        if known["tag"] == tag and known.get("items"):
            item: Obj = known["items"][0]
            return item
    return None


def push(cluster: Cluster, image: Image, image_stream_tag: str) -> str:
    """Point `stream:tag` of the internal registry to an image; return its reference by digest."""
    name, _, tag = image_stream_tag.partition(":")
    reference = f"{cluster.project.image_repository(name)}@{image.digest}"
    record_image(cluster.store, image, reference)
    add_item(cluster.store, name, tag, _item(reference, image.digest))
    return reference


def add_item(store: Store, stream: str, tag: str, item: Obj) -> None:
    """Put an image at the head of a tag's history, unless it is there already."""

    def change(stream: Obj) -> None:
        items = _items(stream, tag)
        if not items or items[0]["image"] != item["image"]:
            items.insert(0, {**item, "generation": stream["metadata"].get("generation", 1)})

    store.modify(IMAGE_STREAMS, stream, change)


def record_image(store: Store, image: Image, reference: str) -> None:
    """Build the Image object that image stream tags show for a digest."""
    if store.find(IMAGES, image.digest):
        return
    layers = [{"name": f"sha256:{layer.name}", "size": 0} for layer in image.layers]
    store.create(
        IMAGES,
        {
            "kind": "Image",
            "apiVersion": "image.openshift.io/v1",
            "metadata": {
                "name": image.digest,
                "annotations": {"image.openshift.io/dockerLayersOrder": "ascending"},
            },
            "dockerImageReference": reference,
            "dockerImageMetadata": {
                "kind": "DockerImage",
                "apiVersion": "image.openshift.io/1.0",
                "Id": image.digest,
                "Created": now(),
                "ContainerConfig": {},
                "Config": image.config,
                "Architecture": "amd64",
                "Size": image.size,
            },
            "dockerImageMetadataVersion": "1.0",
            "dockerImageLayers": [
                {**layer, "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip"}
                for layer in layers
            ],
            "dockerImageManifestMediaType": "application/vnd.docker.distribution.manifest.v2+json",
        },
    )


def _is_imported(stream: Obj, tag: Obj) -> bool:
    """Return True when the import of this generation of the tag has been tried."""
    for known in stream.get("status", {}).get("tags") or []:
        if known["tag"] == tag["name"]:
            tried = [c["generation"] for c in known.get("conditions") or []]
            tried += [item["generation"] for item in known.get("items") or []]
            return bool(tried and tag.get("generation") is not None and max(tried) >= tag["generation"])
    return False


def _imported(stream: Obj, tag: str, item: Obj) -> None:
    generation = _next_generation(stream, tag)
    items = _items(stream, tag)
    _known(stream, tag).pop("conditions", None)
    if items and items[0]["image"] == item["image"]:
        items[0]["generation"] = generation
    else:
        items.insert(0, {**item, "generation": generation})


def _failed(stream: Obj, tag: str, reason: str, message: str) -> None:
    generation = _next_generation(stream, tag)
    condition: Obj = {"type": "ImportSuccess", "status": "False", "lastTransitionTime": now()}
    condition |= {"reason": reason, "message": message, "generation": generation}
    _items(stream, tag)
    _known(stream, tag)["conditions"] = [condition]


def _next_generation(stream: Obj, tag: str) -> int:
    meta = stream["metadata"]
    meta["generation"] = meta.get("generation", 1) + 1
    meta.setdefault("annotations", {})["openshift.io/image.dockerRepositoryCheck"] = now()
    for each in stream["spec"]["tags"]:
        if each["name"] == tag:
            each["generation"] = meta["generation"]
    return int(meta["generation"])


def _known(stream: Obj, tag: str) -> Obj:
    tags = stream.setdefault("status", {}).setdefault("tags", [])
    found = next((known for known in tags if known["tag"] == tag), None)
    if found is None:
        found = {"tag": tag, "items": []}
        tags.append(found)
    known: Obj = found
    return known


def _items(stream: Obj, tag: str) -> list[Obj]:
    known = _known(stream, tag)
    if known.get("items") is None:
        known["items"] = []
    items: list[Obj] = known["items"]
    return items


def _item(reference: str, digest: str) -> Obj:
    return {"created": now(), "dockerImageReference": reference, "image": digest}


def _repository(name: str) -> str:
    """Return `registry/team/image` of a pull specification."""
    name = name.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]
