"""Whether there is an image for the notebook servers, and whether the hub knows how it starts."""

from collections.abc import Sequence

from ..spawner.image_contracts import ImageConfig, contract_of
from ..spawner.image_streams import image_of_tag
from ..spawner.spawn_failures import SpawnRefused
from .facts import Facts, Refusal
from .finding import PASSED, UNKNOWN, WARNING, Finding

CHECK = "notebook image"


def check_image(facts: Facts, image: str, command: Sequence[str] | None = None) -> Finding:
    """Report an image stream or tag that is missing or empty, and an image that needs a `command`.

    It is a warning: a build may be about to push the image, as after `oc new-app jupyterhub-quickstart`.
    """
    if "/" in image or "@" in image:
        message = f"Notebook servers start from the image {image}, which the nodes pull from its registry."
        return Finding(CHECK, PASSED, message)
    name, _, tag = image.partition(":")
    tag = tag or "latest"
    stream = facts.get("image")
    if isinstance(stream, Refusal):
        if stream.unknown_kind:
            message = f"This cluster has no image streams; the nodes pull the image {image}."
            return Finding(CHECK, PASSED, message)
        if stream.status == 404:
            message = f"The image stream {name}, from which notebook servers start, does not exist."
            return Finding(CHECK, WARNING, message, "oc get imagestreams")
        return Finding(CHECK, UNKNOWN, f"The hub may not read image streams: {stream.message}.")
    tags = {entry["tag"]: entry for entry in stream.get("status", {}).get("tags") or []}
    if not tags.get(tag, {}).get("items"):
        reasons = [condition.get("message", "") for condition in tags.get(tag, {}).get("conditions") or []]
        reason = next((f": {text}" for text in reasons if text), "")
        message = f"The image stream tag {name}:{tag} of the notebook servers has no image{reason}."
        return Finding(CHECK, WARNING, message, f"oc describe imagestream/{name}")
    message = f"The image stream tag {name}:{tag} has an image."
    described = facts.get("image stream tag")
    config = None if isinstance(described, Refusal) else ImageConfig.of_image(described["image"])
    if config and command is None:
        try:
            contract_of(config, f"{name}:{tag}", image_of_tag(stream, tag).contract)
        except SpawnRefused as refusal:
            return Finding(CHECK, WARNING, refusal.jupyterhub_message)
    return Finding(CHECK, PASSED, message, f"oc describe imagestream/{name}")
