"""What the API answers about the hub's project, asked once and concurrently; the checks evaluate it.

Each answer is the JSON of an object or list, or a `Refusal`: a check must cope with "forbidden", since the
hub may have the role `edit` or the smaller Role of the templates.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from kubernetes_asyncio.client import ApiClient, ApiException

from ..cluster.api import REQUEST_TIMEOUT, Cluster, status_message
from ..cluster.workload import Workload, find_workload
from ..spawner.shared_data.labels import CONNECTION, SHARED_VOLUME
from ..spawner.shared_data.lists import METADATA_ONLY, claims_path, secrets_path
from .permissions import Permission, grants

Obj = dict[str, Any]
CONNECTIONS = "connections"  # secrets, of which only the metadata is read
WORKLOADS = {"DeploymentConfig": "apis/apps.openshift.io/v1", "Deployment": "apis/apps/v1"}


@dataclass(frozen=True)
class Refusal:
    """An answer that is not an object: forbidden, not found, or an error of the server."""

    status: int
    message: str

    @property
    def unknown_kind(self) -> bool:
        """Whether the API does not serve the kind at all, as plain Kubernetes does not serve routes."""
        return self.status == 404 and "not found" not in self.message.replace("page not found", "")


Answer = Obj | Refusal


@dataclass(frozen=True)
class Facts:
    """The answers, by a name for each; `items` has those of lists."""

    namespace: str
    name: str
    answers: Mapping[str, Answer] = field(default_factory=dict)
    workload: Workload | None = None  # the hub's own
    missing: tuple[Permission, ...] | None = ()  # None: may not be reviewed
    clock_ahead: float | None = None  # seconds, of this pod's clock before the API's

    def get(self, what: str) -> Answer:
        """Return an answer; what was not asked for counts as not found."""
        return self.answers.get(what, Refusal(404, f"{what} not found"))

    def items(self, what: str) -> list[Obj] | None:
        """Return the objects of a list; None if they may not be read."""
        answer = self.get(what)
        return None if isinstance(answer, Refusal) else list(answer["items"])


def paths(namespace: str, name: str, image: str, account: str) -> dict[str, str]:
    """Return what is asked for, by its name."""
    core = f"/api/v1/namespaces/{namespace}"
    images = f"/apis/image.openshift.io/v1/namespaces/{namespace}"
    stream, _, tag = image.partition(":")
    return {
        "route": f"/apis/route.openshift.io/v1/namespaces/{namespace}/routes/{name}",
        "quotas": f"{core}/resourcequotas",
        "limit ranges": f"{core}/limitranges",
        "storage classes": "/apis/storage.k8s.io/v1/storageclasses",
        "network policies": f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies",
        "config maps": f"{core}/configmaps?labelSelector=app={name}",
        "shared volumes": f"{claims_path(namespace)}?labelSelector={SHARED_VOLUME}",
        CONNECTIONS: f"{secrets_path(namespace)}?labelSelector={CONNECTION}",
        "service account": f"{core}/serviceaccounts/{account}",
        **(
            {}
            if "/" in image or "@" in image
            else {
                "image": f"{images}/imagestreams/{stream}",
                "image stream tag": f"{images}/imagestreamtags/{stream}:{tag or 'latest'}",
            }
        ),
        **{
            f"{kind} {part}": f"/{api}/namespaces/{namespace}/{kind.lower()}s/{part}"
            for kind, api in WORKLOADS.items()
            for part in (name, f"{name}-proxy", f"{name}-db")
        },
    }


def ask(cluster: Cluster, name: str, wanted: Mapping[str, str], permissions: tuple[Permission, ...]) -> Facts:
    """Ask for everything at once."""

    async def ask_all(client: ApiClient) -> Facts:
        async def missing() -> tuple[Permission, ...] | None:
            try:
                return await _missing(client, cluster.namespace, permissions)
            except ApiException as refusal:
                if refusal.status == 403:
                    return None
                raise

        async def answers() -> list[tuple[Answer, float | None]]:
            return await asyncio.gather(*(_get(client, what, path) for what, path in wanted.items()))

        found, workload, lacking = await asyncio.gather(
            answers(), find_workload(client, cluster.namespace), missing()
        )
        return Facts(
            cluster.namespace,
            name,
            {what: answer for what, (answer, _) in zip(wanted, found, strict=True)},
            workload,
            lacking,
            next((ahead for _, ahead in found if ahead is not None), None),
        )

    return cluster.ask(ask_all)


async def _get(client: ApiClient, what: str, path: str) -> tuple[Answer, float | None]:
    """Return the answer, and by how many seconds our clock is ahead of the server's."""
    plain, _, query = path.partition("?")
    before = time.time()
    try:
        body, _, headers = await client.call_api(
            plain,
            "GET",
            query_params=[tuple(query.split("=", 1))] if query else [],
            header_params={"Accept": METADATA_ONLY if what == CONNECTIONS else "application/json"},
            auth_settings=["BearerToken"],
            response_types_map={200: "object"},
            _request_timeout=REQUEST_TIMEOUT,
        )
    except ApiException as refusal:
        if refusal.status >= 500 or refusal.status == 429:
            raise  # asked again
        return Refusal(refusal.status, status_message(refusal)), None
    date = headers.get("Date")
    ahead = (before + time.time()) / 2 - parsedate_to_datetime(date).timestamp() if date else None
    return body, ahead


async def _missing(
    client: ApiClient, namespace: str, permissions: tuple[Permission, ...]
) -> tuple[Permission, ...]:
    """Return the permissions that the service account lacks.

    One request returns the rules of RBAC. Other authorizers may grant more, so a permission that the rules do
    not grant is reviewed on its own.
    """
    rules = await _review(
        client, "selfsubjectrulesreviews", "SelfSubjectRulesReview", {"namespace": namespace}
    )
    doubtful = [each for each in permissions if not grants(rules.get("resourceRules") or [], each)]
    reviews = await asyncio.gather(
        *(
            _review(
                client,
                "selfsubjectaccessreviews",
                "SelfSubjectAccessReview",
                {"resourceAttributes": each.attributes(namespace)},
            )
            for each in doubtful
        )
    )
    return tuple(each for each, review in zip(doubtful, reviews, strict=True) if not review.get("allowed"))


async def _review(client: ApiClient, resource: str, kind: str, spec: Obj) -> Obj:
    """Return the status of a review."""
    answer = await client.call_api(
        f"/apis/authorization.k8s.io/v1/{resource}",
        "POST",
        header_params={"Accept": "application/json", "Content-Type": "application/json"},
        body={"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec},
        auth_settings=["BearerToken"],
        response_types_map={201: "object"},
        _return_http_data_only=True,
        _request_timeout=REQUEST_TIMEOUT,
    )
    status: Obj = answer["status"]
    return status
