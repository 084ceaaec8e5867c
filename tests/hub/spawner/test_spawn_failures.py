"""What users read when the cluster refuses; the cluster's own texts are recorded from a real one."""

import json
from copy import deepcopy

import pytest
from kubernetes_asyncio.client import ApiException

from jupyterhub_openshift.spawner.spawn_failures import hopeless, refused, too_slow


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
            'The project\'s quota "compute" is used up: this server needs limits.memory=512Mi; in use are '
            "limits.memory=512Mi of limits.memory=700Mi. "
            "Stop a server that is no longer needed, or ask those who run the project for more.",
        ),
        (
            "create pvc over the quota",
            "quota",
            'The project\'s quota "compute" is used up: this server needs persistentvolumeclaims=1; in '
            "use are "
            "persistentvolumeclaims=2 of persistentvolumeclaims=2. "
            "Stop a server that is no longer needed, or ask those who run the project for more.",
        ),
        (
            "create pod without limits under a quota",
            "quota",
            'The project has a quota "compute", and so every server must say how much it needs '
            "(limits.memory for: notebook). "
            "Those who run this hub set JUPYTERHUB_NOTEBOOK_MEMORY and JUPYTERHUB_NOTEBOOK_CPU.",
        ),
        (
            "create pod over the limit range",
            "limits",
            "The project's limit range does not allow a server of this size: "
            "maximum memory usage per Container is 256Mi, but limit is 300Mi. "
            "Those who run this hub change JUPYTERHUB_NOTEBOOK_MEMORY or JUPYTERHUB_NOTEBOOK_CPU.",
        ),
        (
            "create pod with a UID outside the project range",
            "security",
            "The cluster's security rules do not allow this server: "
            "spec.securityContext.fsGroup: Invalid value: [100]: 100 is not an allowed group; "
            "containers[0].runAsUser: Invalid value: 1000: must be in the ranges: [1000190000, 1000199999]. "
            "Those who run this hub change its configuration.",
        ),
        (
            "create privileged pod",
            "security",
            "The cluster's security rules do not allow this server: "
            "containers[0].runAsUser: Invalid value: 0: must be in the ranges: [1000190000, 1000199999]; "
            "containers[0].privileged: Invalid value: true: Privileged containers are not allowed. "
            "Those who run this hub change its configuration.",
        ),
        (
            "create pod with an unknown service account",
            "cluster",
            'The cluster refused to start this server: pods "unknown-service-account" is forbidden: '
            'error looking up service account rec/nosuch: serviceaccount "nosuch" not found',
        ),
    ],
)
def test_a_recorded_refusal_becomes_a_sentence(recorded, name, reason, sentence):
    explained = refused(refusal(recorded[name]))
    assert (explained.jupyterhub_message, explained.message, explained.reason) == (sentence, sentence, reason)


def test_an_answer_that_is_no_status_is_shown_as_it_is():
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
def test_a_pod_that_will_never_run_says_why(recorded, reason, message, sentence):
    pod = waiting(recorded["get pod whose image cannot be pulled"]["response"], reason, message)
    assert hopeless(pod).jupyterhub_message == sentence


@pytest.mark.parametrize("reason", ["ContainerCreating", "ErrImagePull", "PodInitializing"])
def test_a_pod_that_may_still_run_is_waited_for(recorded, reason):
    assert hopeless(waiting(recorded["get pod whose image cannot be pulled"]["response"], reason)) is None


def test_a_pod_that_failed_says_why(recorded):
    pod = deepcopy(recorded["get pod"]["response"])
    pod["status"] = {
        "phase": "Failed",
        "reason": "Evicted",
        "message": "The node was low on resource: memory.",
    }
    assert hopeless(pod).message == "The server's pod failed: The node was low on resource: memory."


def test_a_pod_without_a_place_says_what_it_waits_for():
    scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    pod = {
        "status": {"conditions": [scheduled | {"message": "0/3 nodes are available: 3 Insufficient memory."}]}
    }
    assert too_slow(pod, 300).message == (
        "The server did not start within 300 seconds: 0/3 nodes are available: 3 Insufficient memory. "
        "Try again; if that does not help, ask those who run this hub."
    )


def test_a_pod_that_was_never_seen_is_too_slow_without_a_cause():
    assert too_slow(None, 300).message == (
        "The server did not start within 300 seconds. "
        "Try again; if that does not help, ask those who run this hub."
    )
