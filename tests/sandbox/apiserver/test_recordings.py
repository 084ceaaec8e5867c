"""The sandbox's API answers the recorded requests as the real one did, in the same order."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from sandbox import controllers, seed
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.store import Store
from sandbox.apiserver.http import application
from sandbox.authorization.users import ADMIN, Tokens, person
from sandbox.containers.images import Images
from sandbox.controllers.deployer import Deployer
from sandbox.controllers.deploymentconfigs import phase
from sandbox.controllers.loop import Cluster
from sandbox.kubelet.kubelet import Kubelet
from sandbox.kubelet.node import Node
from sandbox.network.services import Network
from sandbox.registry.api import Api
from sandbox.scheduler.scheduler import Scheduler
from tests.sandbox.recorded import RECORDINGS, differences
from tests.sandbox.running import tiny_image, until

pytestmark = pytest.mark.containers

PROJECT = Project("rec", uid_first=1000190000, domain="real.test")
RECORDED_DIGEST = "sha256:9dec9fc35ff851ef02730746bbfc17db0ceeff63ffa1d93b66359a215de8aa41"
PATIENCE = 10.0
POLL = 0.1
AS = {
    "system:serviceaccount:rec:jupyterhub (role edit)": "hub",
    "developer (project admin)": "developer",
    "cluster admin": "admin",
    "an invalid token": "nobody",
}
CONTROLLERS = (
    controllers.DeploymentConfigs,
    controllers.Deployments,
    controllers.Garbage,
    controllers.ImageTriggers,
    controllers.Quotas,
    controllers.ReplicaSets,
    controllers.ReplicationControllers,
    controllers.ServiceAccounts,
    controllers.Volumes,
)

# Where one recording may differ by more than what always varies: a path, and why.
PULLING = (
    r".*(state\.waiting\.(reason|message)|podIPs?)|rows\[1\]\.cells\[2\]",
    "the recorded node still tried to reach a registry; the sandbox knows at once: no such image",
)
MAY_DIFFER = {
    "list pods by label": PULLING,
    "list pods as table": PULLING,
    "watch pods without resourceVersion": PULLING,
    "get pod whose image cannot be pulled": PULLING,
    "storage classes": (
        r".*\.annotations\.kubectl\.kubernetes\.io/.*",
        "that cluster's was made by `kubectl apply`",
    ),
    "process template": (r".*env\[0\]\.value|parameters\[[23]\]\.value", "generated"),
    "replication controllers": (
        r".*(encoded-deployment-config|deployer-pod\.created-at)",
        "a copy of the whole DeploymentConfig with its managed fields; a time",
    ),
    "get deployment after the trigger": (r".*\.message", "names the ReplicaSet, which ends in a hash"),
}


# Where the sandbox has more to tell, for the reason of PULLING: what of its answer is compared.
NARROWED = {
    "watch pods from the list, then three patches": lambda events: [
        event for event in events if event["object"]["metadata"].get("name") != "no-stream"
    ],
    "events of a pod whose image cannot be pulled": lambda body: {**body, "items": body["items"][:2]},
}


class StuckDeployer(Deployer):
    """The recorded node could not run the deployer's image: rollouts of DeploymentConfigs stay pending."""

    def _one(self, rc: Obj) -> float | None:
        return super()._one(rc) if phase(rc) == "New" else None


@dataclass
class Answer:
    """A response."""

    status: int
    headers: Obj
    body: Any


async def replay() -> list[Answer]:
    """Send all requests in order; repeat a GET until it matches, as controllers take their time."""
    answers = []
    with tempfile.TemporaryDirectory() as state:
        async with rec(Path(state)) as (server, tokens, substitute):  # noqa: SIM117
            async with ClientSession(server.make_url("/")) as session:
                for original in RECORDINGS:
                    recording = json.loads(json.dumps(original).replace(*substitute))
                    recording["path"] = _from_here(recording["path"], answers)
                    token = tokens[AS[recording["as"]]]
                    answer = await ask(session, recording, token)
                    waited = 0.0
                    while _may_be_repeated(recording) and wrong(answer, recording) and waited < PATIENCE:
                        await asyncio.sleep(POLL)
                        waited += POLL
                        answer = await ask(session, recording, token)
                    answers.append(answer)
    return answers


def _may_be_repeated(recording: Obj) -> bool:
    return recording["method"] == "GET" and "watch=true" not in recording["path"]


def _from_here(path: str, answers: list[Answer]) -> str:
    """Let a watch start from the version of the last list."""
    listed = [a.body["metadata"] for a in answers if isinstance(a.body, dict) and "items" in a.body]
    return (
        re.sub(r"resourceVersion=\d+", f"resourceVersion={listed[-1]['resourceVersion']}", path)
        if listed
        else path
    )


