"""The images of a sandbox: built images and base images."""

from __future__ import annotations

import json

from sandbox.containers import base_images
from sandbox.containers.image_store import Image, ImageStore, write


class Images(ImageStore):
    """An image store that also knows the base images by their usual names."""

    def get(self, digest_or_reference: str) -> Image | None:
        """Find an image by digest, by reference with digest, or by the usual name of a base image."""
        if image := super().get(digest_or_reference):
            return image
        is_digest = digest_or_reference.rpartition("@")[2].startswith("sha256:")
        name = None if is_digest else base_images.base_name(digest_or_reference)
        return self.base(name) if name else None

    def base(self, name: str) -> Image:
        """Return a base image; the first use builds it."""
        record = self.directory / "bases" / f"{name}.json"
        recipe = base_images.recipe(name)
        if record.is_file():
            made = json.loads(record.read_text())
            image = super().get(made["digest"])
            if made["recipe"] == recipe and image:
                return image
        image = base_images.make(name, self)
        write(record, json.dumps({"recipe": recipe, "digest": image.digest}))
        return image
