"""The OpenShift project that the hub runs in.

| value | source | if the source cannot be read |
|---|---|---|
| UID of notebooks | annotation `sa.scc.uid-range` of the namespace: its first UID | the hub's own UID |
| fsGroup | annotation `sa.scc.supplemental-groups`: its first group | the same number |
| login server | the API's OAuth metadata (RFC 8414) | OpenShift login is not available |

A hub whose own UID is in no project's range (plain Kubernetes) leaves the notebooks' UID to the cluster.
"""

import os
import re
from dataclasses import dataclass

from kubernetes_asyncio.client import ApiClient, ApiException, CoreV1Api

from ..errors import say
from .api import REQUEST_TIMEOUT, Cluster

# OpenShift allocates projects' UIDs from this range (securityAllocator.uidAllocatorRange)
PROJECT_UIDS = range(1_000_000_000, 2_000_000_000)


@dataclass(frozen=True)
class Project:
    """The project's values; None where a value could not be read or does not exist."""

    namespace: str
    uid: int | None = None
    fs_group: int | None = None
    login_server: str | None = None
    known: bool = True  # False outside of a cluster


def read_project(cluster: Cluster | None) -> Project:
    """Read the project from the API."""
    if cluster is None:
        say("Not in a cluster: no UID range and no login server are read")
        return Project(namespace="default", known=False)
    namespace = cluster.namespace

    async def read(client: ApiClient) -> Project:
        annotations = await _namespace_annotations(client, namespace)
        uid = first_id(annotations.get("openshift.io/sa.scc.uid-range"))
        group = first_id(annotations.get("openshift.io/sa.scc.supplemental-groups"))
        if uid is None and os.getuid() in PROJECT_UIDS:
            uid = os.getuid()
        return Project(
            namespace,
            uid,
            uid if group is None else group,
            await _login_server(client),
        )

    return cluster.ask(read)


def first_id(ranges: str | None) -> int | None:
    """Return the first number of `1000620000/10000` or `1000620000-1000629999`; commas separate ranges."""
    match = re.fullmatch(r"([0-9]+)([/-][0-9]+)?", (ranges or "").partition(",")[0])
    return int(match[1]) if match else None


async def _namespace_annotations(client: ApiClient, namespace: str) -> dict[str, str]:
    try:
        answer = await CoreV1Api(client).read_namespace(namespace, _request_timeout=REQUEST_TIMEOUT)
    except ApiException as refusal:
        if refusal.status not in (403, 404):
            raise
        return {}
    return answer.metadata.annotations or {}


async def _login_server(client: ApiClient) -> str | None:
    try:
        metadata = await client.call_api(
            "/.well-known/oauth-authorization-server",
            "GET",
            auth_settings=["BearerToken"],
            response_types_map={200: "object"},
            _return_http_data_only=True,
            _request_timeout=REQUEST_TIMEOUT,
        )
    except ApiException as refusal:
        if refusal.status not in (403, 404):
            raise
        return None
    return str(metadata["issuer"])
