"""The message for the user for each recorded refusal of a real cluster."""

import json
from copy import deepcopy

import pytest
from kubernetes_asyncio.client import ApiException

from jupyterhub_openshift.spawner.spawn_failures import final_failure, refused, too_slow


def refusal(record: dict) -> ApiException:
    exception = ApiException(status=record["status"], reason="Forbidden")
    exception.body = json.dumps(record["response"])
    return exception


@pytest.mark.parametrize(
    ("name", "reason", "sentence"),
    [
        (
            "create pod over the quota",
            "quota",
            'The project\'s quota "compute" is used up: this server needs limits.memory=512Mi; '
            "limits.memory=512Mi of limits.memory=700Mi is in use. "
            "Stop a server that is no longer needed, or ask an administrator of the project for more quota.",
        ),
        (
            "create pvc over the quota",
            "quota",
            'The project\'s quota "compute" is used up: this server needs persistentvolumeclaims=1; '
            "persistentvolumeclaims=2 of persistentvolumeclaims=2 is in use. "
            "Stop a server that is no longer needed, or ask an administrator of the project for more quota.",
        ),
        (
            "create pod without limits under a quota",
            "quota",
            'The project has the quota "compute", so every server needs limits '
            "(limits.memory for: notebook). "
            "An administrator of this hub can set JUPYTERHUB_NOTEBOOK_MEMORY and JUPYTERHUB_NOTEBOOK_CPU.",
        ),
        (
            "create pod over the limit range",
            "limits",
            "The project's limit range does not allow a server of this size: "
            "maximum memory usage per Container is 256Mi, but limit is 300Mi. "
            "An administrator of this hub can change JUPYTERHUB_NOTEBOOK_MEMORY or JUPYTERHUB_NOTEBOOK_CPU.",
        ),
        (
            "create pod with a UID outside the project range",
            "security",
            "The cluster's security context constraints do not allow this server: "
            "spec.securityContext.fsGroup: Invalid value: [100]: 100 is not an allowed group; "
            "containers[0].runAsUser: Invalid value: 1000: must be in the ranges: [1000190000, 1000199999]. "
            "An administrator of this hub can change its configuration.",
        ),
        (
            "create privileged pod",
            "security",
            "The cluster's security context constraints do not allow this server: "
            "containers[0].runAsUser: Invalid value: 0: must be in the ranges: [1000190000, 1000199999]; "
            "containers[0].privileged: Invalid value: true: Privileged containers are not allowed. "
            "An administrator of this hub can change its configuration.",
        ),
        (
            "create pod with an unknown service account",
            "cluster",
            'The cluster refused to start this server: pods "unknown-service-account" is forbidden: '
            'error looking up service account rec/nosuch: serviceaccount "nosuch" not found',
        ),
    ],
)
def test_a_recorded_refusal_is_explained(recorded, name, reason, sentence):
    explained = refused(refusal(recorded[name]))
    assert (explained.jupyterhub_message, explained.message, explained.reason) == (sentence, sentence, reason)


def test_an_answer_that_is_no_status_object_is_shown_unchanged():
    exception = ApiException(status=413, reason="Request Entity Too Large")
    exception.body = "too large\n"
    assert refused(exception).message == "The cluster refused to start this server: too large"


def waiting(pod: dict, reason: str, message: str | None = None) -> dict:
    pod = deepcopy(pod)
    state = {"reason": reason} | ({"message": message} if message else {})
    pod["status"]["containerStatuses"][0]["state"] = {"waiting": state}
    return pod


@pytest.mark.parametrize(
    ("reason", "message", "sentence"),
    [
        (
            "ImagePullBackOff",
            'Back-off pulling image "nosuch-notebook:1.0": not found',
            "The image nosuch-notebook:1.0 cannot be pulled: "
            'Back-off pulling image "nosuch-notebook:1.0": not found',
        ),
        ("InvalidImageName", None, "The image nosuch-notebook:1.0 cannot be pulled: InvalidImageName"),
        (
            "CreateContainerConfigError",
            'secret "keys" not found',
            'The server\'s container cannot be started: secret "keys" not found',
        ),
    ],
)
def test_a_pod_that_will_never_run_is_explained(recorded, reason, message, sentence):
    pod = waiting(recorded["get pod whose image cannot be pulled"]["response"], reason, message)
    assert final_failure(pod).jupyterhub_message == sentence


@pytest.mark.parametrize("reason", ["ContainerCreating", "ErrImagePull", "PodInitializing"])
def test_a_pod_that_may_still_run_is_no_failure(recorded, reason):
    assert (
        final_failure(waiting(recorded["get pod whose image cannot be pulled"]["response"], reason)) is None
    )


def test_a_failed_pod_is_explained(recorded):
    pod = deepcopy(recorded["get pod"]["response"])
    pod["status"] = {
        "phase": "Failed",
        "reason": "Evicted",
        "message": "The node was low on resource: memory.",
    }
    assert final_failure(pod).message == "The server's pod failed: The node was low on resource: memory."


def test_an_unschedulable_pod_is_explained_after_the_timeout():
    scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    pod = {
        "status": {"conditions": [scheduled | {"message": "0/3 nodes are available: 3 Insufficient memory."}]}
    }
    assert too_slow(pod, 300).message == (
        "The server did not start within 300 seconds: 0/3 nodes are available: 3 Insufficient memory. "
        "Try again; if that does not help, ask an administrator of this hub."
    )


def test_a_timeout_without_a_pod_has_no_cause():
    assert too_slow(None, 300).message == (
        "The server did not start within 300 seconds. "
        "Try again; if that does not help, ask an administrator of this hub."
    )
