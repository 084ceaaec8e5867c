"""An example of every cause of a failed start, made by the product's code from what a cluster says.

`docs/spawn-failures.md` shows them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from kubernetes_asyncio.client import ApiException

from jupyterhub_openshift.spawner import spawn_failures
from jupyterhub_openshift.spawner.api_refusals import refused
from jupyterhub_openshift.spawner.diagnosis import DELETED, Problem, diagnose
from jupyterhub_openshift.spawner.group_limits import Limits, ServerUsage, refuse_without_room
from jupyterhub_openshift.spawner.image_contracts import ImageConfig, contract_of
from jupyterhub_openshift.spawner.image_streams import image_of_tag
from jupyterhub_openshift.spawner.spawn_failures import SpawnRefused, failure

from .pod_states import (
    ENDED,
    MOMENTS,
    UNBOUND,
    Obj,
    claim,
    claim_event,
    container,
    pod_event,
    pod_with,
    unschedulable,
    waiting,
)

POD = "jupyterhub-nb-alice"
CHOICE = (
    "This hub no longer offers your last choice (minimal-notebook:3.9). "
    "Choose again: start the server from the hub's home page."
)


def failures() -> dict[str, SpawnRefused]:
    """A failure by cause."""
    found = {problem.cause: failure(problem, POD) for problem in problems()}
    return found | {refusal.reason: refusal for refusal in refusals()}


def problems() -> Iterator[Problem]:
    """Problems of pods: first the recorded ones."""
    states = [(moments[-1].pod, [], moments[-1].events) for moments in MOMENTS.values()]
    for pod, claims, events in [*states, *invented_states()]:
        if problem := diagnose(pod, claims, events):
            yield problem
    yield DELETED


def in_container(reason: str, message: str, *events: Obj) -> tuple[Obj, list[Obj], list[Obj]]:
    status = container(waiting(reason, message), image="quay.io/example/notebook:1.0")
    return pod_with({"containerStatuses": [status]}), [], list(events)


def on_nodes(reasons: str) -> tuple[Obj, list[Obj], list[Obj]]:
    return unschedulable(f"0/3 nodes are available: {reasons}."), [], []


def with_claim(reason: str, message: str) -> tuple[Obj, list[Obj], list[Obj]]:
    return UNBOUND, [claim()], [claim_event(reason, message)]


def invented_states() -> Iterator[tuple[Obj, list[Obj], list[Obj]]]:
    """States for causes that were not recorded."""
    creating = pod_with({"containerStatuses": [container(waiting("ContainerCreating"))]})
    yield in_container("ErrImagePull", "x509: certificate signed by unknown authority")
    yield in_container("ErrImagePull", "no match for platform in manifest")
    yield in_container("SignatureValidationFailed", "signature is missing")
    yield in_container(
        "ErrImagePull",
        "unauthorized: authentication required",
        pod_event("FailedToRetrieveImagePullSecret", "Unable to retrieve some image pull secrets (nosuch)"),
    )
    yield in_container("CreateContainerConfigError", "container has runAsNonRoot and image will run as root")
    yield in_container("CreateContainerError", "context deadline exceeded")
    yield (
        pod_with({"initContainerStatuses": [container(ENDED, 1, ENDED, name="setup-volume")]}),
        [],
        [],
    )
    yield UNBOUND, [claim("Lost")], []
    yield with_claim("ProvisioningFailed", 'storageclass.storage.k8s.io "nosuch" not found')
    yield with_claim(
        "FailedBinding", "no persistent volumes available for this claim and no storage class is set"
    )
    yield with_claim(
        "ProvisioningFailed",
        "rpc error: code = OutOfRange desc = requested size 64Ti exceeds the maximum of 16Ti",
    )
    yield with_claim("ProvisioningFailed", "rpc error: code = Unavailable desc = connection refused")
    yield (
        creating,
        [claim("Bound")],
        [
            pod_event(
                "FailedAttachVolume", "Multi-Attach error for volume: Volume is already used by pod(s) b"
            )
        ],
    )
    yield creating, [], [pod_event("FailedCreatePodSandBox", "Failed to create pod sandbox: timed out")]
    yield creating, [], [pod_event("FailedMount", "MountVolume.SetUp failed: timed out waiting")]
    for reason in (
        "Insufficient ephemeral-storage",
        "Insufficient nvidia.com/gpu",
        "Insufficient a.org/fpga",
    ):
        yield on_nodes(f"3 {reason}")
    yield on_nodes("3 node(s) had untolerated taint {gpu: only}")
    yield on_nodes("3 node(s) had untolerated taint {node.kubernetes.io/not-ready: }")
    yield on_nodes("3 Too many pods")
    yield on_nodes("3 node(s) had volume node affinity conflict")
    yield on_nodes("3 node(s) didn't match pod topology spread constraints")
    yield pod_with({"phase": "Failed", "reason": "NodeLost", "message": "Node went away."}), [], []


def refusals() -> Iterator[SpawnRefused]:
    """Failures without a pod, or after it runs."""
    lines = (Path(__file__).parents[1] / "recorded.jsonl").read_text().splitlines()
    recorded = {record["name"]: record for record in map(json.loads, lines)}
    for name in (
        "create pod over the quota",
        "create pod over the limit range",
        "create privileged pod",
        "create pod with an unknown service account",
    ):
        error = ApiException(status=recorded[name]["status"])
        error.body = json.dumps(recorded[name]["response"])
        yield refused(error)
    yield spawn_failures.api_unavailable("Cannot connect to host 172.30.0.1:443")
    yield spawn_failures.hook_failed("pre_spawn_hook", KeyError("team"))
    yield spawn_failures.no_answer(POD, 60, [])
    yield spawn_failures.too_slow(None, 300, POD)
    full = "210 servers are running, as many as this hub allows."
    yield spawn_failures.NoRoom(full, reason="queue").without_place(100)
    yield SpawnRefused(CHOICE, reason="choice")
    try:
        image_of_tag(recorded["image stream"]["response"], "9.9")
    except SpawnRefused as refusal:
        yield refusal
    try:
        contract_of(ImageConfig(cmd=("/bin/sh",)), "python:3.12")
    except SpawnRefused as refusal:
        yield refusal
    try:
        spawn_failures.refuse_other_version("5.4.1", "6.1.1")
    except SpawnRefused as refusal:
        yield refusal
    one = ServerUsage(frozenset({"students"}), None)
    try:
        refuse_without_room(one, "a:1", "", [one, one], {"students": Limits(servers=2)})
    except SpawnRefused as refusal:
        yield refusal
