"""The image that a notebook server starts from.

| JUPYTERHUB_NOTEBOOK_IMAGE | what the pod gets |
|---|---|
| `minimal-notebook:3.12` | what tag 3.12 of the project's image stream is at this start, by digest |
| `minimal-notebook` | tag latest of it |
| `quay.io/jupyter/base-notebook:latest` | the same, unchanged: what has a `/` names its registry |
| `minimal-notebook:3.12` on a Kubernetes without image streams | the same, unchanged |
"""

from typing import Any

from kubernetes_asyncio.client import ApiException, CustomObjectsApi

from ..cluster.api import status_message
from .spawn_failures import SpawnRefused


async def resolve_image(reference: str, namespace: str, api: CustomObjectsApi) -> str:
    """What the kubelet can pull for a reference, or a SpawnRefused that the user reads on the spawn page."""
    if "/" in reference or "@" in reference:
        return reference
    name, _, tag = reference.partition(":")
    try:
        stream = await api.get_namespaced_custom_object(
            "image.openshift.io", "v1", namespace, "imagestreams", name, _request_timeout=10
        )
    except ApiException as refusal:
        if refusal.status == 404 and "imagestreams" not in status_message(refusal):
            return reference  # no image streams at all: this is not an OpenShift
        if refusal.status != 404:
            raise
        raise SpawnRefused(
            f'There is no image stream "{name}" in the project {namespace}. '
            "This command lists those that there are: oc get imagestreams",
            reason="image",
            status_code=503,
        ) from None
    return image_of_tag(stream, tag or "latest")


def image_of_tag(stream: dict[str, Any], tag: str) -> str:
    """The newest image of a tag, by digest; from the project's registry where the tag asks for that.

    The same choice as the cluster's own at admission, ResolveReferenceForTagEvent in openshift/library-go.
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
            f"The tags that it has: {', '.join(sorted(filled)) or 'none'}. "
            f"This command lists them: oc get imagestream {name}",
            reason="image",
            status_code=503,
        )
    policies = {
        entry["name"]: entry.get("referencePolicy") or {} for entry in stream["spec"].get("tags") or []
    }
    repository = stream["status"].get("dockerImageRepository")
    if policies.get(tag, {}).get("type") == "Local" and repository:
        return f"{repository}@{items[0]['image']}"
    return str(items[0]["dockerImageReference"])
