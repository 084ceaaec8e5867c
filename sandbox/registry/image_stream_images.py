"""`imagestreamimages`: an image in the history of a stream, `stream@sha256:digest`."""

from __future__ import annotations

from sandbox.apimachinery import errors
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import IMAGE_STREAM_IMAGES, IMAGE_STREAMS, IMAGES
from sandbox.apimachinery.store import Store
from sandbox.registry.rest import Context, Storage

API_VERSION = "image.openshift.io/v1"


class ImageStreamImages(Storage):
    """Reads images through the streams that name them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, name: str, context: Context) -> Obj:
        """Return `stream@digest`; the digest may be shortened."""
        stream_name, digest = parts(name, "@", "ImageStreamImages must be retrieved with <name>@<id>")
        stream = self._store.get(IMAGE_STREAMS, stream_name)
        known: list[Obj] = (stream.get("status") or {}).get("tags") or []
        items = [item for tag in known for item in tag.get("items") or []]
        item = next((item for item in items if item["image"].startswith(digest)), None)
        if item is None:
            raise errors.not_found(IMAGE_STREAM_IMAGES, name)
        kept = ("namespace", "uid", "resourceVersion")
        meta = {key: stream["metadata"][key] for key in kept if key in stream["metadata"]}
        meta |= {"name": f"{stream_name}@{item['image']}", "creationTimestamp": item["created"]}
        head = {"kind": "ImageStreamImage", "apiVersion": API_VERSION}
        return {**head, "metadata": meta, "image": image_of(self._store, item)}


def image_of(store: Store, item: Obj) -> Obj:
    """Return the image that an item of a tag's history names."""
    image = store.find(IMAGES, item["image"]) or {"metadata": {"name": item["image"]}}
    bare = {key: value for key, value in image.items() if key not in ("kind", "apiVersion")}
    return {**bare, "dockerImageReference": item["dockerImageReference"]}


def parts(name: str, separator: str, refusal: str) -> tuple[str, str]:
    """Split `stream:tag` or `stream@digest`; StatusError 400 with `refusal` for any other name."""
    head, found, tail = name.partition(separator)
    if not head or not found or not tail:
        raise errors.bad_request(refusal)
    return head, tail
