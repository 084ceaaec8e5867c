"""Owner references, so that `oc delete all,pvc --selector app=NAME` leaves nothing behind.

`all` covers no secrets, config maps, network policies or disruption budgets. The hub's workload therefore
becomes the owner of those with its label, and the cluster's garbage collector deletes them with it.

An object that has an owner already keeps it. Where the hub may not set an owner, or the API does not answer,
the log says so, with the command that deletes the rest, and the start goes on.
Whoever sets an owner needs the right to delete the object (OwnerReferencesPermissionEnforcement).
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace

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
from .api import REQUEST_TIMEOUT, Cluster, ClusterUnreachable, find_cluster, status_message
from .workload import Workload, find_workload

OWNED = {
    "secret": CoreV1Api,
    "config_map": CoreV1Api,
    "network_policy": NetworkingV1Api,
    "pod_disruption_budget": PolicyV1Api,
}


def adopt_first(environ: Mapping[str, str] = os.environ) -> tuple[Cluster | None, bool]:
    """Find the API and set the owner references; of the settings only the application's name is needed.

    The second value is False where the API did not answer, so that a later attempt may succeed.
    """
    name = environ.get("APPLICATION_NAME") or "jupyterhub"
    try:
        cluster = find_cluster()
    except ClusterUnreachable as error:
        warn(name, [str(error)])
        raise
    return cluster, adopt(cluster, name)


def adopt(cluster: Cluster | None, application_name: str) -> bool:
    """Make the hub's own workload the owner of what has its label; False if the API did not answer."""
    if cluster is None:
        return True
    # A few attempts: what comes after this asks the API again, and waits longer for it.
    patient = replace(cluster, pauses=cluster.pauses[:3])
    try:
        if refusals := patient.ask(lambda client: _adopt_all(client, cluster.namespace, application_name)):
            warn(application_name, refusals)
    except ClusterUnreachable as error:
        warn(application_name, [str(error)])
        return False
    return True


def warn(name: str, reasons: list[str]) -> None:
    """Log what a later `oc delete` by label will miss, and the command that deletes it."""
    why = "; ".join(dict.fromkeys(reason.rstrip(".") for reason in reasons))
    kinds = ",".join(kind.replace("_", "") for kind in OWNED)
    say(
        f"WARNING: {why}. `oc delete all,pvc --selector app={name}` will not delete what has no owner; "
        f"this does: oc delete {kinds} --selector app={name}"
    )


async def _adopt_all(client: ApiClient, namespace: str, name: str) -> list[str]:
    """Return why objects were left without an owner."""
    try:
        owner = await find_workload(client, namespace) or await _workload_by_name(client, namespace, name)
    except ApiException as refusal:
        return [_reason(refusal)]
    if owner is None:
        return [f"There is no workload {name} with the label app={name}"]
    kinds = (_adopt_kind(api(client), kind, namespace, name, owner) for kind, api in OWNED.items())
    refusals: list[str] = []
    for outcome in await asyncio.gather(*kinds, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome
        refusals += outcome
    return refusals


async def _workload_by_name(client: ApiClient, namespace: str, name: str) -> Workload | None:
    """Return the DeploymentConfig or Deployment of the hub's name, if it has the hub's label."""
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
    return Workload(version, kind, name, metadata["uid"])


async def _adopt_kind(api: object, kind: str, namespace: str, name: str, owner: Workload) -> list[str]:
    try:
        found = await getattr(api, f"list_namespaced_{kind}")(
            namespace, label_selector=f"app={name}", _request_timeout=REQUEST_TIMEOUT
        )
    except ApiException as refusal:
        return [_reason(refusal)]
    refusals = []
    for item in found.items:
        if item.metadata.owner_references:
            continue
        # The resource version makes the cluster refuse this if another hub has become the owner meanwhile.
        metadata = {
            "resourceVersion": item.metadata.resource_version,
            "ownerReferences": [owner.owner_reference()],
        }
        try:
            await getattr(api, f"patch_namespaced_{kind}")(
                item.metadata.name,
                namespace,
                {"metadata": metadata},
                _content_type="application/merge-patch+json",
                _request_timeout=REQUEST_TIMEOUT,
            )
            say(f"{owner.kind} {owner.name} now owns the {kind.replace('_', ' ')} {item.metadata.name}")
        except ApiException as refusal:
            refusals.append(_reason(refusal))
    return refusals


def _reason(refusal: ApiException) -> str:
    """Return the API's message; raise the refusal again if a later attempt may succeed."""
    if refusal.status >= 500 or refusal.status == 429:
        raise refusal
    return status_message(refusal)
