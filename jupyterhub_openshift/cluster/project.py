"""The OpenShift project that we run in, as far as the hub needs to know it.

| what | where it is read | where it cannot be read |
|---|---|---|
| UID of notebooks | namespace: first of `sa.scc.uid-range` | our own, if a project's; else the cluster's |
| fsGroup | namespace: first of `sa.scc.supplemental-groups` | the same number |
| login server | what the API says of it, RFC 8414 | there is no OpenShift login |
"""

import os
import re
from dataclasses import dataclass

from kubernetes_asyncio.client import ApiClient, ApiException, CoreV1Api

from ..errors import say
from .api import REQUEST_TIMEOUT, Cluster

# What OpenShift deals out to projects (securityAllocator.uidAllocatorRange of its controller manager).
PROJECT_UIDS = range(1_000_000_000, 2_000_000_000)


@dataclass(frozen=True)
class Project:
    """None: it could not be read, or there is none."""

    namespace: str
    uid: int | None = None
    fs_group: int | None = None
    login_server: str | None = None
    known: bool = True  # False: there is no cluster that could have been asked


def read_project(cluster: Cluster | None) -> Project:
    """Read it once, at the hub's start."""
    if cluster is None:
        say("Not in a cluster: the project's values are left out")
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
    """The first number of `1000620000/10000` or `1000620000-1000629999`; several are joined with a comma."""
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
