"""The user, hub and pod of the spawner's tests."""

from types import SimpleNamespace

import pytest
from kubernetes_asyncio.client import ApiClient

from jupyterhub_openshift.spawner.openshift_spawner import OpenShiftSpawner
from jupyterhub_openshift.spawner.spawn_failures import SpawnRefused

UUID = "5b7eac5d-da83-42d4-dac1-d7f2ee00e30a"
PODS = "/api/v1/namespaces/rec/pods"
STREAM = "/apis/image.openshift.io/v1/namespaces/rec/imagestreams/minimal-notebook"
DIGEST = "sha256:9dec9fc35ff851ef02730746bbfc17db0ceeff63ffa1d93b66359a215de8aa41"
HUB = SimpleNamespace(
    public_host="https://jupyterhub-rec.apps.real.test",
    base_url="/hub/",
    api_url="http://jupyterhub:8081/hub/api",
)


async def manifest(spawner: OpenShiftSpawner) -> dict:
    return ApiClient().sanitize_for_serialization(await spawner.get_pod_manifest())


async def requested(spawner, api, recorded) -> dict:
    """Return the pod that a start asks the API for; the API refuses it, which ends the start."""
    api.answers["POST", "/api/v1/namespaces/rec/persistentvolumeclaims"] = (201, {})
    api.answer(recorded["create pod over the quota"])
    with pytest.raises(SpawnRefused):
        await spawner.start()
    return next(body for method, path, body in api.requests if (method, path) == ("POST", PODS))