@asynccontextmanager
async def rec(state: Path) -> AsyncIterator[tuple[TestServer, dict[str, str], tuple[str, str]]]:
    """The project `rec` as it was when the recording began, with a node."""
    store, images = Store(), Images(state / "images")
    image = tiny_image(images)
    substitute = (RECORDED_DIGEST, image.digest)
    seed.fill(store, PROJECT)
    api = Api(store, PROJECT)
    tokens = Tokens(store, PROJECT, b"k" * 32, {"admin's": ADMIN, "developer's": person("developer")})
    network = Network(PROJECT, store)
    kubelet = Kubelet(Node(PROJECT, store, images, network, state=state, issue=tokens.issue, ca=""))
    cluster = Cluster(store, api, PROJECT, state)
    store.create("nodes", seed.node())
    parts = [kind(cluster) for kind in (*CONTROLLERS, Scheduler, StuckDeployer)]
    tasks = [asyncio.create_task(part.run()) for part in (network, kubelet, *parts)]
    prepare(api, substitute)
    log_file = lambda pod, container, previous: kubelet.log_file(pod, container, previous=previous)  # noqa: E731
    server = TestServer(application(api, tokens, log_file=log_file))
    await server.start_server()
    await until(lambda: store.get("serviceaccounts", "default").get("imagePullSecrets"))
    known = {
        "admin": "admin's",
        "developer": "developer's",
        "hub": tokens.issue("jupyterhub"),
        "nobody": "invalid",
    }
    try:
        yield server, known, substitute
    finally:
        await server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def prepare(api: Api, substitute: tuple[str, str]) -> None:
    """Service account, role and image stream, as the recordings found them."""
    api.create("serviceaccounts", {"metadata": {"name": "jupyterhub"}}, ADMIN)
    subject = {"kind": "ServiceAccount", "name": "jupyterhub", "namespace": PROJECT.name}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
    binding = {"metadata": {"name": "edit"}, "subjects": [subject], "roleRef": role}
    api.create("rolebindings.rbac.authorization.k8s.io", binding, ADMIN)
    stream, tag = (
        json.loads(
            json.dumps(next(r["response"] for r in RECORDINGS if r["name"] == name)).replace(*substitute)
        )
        for name in ("image stream", "image stream tag")
    )
    head = {"kind": "Image", "apiVersion": "image.openshift.io/v1"}
    api.store.create("images.image.openshift.io", {**head, **tag["image"]})
    api.store.create("imagestreams.image.openshift.io", stream)


async def ask(session: ClientSession, recording: Obj, token: str) -> Answer:
    """Send one request."""
    headers = {**recording["request_headers"], "Authorization": f"Bearer {token}"}
    body = None if recording["body"] is None else json.dumps(recording["body"])
    async with session.request(
        recording["method"], recording["path"], data=body, headers=headers
    ) as response:
        text = await response.text()
        found = {key: response.headers[key] for key in ("Content-Type", "Warning") if key in response.headers}
    if isinstance(recording["response"], str):
        return Answer(response.status, found, text)
    if "watch=true" in recording["path"]:
        return Answer(response.status, found, [json.loads(line) for line in text.splitlines()])
    return Answer(response.status, found, json.loads(text))


def wrong(answer: Answer, recording: Obj) -> list[str]:
    """Return every difference from the recording."""
    also = MAY_DIFFER.get(recording["name"], ("", ""))[0]
    found = {key: value.partition("; charset=utf-8")[0] for key, value in answer.headers.items()}
    wanted = {
        key: value.partition("; charset=utf-8")[0] for key, value in recording["response_headers"].items()
    }
    body = answer.body
    if recording["name"] in NARROWED and answer.status == recording["status"]:
        body = NARROWED[recording["name"]](body)
    return [
        *differences(answer.status, recording["status"], "HTTP status"),
        *differences(found, wanted, "headers"),
        *differences(_sorted(body), _sorted(recording["response"]), "", also),
    ]


def _sorted(body: Any) -> Any:
    """Sort the rules, whose order depends on the API's cache."""
    if not isinstance(body, dict) or body.get("kind") != "SelfSubjectRulesReview":
        return body
    rules = {
        key: sorted(body["status"][key], key=json.dumps) for key in ("resourceRules", "nonResourceRules")
    }
    return {**body, "status": {**body["status"], **rules}}


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    return asyncio.run(replay())


@pytest.mark.parametrize("number", range(len(RECORDINGS)), ids=[r["name"] for r in RECORDINGS])
def test_the_answer_is_the_recorded_one(answers: list[Answer], number: int) -> None:
    digest = json.dumps(answers[15].body["image"]["metadata"]["name"]).strip('"')
    recording = json.loads(json.dumps(RECORDINGS[number]).replace(RECORDED_DIGEST, digest))
    assert wrong(answers[number], recording) == []
