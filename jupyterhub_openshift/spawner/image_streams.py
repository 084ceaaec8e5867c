"""Resolves an image stream tag to the image that the pod runs.

| JUPYTERHUB_NOTEBOOK_IMAGE | image in the pod |
|---|---|
| `minimal-notebook:3.12` | the current image of the image stream tag, by digest |
| `minimal-notebook` | the current image of the tag `latest`, by digest |
| `quay.io/jupyter/base-notebook:latest` | unchanged: a name with a `/` includes its registry |
| `minimal-notebook:3.12` on a Kubernetes without image streams | unchanged |

OpenShift keeps the metadata of an image with the image stream tag. It is read once for each digest.
"""

from typing import Any, NamedTuple

from kubernetes_asyncio.client import ApiException, CustomObjectsApi

from ..cluster.api import status_message
from .image_contracts import LABEL, ImageConfig
from .spawn_failures import SpawnRefused

_configs: dict[str, ImageConfig | None] = {}  # by digest


class ResolvedImage(NamedTuple):
    """An image that the kubelet can pull; the other fields are empty outside of an image stream."""

    reference: str
    tag: str = ""  # of the image stream: `minimal-notebook:3.12`
    digest: str = ""
    contract: str = ""  # named by an annotation of the tag or of the stream


async def resolve_image(reference: str, namespace: str, api: CustomObjectsApi) -> ResolvedImage:
    """Return an image that the kubelet can pull; raise SpawnRefused if the image stream does not exist."""
    if "/" in reference or "@" in reference:
        return ResolvedImage(reference)
    name, _, tag = reference.partition(":")
    try:
        stream = await api.get_namespaced_custom_object(
            "image.openshift.io", "v1", namespace, "imagestreams", name, _request_timeout=10
        )
    except ApiException as refusal:
        if refusal.status == 404 and "imagestreams" not in status_message(refusal):
            return ResolvedImage(reference)  # the API has no image streams: plain Kubernetes
        if refusal.status != 404:
            raise
        raise SpawnRefused(
            f'The project {namespace} has no image stream "{name}". '
            "This command lists the image streams: oc get imagestreams",
            reason="image-stream",
            status_code=503,
        ) from None
    return image_of_tag(stream, tag or "latest")


async def read_config(image: ResolvedImage, namespace: str, api: CustomObjectsApi) -> ImageConfig | None:
    """Return the metadata of an image in an image stream; None where there is none, or it may not be read."""
    if not image.tag or image.digest in _configs:
        return _configs.get(image.digest)
    try:
        tag = await api.get_namespaced_custom_object(
            "image.openshift.io", "v1", namespace, "imagestreamtags", image.tag, _request_timeout=10
        )
    except ApiException as refusal:
        if refusal.status in (403, 404):
            return None
        raise
    found = ImageConfig.of_image(tag["image"])
    _configs[tag["image"]["metadata"]["name"]] = found
    return found


def image_of_tag(stream: dict[str, Any], tag: str) -> ResolvedImage:
    """Return the newest image of a tag by digest; from the internal registry if the tag's policy is Local.

    Follows ResolveReferenceForTagEvent in openshift/library-go, which the cluster uses at admission.
    """
    name = stream["metadata"]["name"]
    tags = {entry["tag"]: entry for entry in stream.get("status", {}).get("tags") or []}
    items = tags.get(tag, {}).get("items")
    if not items:
        filled = [entry for entry, event in tags.items() if event.get("items")]
        failures = [
            str(c.get("message")) for c in tags.get(tag, {}).get("conditions") or [] if c.get("message")
        ]
        raise SpawnRefused(
            f'The image stream "{name}" in the project {stream["metadata"]["namespace"]} has no image '
            f'with the tag "{tag}"{": " + failures[0] if failures else ""}. '
            f"Its tags with an image: {', '.join(sorted(filled)) or 'none'}. "
            f"This command lists its tags: oc get imagestream {name}",
            reason="image-stream",
            status_code=503,
        )
    spec: dict[str, Any] = next(
        (entry for entry in stream["spec"].get("tags") or [] if entry["name"] == tag), {}
    )
    annotations = (stream["metadata"].get("annotations") or {}) | (spec.get("annotations") or {})
    digest, reference = items[0]["image"], items[0]["dockerImageReference"]
    repository = stream["status"].get("dockerImageRepository")
    if (spec.get("referencePolicy") or {}).get("type") == "Local" and repository:
        reference = f"{repository}@{digest}"
    return ResolvedImage(reference, f"{name}:{tag}", digest, annotations.get(LABEL, ""))
