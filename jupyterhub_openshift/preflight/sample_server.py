"""Whether the API would create a server: the pod and the claim of a sample user, as a dry run.

A dry run goes through the admission of the API: quota, limit ranges, security context constraints, and the
policies of the cluster. https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
"""

from collections.abc import AsyncIterator

from kubernetes_asyncio.client import ApiClient, ApiException, CoreV1Api
from traitlets.config import Config

from ..cluster.api import REQUEST_TIMEOUT, Cluster
from ..config_files.hub_check import sample_servers
from ..config_files.pod_schema import Obj
from ..spawner.api_refusals import refused
from .finding import PASSED, UNKNOWN, WARNING, Finding

CHECK = "sample server"
REFUSED = (403, 422)  # forbidden and invalid; another answer says nothing about the server


def check_sample_server(c: Config, cluster: Cluster) -> Finding:
    """Report what the API refuses in a server of the default size, and in each profile's."""
    try:
        servers = sample_servers(c)
    except (Exception, SystemExit) as error:  # what stops the hub has been found before
        return Finding(CHECK, UNKNOWN, f"The check cannot build a server ({type(error).__name__}: {error}).")

    async def ask(client: ApiClient) -> list[str]:
        return [line for profile, each in servers async for line in _refusals(client, cluster, profile, each)]

    if refusals := cluster.ask(ask):
        return Finding(CHECK, WARNING, " ".join(dict.fromkeys(refusals)))
    return Finding(CHECK, PASSED, "The API accepts a server and its volume.")


async def _refusals(
    client: ApiClient, cluster: Cluster, profile: str, manifests: list[Obj]
) -> AsyncIterator[str]:
    api = CoreV1Api(client)
    create = {
        "Pod": api.create_namespaced_pod,
        "PersistentVolumeClaim": api.create_namespaced_persistent_volume_claim,
    }
    for manifest in manifests:
        try:
            await create[manifest["kind"]](
                cluster.namespace, manifest, dry_run="All", _request_timeout=REQUEST_TIMEOUT
            )
        except ApiException as refusal:
            if refusal.status in REFUSED:
                yield _sentence(refusal, profile)


def _sentence(refusal: ApiException, profile: str) -> str:
    first = refused(refusal).jupyterhub_message.partition("\n\n")[0].rstrip(".")
    where = f"With the profile {profile!r}: " if profile else ""
    return f"{where}{first}."
