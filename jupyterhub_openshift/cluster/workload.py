"""The workload that runs the hub: the Deployment or DeploymentConfig at the end of its pod's owner chain.

| object | its controller |
|---|---|
| the pod `$HOSTNAME` | ReplicaSet, or ReplicationController |
| ReplicaSet | Deployment |
| ReplicationController | DeploymentConfig |

The name alone does not identify it: a Deployment and a DeploymentConfig may have the same name.
"""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from kubernetes_asyncio.client import ApiClient, ApiException, AppsV1Api, CoreV1Api

from .api import REQUEST_TIMEOUT


class Workload(NamedTuple):
    """A Deployment or DeploymentConfig."""

    api_version: str
    kind: str
    name: str
    uid: str

    def owner_reference(self) -> dict[str, Any]:
        """Return a reference with which the garbage collector deletes an object after this workload."""
        return {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "name": self.name,
            "uid": self.uid,
            "controller": False,
            "blockOwnerDeletion": False,
        }


async def find_workload(
    client: ApiClient, namespace: str, environ: Mapping[str, str] = os.environ
) -> Workload | None:
    """Return the workload of this pod; None for a pod without one, or if it may not be read."""
    try:
        # Not a GET of the pod: the hub's Role allows to list pods.
        pods = await CoreV1Api(client).list_namespaced_pod(
            namespace,
            field_selector=f"metadata.name={environ.get('HOSTNAME', '')}",
            _request_timeout=REQUEST_TIMEOUT,
        )
        owner = _controller(pods.items[0]) if pods.items else None
        if owner is None:
            return None
        if owner.kind == "ReplicaSet":
            read = AppsV1Api(client).read_namespaced_replica_set
        elif owner.kind == "ReplicationController":
            read = CoreV1Api(client).read_namespaced_replication_controller
        else:
            return Workload(owner.api_version, owner.kind, owner.name, owner.uid)
        top = _controller(await read(owner.name, namespace, _request_timeout=REQUEST_TIMEOUT)) or owner
        return Workload(top.api_version, top.kind, top.name, top.uid)
    except ApiException as refusal:
        if refusal.status not in (403, 404):
            raise
        return None


def _controller(obj: Any) -> Any:  # noqa: ANN401 (models of kubernetes_asyncio)
    return next((owner for owner in obj.metadata.owner_references or [] if owner.controller), None)
