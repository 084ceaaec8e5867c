"""The message for the user for each recorded refusal of a real cluster."""

import json

import pytest
from kubernetes_asyncio.client import ApiException

from jupyterhub_openshift.spawner.api_refusals import refused


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
            'The project\'s quota "compute" is used up: this server needs 512 MiB of memory, '
            "and 512 MiB of 700 MiB is in use. "
            "Stop a server that is no longer needed, or ask an administrator of the project for more quota."
            "\n\nFor administrators: oc describe quota compute",
        ),
        (
            "create pvc over the quota",
            "quota",
            'The project\'s quota "compute" is used up: this server needs 1 volume claim, '
            "and 2 of 2 are in use. "
            "Stop a server that is no longer needed, or ask an administrator of the project for more quota."
            "\n\nFor administrators: oc describe quota compute",
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
            "maximum memory usage per Container is 256 MiB, but limit is 300 MiB. "
            "An administrator of this hub can change JUPYTERHUB_NOTEBOOK_MEMORY or JUPYTERHUB_NOTEBOOK_CPU."
            "\n\nFor administrators: oc describe limitrange",
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


def test_advice_on_a_container_of_the_configuration_names_it():
    exception = ApiException(status=403, reason="Forbidden")
    message = (
        'pods "x" is forbidden: failed quota: compute: must specify limits.cpu for: sidecar; '
        "limits.memory for: proxy,sidecar"
    )
    exception.body = json.dumps({"message": message})
    assert refused(exception).message == (
        'The project has the quota "compute", so every server needs limits (limits.cpu for: sidecar; '
        "limits.memory for: proxy,sidecar). An administrator of this hub can set the resources of the "
        'container "proxy" and "sidecar" in the hub\'s configuration.'
    )


def test_an_answer_that_is_no_status_object_is_shown_unchanged():
    exception = ApiException(status=413, reason="Request Entity Too Large")
    exception.body = "too large\n"
    assert refused(exception).message == "The cluster refused to start this server: too large"


def test_a_refusal_without_a_message_is_one_to_watch_pods():
    assert refused(ApiException(status=403, reason="Forbidden")).message == (
        "The cluster refuses the hub to watch the pods of its project (403 Forbidden). "
        "Ask an administrator of this hub.\n\nFor administrators: oc auth can-i --list"
    )


def test_all_memory_of_a_quota_is_written_in_one_notation():
    exception = ApiException(status=403, reason="Forbidden")
    exception.body = json.dumps(
        {
            "message": 'pods "x" is forbidden: exceeded quota: compute, requested: limits.cpu=1,'
            "limits.memory=1073741824,pods=1, used: limits.cpu=1500m,limits.memory=1280Mi,pods=9, "
            "limited: limits.cpu=2,limits.memory=1600Mi,pods=9"
        }
    )
    assert refused(exception).message.partition(". ")[0] == (
        'The project\'s quota "compute" is used up: this server needs 1 CPU, and 1.5 of 2 is in use; '
        "this server needs 1 GiB of memory, and 1.25 GiB of 1.56 GiB is in use; "
        "this server needs 1 pod, and 9 of 9 are in use"
    )
