"""Grow a user's volume to the configured size, where its storage class allows that.

| the API answers | meaning | what happens |
|---|---|---|
| 200 | the storage grows the volume, at the latest when the server starts | nothing |
| 403 | the class has no `allowVolumeExpansion`, or a quota is used up | a line in the log |
| 404 | the claim is gone | the start says so |
| 422 | the volume is larger already, as volumes never shrink | nothing |

https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
"""

from kubernetes_asyncio.client import ApiException, CoreV1Api

from ..cluster.api import status_message


async def grow_volume(api: CoreV1Api, namespace: str, claim: str, size: str, timeout: float) -> str:
    """Request the size; return why the volume keeps its own, or an empty text."""
    request = {"spec": {"resources": {"requests": {"storage": size}}}}
    try:
        await api.patch_namespaced_persistent_volume_claim(
            claim,
            namespace,
            request,
            _content_type="application/merge-patch+json",
            _request_timeout=timeout,
        )
    except ApiException as refusal:
        if refusal.status == 403:
            return status_message(refusal)
        if refusal.status not in (404, 422):
            raise
    return ""
