"""`oc delete all,pvc --selector app=NAME` must leave nothing behind.

But `all` covers no secrets, config maps, network policies or disruption budgets. So the hub's workload
becomes the owner of those with its label, and the cluster's garbage collector takes them along.

What has an owner already is left alone. Where the hub may not do this, a line says so and it starts anyway.
Who makes something owned must have the right to delete it (OwnerReferencesPermissionEnforcement).
"""

from typing import Any

from kubernetes_asyncio.client import (
    ApiClient,
    ApiException,
    AppsV1Api,
    CoreV1Api,
    CustomObjectsApi,
    NetworkingV1Api,
    PolicyV1Api,
)

from ..errors import say
from .api import REQUEST_TIMEOUT, Cluster, status_message

ADOPTED = {
    "secret": CoreV1Api,
    "config_map": CoreV1Api,
    "network_policy": NetworkingV1Api,
    "pod_disruption_budget": PolicyV1Api,
}


def adopt(cluster: Cluster | None, application_name: str) -> None:
    """Make the hub's own workload the owner of what carries the application's label."""
    if cluster is None:
        return
    namespace = cluster.namespace

    async def adopt_all(client: ApiClient) -> None:
        try:
            owner = await _workload(client, namespace, application_name)
            if owner is None:
                say(f"No workload {application_name} with its label: nothing is adopted")
                return
            for kind, api in ADOPTED.items():
                await _adopt_kind(api(client), kind, namespace, owner)
        except ApiException as refusal:
            _warn(refusal, application_name)

    cluster.ask(adopt_all)


async def _workload(client: ApiClient, namespace: str, name: str) -> dict[str, Any] | None:
    """The owner reference of the hub's DeploymentConfig or Deployment."""
    try:
        found = await CustomObjectsApi(client).get_namespaced_custom_object(
            "apps.openshift.io", "v1", namespace, "deploymentconfigs", name, _request_timeout=REQUEST_TIMEOUT
        )
        kind, version, metadata = "DeploymentConfig", "apps.openshift.io/v1", found["metadata"]
    except ApiException as refusal:
        if refusal.status not in (403, 404):
            raise
        try:
            deployment = await AppsV1Api(client).read_namespaced_deployment(
                name, namespace, _request_timeout=REQUEST_TIMEOUT
            )
        except ApiException as second:
            if second.status != 404:
                raise
            return None
        kind, version, metadata = "Deployment", "apps/v1", deployment.metadata.to_dict()
    if (metadata.get("labels") or {}).get("app") != name:
        return None
    return {
        "apiVersion": version,
        "kind": kind,
        "name": name,
        "uid": metadata["uid"],
        "controller": False,
        "blockOwnerDeletion": False,
    }


async def _adopt_kind(api: object, kind: str, namespace: str, owner: dict[str, Any]) -> None:
    name = owner["name"]
    try:
        found = await getattr(api, f"list_namespaced_{kind}")(
            namespace, label_selector=f"app={name}", _request_timeout=REQUEST_TIMEOUT
        )
    except ApiException as refusal:
        _warn(refusal, name)
        return
    for item in found.items:
        if item.metadata.owner_references:
            continue
        # The resource version makes the cluster refuse this if another adopted it meanwhile.
        metadata = {"resourceVersion": item.metadata.resource_version, "ownerReferences": [owner]}
        try:
            await getattr(api, f"patch_namespaced_{kind}")(
                item.metadata.name,
                namespace,
                {"metadata": metadata},
                _content_type="application/merge-patch+json",
                _request_timeout=REQUEST_TIMEOUT,
            )
            say(f"{owner['kind']} {name} now owns the {kind.replace('_', ' ')} {item.metadata.name}")
        except ApiException as refusal:
            _warn(refusal, name)


def _warn(refusal: ApiException, name: str) -> None:
    if refusal.status >= 500 or refusal.status == 429:
        raise refusal  # asked again
    say(
        f"WARNING: {status_message(refusal)}. What the hub cannot adopt stays behind after "
        f"`oc delete all,pvc --selector app={name}`: delete it by hand"
    )
