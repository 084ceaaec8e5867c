"""`imagestreamimports`: what `oc import-image` creates, and waits for."""

from __future__ import annotations

import asyncio

from sandbox.admission.lookup import latest_item
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import IMAGE_STREAMS
from sandbox.registry.api import Api
from sandbox.registry.image_stream_images import image_of
from sandbox.registry.rest import Context, Storage

IMPORT_SECONDS = 60.0
POLL = 0.05


class ImageStreamImports(Storage):
    """Writes tags into a stream, which its controller imports, and reports how each import ended."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._store = api.store

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Import and wait until it is done; without `spec.import` only report that it could be done."""
        name, spec = obj["metadata"]["name"], obj["spec"]
        wanted = [_import_entry(image) for image in spec.get("images") or []]
        if not spec.get("import"):
            success = {"metadata": {}, "status": "Success"}
            return {
                **obj,
                "status": {"images": [{"status": success, "tag": entry["name"]} for entry in wanted]},
            }
        stream = self._store.find(IMAGE_STREAMS, name)
        if stream is None:
            new = {"metadata": {"name": name}, "spec": {"tags": wanted}}
            self._api.create(IMAGE_STREAMS, new, context.user)
        else:
            names = {entry["name"] for entry in wanted}
            others = [each for each in stream["spec"].get("tags") or [] if each["name"] not in names]
            again = [{**entry, "generation": 0} for entry in wanted]
            spec = {**stream["spec"], "tags": [*others, *again]}
            self._api.update(IMAGE_STREAMS, {**stream, "spec": spec}, context.user)
        results = [await self._result(name, entry["name"]) for entry in wanted]
        return {**obj, "status": {"import": self._store.get(IMAGE_STREAMS, name), "images": results}}

    async def _result(self, name: str, tag: str) -> Obj:
        deadline = asyncio.get_running_loop().time() + IMPORT_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            stream = self._store.get(IMAGE_STREAMS, name)
            wanted = next(each.get("generation", 0) for each in stream["spec"]["tags"] if each["name"] == tag)
            known: Obj = next((each for each in stream["status"].get("tags") or [] if each["tag"] == tag), {})
            for condition in known.get("conditions") or []:
                if condition["type"] == "ImportSuccess" and condition.get("generation", 0) >= wanted:
                    failure = {"metadata": {}, "status": "Failure", "message": condition["message"]}
                    return {"status": {**failure, "reason": condition["reason"]}, "tag": tag}
            item = latest_item(stream, tag)
            if item and item.get("generation", 0) >= wanted:
                status = {"metadata": {}, "status": "Success"}
                return {"status": status, "image": image_of(self._store, item), "tag": tag}
            await asyncio.sleep(POLL)
        status = {"metadata": {}, "status": "Failure", "message": f"the import of {name}:{tag} took too long"}
        return {"status": status, "tag": tag}


def _import_entry(image: Obj) -> Obj:
    source = image["from"]["name"]
    default = source.rpartition("/")[2].partition(":")[2] or "latest"
    entry = {"name": (image.get("to") or {}).get("name") or default, "from": image["from"]}
    policies = {key: image[key] for key in ("importPolicy", "referencePolicy") if image.get(key)}
    return {**entry, **policies}
