"""`imagestreamtags`: an entry of a stream's spec with the newest image of its status.

As `pkg/image/apiserver/registry/imagestreamtag` in openshift-apiserver.
"""

from __future__ import annotations

from sandbox.admission.lookup import latest_item
from sandbox.apimachinery import errors
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import IMAGE_STREAM_TAGS, IMAGE_STREAMS
from sandbox.apimachinery.store import now
from sandbox.registry.api import Api
from sandbox.registry.image_stream_images import API_VERSION, image_of, parts
from sandbox.registry.rest import Context, Storage

NEEDS_NAME = "ImageStreamTags must be retrieved with <name>:<tag>"


class ImageStreamTags(Storage):
    """Reads tags from image streams, and writes them into the streams."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._store = api.store

    def get(self, name: str, context: Context) -> Obj:
        """Return `stream:tag`; 404 for a tag without an image."""
        stream_name, tag = parts(name, ":", NEEDS_NAME)
        view = self._view(self._store.get(IMAGE_STREAMS, stream_name), tag, with_image=True)
        if view is None:
            raise errors.not_found(IMAGE_STREAM_TAGS, name)
        return view

    def list(self, context: Context) -> list[Obj]:
        """Return every tag that has an image."""
        found = []
        for stream in self._store.list(IMAGE_STREAMS):
            for known in (stream.get("status") or {}).get("tags") or []:
                view = self._view(stream, known["tag"], with_image=False)
                found += [view] if view else []
        return sorted(found, key=lambda each: str(each["metadata"]["name"]))

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Add a tag; 409 when the stream's spec has it."""
        name = obj["metadata"].get("name", "")
        stream_name, tag = _parts_of_new(name)
        stream = self._store.find(IMAGE_STREAMS, stream_name)
        if stream and any(each["name"] == tag for each in stream["spec"].get("tags") or []):
            raise errors.already_exists("imagestreamtag.image.openshift.io", name)
        return self.update(name, obj, context)

    def update(self, name: str, obj: Obj, context: Context) -> Obj:
        """Write the tag into the stream's spec; make the stream when there is none, as for `oc tag`."""
        name = obj["metadata"].get("name", "")
        stream_name, tag = _parts_of_new(name)
        stream = self._store.find(IMAGE_STREAMS, stream_name)
        entry = {**(obj.get("tag") or {}), "name": tag}
        if stream is None:
            new = {"metadata": {"name": stream_name}, "spec": {"tags": [entry]}}
            stream = self._api.create(IMAGE_STREAMS, new, context.user, dry_run=context.dry_run)
        else:
            tags = stream["spec"].get("tags") or []
            others = [each for each in tags if each["name"] != tag]
            if len(others) < len(tags):  # as `oc annotate` changes it
                entry["annotations"] = obj["metadata"].get("annotations")
            stream["spec"]["tags"] = [*others, entry]
            stream = self._api.update(IMAGE_STREAMS, stream, context.user, dry_run=context.dry_run)
        return self._view(stream, tag, with_image=True, empty=True) or obj

    def delete(self, name: str, options: Obj, context: Context) -> Obj:
        """Remove the tag's entry and its history."""
        stream_name, tag = parts(name, ":", NEEDS_NAME)
        stream = self._store.get(IMAGE_STREAMS, stream_name)
        tags, known = stream["spec"].get("tags") or [], (stream.get("status") or {}).get("tags") or []
        if not any(each["name"] == tag for each in tags) and not any(each["tag"] == tag for each in known):
            raise errors.not_found(IMAGE_STREAM_TAGS, name)
        stream["spec"]["tags"] = [each for each in tags if each["name"] != tag]
        stream["status"]["tags"] = [each for each in known if each["tag"] != tag]
        if not context.dry_run:
            self._store.update(IMAGE_STREAMS, stream)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}

    def _view(self, stream: Obj, tag: str, *, with_image: bool, empty: bool = False) -> Obj | None:
        meta, item = stream["metadata"], latest_item(stream, tag)
        if item is None and not empty:
            return None
        view_meta = {
            key: meta[key] for key in ("namespace", "uid", "resourceVersion", "labels") if key in meta
        }
        view_meta |= {
            "name": f"{meta['name']}:{tag}",
            "creationTimestamp": (item or {}).get("created", now()),
        }
        entry = next((each for each in stream["spec"].get("tags") or [] if each["name"] == tag), None)
        if entry and entry.get("annotations"):
            view_meta["annotations"] = entry["annotations"]
        known: Obj = next((each for each in stream["status"].get("tags") or [] if each["tag"] == tag), {})
        view: Obj = {"kind": "ImageStreamTag", "apiVersion": API_VERSION, "metadata": view_meta, "tag": entry}
        view |= {
            "generation": (item or {}).get("generation", 0),
            "lookupPolicy": stream["spec"]["lookupPolicy"],
        }
        view |= {"conditions": known.get("conditions")}
        if item and with_image:
            view["image"] = image_of(self._store, item)
        elif item:
            view["image"] = {
                "metadata": {"name": item["image"]},
                "dockerImageReference": item["dockerImageReference"],
            }
        return view


def _parts_of_new(name: str) -> tuple[str, str]:
    return parts(name, ":", f'"{name}" must be of the form <stream_name>:<tag>')
