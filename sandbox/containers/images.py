"""All images of a sandbox: those that builds made, and the base images that it brings."""

from __future__ import annotations

import json

from sandbox.containers import base_images
from sandbox.containers.image_store import Image, ImageStore, write


class Images(ImageStore):
    """An image store that also knows the base images by their usual names."""

    def get(self, digest_or_reference: str) -> Image | None:
        """The image of a digest, of a reference with a digest, or of a base image's usual name."""
        if image := super().get(digest_or_reference):
            return image
        is_digest = digest_or_reference.rpartition("@")[2].startswith("sha256:")
        name = None if is_digest else base_images.base_name(digest_or_reference)
        return self.base(name) if name else None

    def base(self, name: str) -> Image:
        """A base image, made at its first use."""
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
