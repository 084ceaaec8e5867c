"""Resources that are not stored, but seen in others: tags of image streams, projects, users."""

from __future__ import annotations

import asyncio

from sandbox.admission.lookup import latest_item
from sandbox.apimachinery import errors
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import IMAGE_STREAM_IMAGES, IMAGE_STREAM_TAGS, IMAGE_STREAMS, IMAGES
from sandbox.apimachinery.store import now
from sandbox.authorization.users import User
from sandbox.registry.api import Api

IMAGE_API = "image.openshift.io/v1"
IMPORT_SECONDS = 60.0
POLL = 0.05


class ImageStreamTags:
    """`imagestreamtags`: an entry of a stream's spec and the newest image of its status."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def get(self, name: str) -> Obj:
        """`stream:tag`; 404 for a tag without an image."""
        stream_name, tag = _parts(name, ":", "ImageStreamTags must be retrieved with <name>:<tag>")
        stream = self._api.store.get(IMAGE_STREAMS, stream_name)
        view = self._view(stream, tag, with_image=True)
        if view is None:
            raise errors.not_found(IMAGE_STREAM_TAGS, name)
        return view

    def list(self) -> list[Obj]:
        """Every tag that has an image."""
        found = []
        for stream in self._api.store.list(IMAGE_STREAMS):
            for known in (stream.get("status") or {}).get("tags") or []:
                view = self._view(stream, known["tag"], with_image=False)
                found += [view] if view else []
        return sorted(found, key=lambda each: str(each["metadata"]["name"]))

    def create(self, obj: Obj, user: User) -> Obj:
        """`oc create imagestreamtag`."""
        name = obj["metadata"].get("name", "")
        stream_name, tag = _parts(name, ":", f'"{name}" must be of the form <stream_name>:<tag>')
        stream = self._api.store.find(IMAGE_STREAMS, stream_name)
        if stream and any(each["name"] == tag for each in stream["spec"].get("tags") or []):
            raise errors.already_exists("imagestreamtag.image.openshift.io", name)
        return self.update(obj, user)

    def update(self, obj: Obj, user: User) -> Obj:
        """`oc tag`: writes the stream's spec, and makes the stream when there is none."""
        name = obj["metadata"].get("name", "")
        stream_name, tag = _parts(name, ":", f'"{name}" must be of the form <stream_name>:<tag>')
        stream = self._api.store.find(IMAGE_STREAMS, stream_name)
        entry = {**(obj.get("tag") or {}), "name": tag}
        if stream is None:
            spec = {"tags": [entry]}
            self._api.create(IMAGE_STREAMS, {"metadata": {"name": stream_name}, "spec": spec}, user)
        else:
            others = [each for each in stream["spec"].get("tags") or [] if each["name"] != tag]
            stream["spec"]["tags"] = [*others, entry]
            self._api.update(IMAGE_STREAMS, stream, user)
        made = self._view(self._api.store.get(IMAGE_STREAMS, stream_name), tag, with_image=True, empty=True)
        return made or obj

    def delete(self, name: str, user: User) -> Obj:
        """The tag's entry and its history."""
        stream_name, tag = _parts(name, ":", "ImageStreamTags must be retrieved with <name>:<tag>")
        stream = self._api.store.get(IMAGE_STREAMS, stream_name)
        tags, known = stream["spec"].get("tags") or [], (stream.get("status") or {}).get("tags") or []
        if not any(each["name"] == tag for each in tags) and not any(each["tag"] == tag for each in known):
            raise errors.not_found(IMAGE_STREAM_TAGS, name)
        stream["spec"]["tags"] = [each for each in tags if each["name"] != tag]
        stream["status"]["tags"] = [each for each in known if each["tag"] != tag]
        self._api.store.update(IMAGE_STREAMS, stream)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}

    def image(self, name: str) -> Obj:
        """`imagestreamimages`: `stream@sha256:digest`."""
        stream_name, digest = _parts(name, "@", "ImageStreamImages must be retrieved with <name>@<id>")
        stream = self._api.store.get(IMAGE_STREAMS, stream_name)
        known: list[Obj] = (stream.get("status") or {}).get("tags") or []
        item = next(
            (i for tag in known for i in tag.get("items") or [] if i["image"].startswith(digest)), None
        )
        if item is None:
            raise errors.not_found(IMAGE_STREAM_IMAGES, name)
        meta = {
            key: stream["metadata"][key]
            for key in ("namespace", "uid", "resourceVersion")
            if key in stream["metadata"]
        }
        meta |= {"name": f"{stream_name}@{item['image']}", "creationTimestamp": item["created"]}
        return {
            "kind": "ImageStreamImage",
            "apiVersion": IMAGE_API,
            "metadata": meta,
            "image": self._image(item),
        }

    async def imported(self, body: Obj, user: User) -> Obj:
        """`imagestreamimports`, what `oc import-image` posts: waits for the import, and says how it went."""
        name, spec = body["metadata"]["name"], body["spec"]
        stream = self._api.store.find(IMAGE_STREAMS, name)
        wanted = [_import_entry(image) for image in spec.get("images") or []]
        if not spec.get("import"):
            done = [
                {"status": {"metadata": {}, "status": "Success"}, "tag": entry["name"]} for entry in wanted
            ]
            return {**body, "status": {"images": done}}
        if stream is None:
            obj = {"metadata": {"name": name}, "spec": {"tags": wanted}}
            self._api.create(IMAGE_STREAMS, obj, user)
        else:
            names = {entry["name"] for entry in wanted}
            others = [each for each in stream["spec"].get("tags") or [] if each["name"] not in names]
            again = [{**entry, "generation": 0} for entry in wanted]
            self._api.update(
                IMAGE_STREAMS, {**stream, "spec": {**stream["spec"], "tags": [*others, *again]}}, user
            )
        results = [await self._result(name, entry["name"]) for entry in wanted]
        return {**body, "status": {"import": self._api.store.get(IMAGE_STREAMS, name), "images": results}}

    async def _result(self, name: str, tag: str) -> Obj:
        deadline = asyncio.get_running_loop().time() + IMPORT_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            stream = self._api.store.get(IMAGE_STREAMS, name)
            wanted = next(each.get("generation", 0) for each in stream["spec"]["tags"] if each["name"] == tag)
            known: Obj = next((each for each in stream["status"].get("tags") or [] if each["tag"] == tag), {})
            for condition in known.get("conditions") or []:
                if condition["type"] == "ImportSuccess" and condition.get("generation", 0) >= wanted:
                    failure = {"metadata": {}, "status": "Failure", "message": condition["message"]}
                    return {"status": {**failure, "reason": condition["reason"]}, "tag": tag}
            item = latest_item(stream, tag)
            if item and item.get("generation", 0) >= wanted:
                status = {"metadata": {}, "status": "Success"}
                return {"status": status, "image": self._image(item), "tag": tag}
            await asyncio.sleep(POLL)
        status = {"metadata": {}, "status": "Failure", "message": f"the import of {name}:{tag} took too long"}
        return {"status": status, "tag": tag}

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
        view: Obj = {"kind": "ImageStreamTag", "apiVersion": IMAGE_API, "metadata": view_meta, "tag": entry}
        view |= {
            "generation": (item or {}).get("generation", 0),
            "lookupPolicy": stream["spec"]["lookupPolicy"],
        }
        view |= {"conditions": known.get("conditions")}
        if item and with_image:
            view["image"] = self._image(item)
        elif item:
            view["image"] = {
                "metadata": {"name": item["image"]},
                "dockerImageReference": item["dockerImageReference"],
            }
        return view

    def _image(self, item: Obj) -> Obj:
        image = self._api.store.find(IMAGES, item["image"]) or {"metadata": {"name": item["image"]}}
        bare = {key: value for key, value in image.items() if key not in ("kind", "apiVersion")}
        return {**bare, "dockerImageReference": item["dockerImageReference"]}


def project(namespace: Obj) -> Obj:
    """A namespace as OpenShift's own kind."""
    return {**namespace, "kind": "Project", "apiVersion": "project.openshift.io/v1"}


def user_object(user: User, known: Obj | None) -> Obj:
    """`users/~`: who asks; a person who has logged in is `known`."""
    head = {"kind": "User", "apiVersion": "user.openshift.io/v1"}
    meta = {"name": user.name, **({"uid": user.uid} if user.uid else {})}
    return {**head, "metadata": meta, "identities": None, **(known or {}), "groups": sorted(user.groups)}


def _parts(name: str, separator: str, refusal: str) -> tuple[str, str]:
    head, found, tail = name.partition(separator)
    if not head or not found or not tail:
        raise errors.bad_request(refusal)
    return head, tail


def _import_entry(image: Obj) -> Obj:
    source = image["from"]["name"]
    default = source.rpartition("/")[2].partition(":")[2] or "latest"
    entry = {"name": (image.get("to") or {}).get("name") or default, "from": image["from"]}
    policies = {key: image[key] for key in ("importPolicy", "referencePolicy") if image.get(key)}
    return {**entry, **policies}
