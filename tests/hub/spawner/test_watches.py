"""Only a pod that the API says is gone ends a server."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from copy import deepcopy

import pytest
from aiohttp import ClientError
from kubernetes_asyncio.client import ApiException

from jupyterhub_openshift.spawner.spawn_failures import WithoutTraceback
from jupyterhub_openshift.spawner.watches import EventWatch, PodWatch

from .pods import PODS, UUID

POD = ("GET", f"{PODS}/jupyterhub-nb-{UUID}")
AWAY = (
    503,
    {"kind": "Status", "status": "Failure", "message": "the server is currently unable", "code": 503},
)


@pytest.fixture
def pod(recorded):
    """A running pod of the user."""
    pod = deepcopy(recorded["get pod"]["response"])
    pod["metadata"] |= {"name": POD[1].rpartition("/")[2], "namespace": "rec"}
    return pod


async def test_a_server_whose_pod_was_deleted_is_stopped(spawner_of):
    assert await spawner_of().poll() == 1


async def test_a_server_whose_pod_is_missing_in_a_list_runs_on(spawner_of, api, pod, caplog):
    api.answers[POD] = (200, pod)
    assert await spawner_of().poll() is None
    assert f"The list of pods lacks {pod['metadata']['name']}, which exists" in caplog.text


@pytest.mark.parametrize("answer", [AWAY, (403, AWAY[1] | {"code": 403}), (500, "no JSON")])
async def test_while_the_api_does_not_say_a_server_counts_as_running(spawner_of, api, answer):
    api.answers[POD] = answer
    assert await spawner_of().poll() is None


async def test_a_hub_that_starts_without_the_api_counts_servers_as_running_and_sees_pods_later(
    spawner_of, api, pod
):
    listing = api.answers["GET", PODS]
    api.answers["GET", PODS] = api.answers[POD] = AWAY
    spawner = spawner_of()
    assert await spawner.poll() is None
    assert await spawner.poll() is None
    del api.answers[POD]
    api.answers["GET", PODS] = (200, {**listing[1], "items": [pod]})
    assert await spawner.poll() is None
    assert [*spawner.pod_reflector.pods.values()] == [pod]


async def test_a_watch_goes_on_after_kubespawner_gave_up(spawner_of, monkeypatch):
    given_up, again = Counter(), asyncio.Event()

    async def give_up(watch):
        given_up[type(watch)] += 1
        if len(given_up) == 2 and min(given_up.values()) == 2:
            again.set()
        with suppress(asyncio.CancelledError):  # as upstream's ends when it is stopped
            await asyncio.sleep(0.01)

    monkeypatch.setattr("kubespawner.reflector.ResourceReflector._watch_and_update", give_up)
    spawner = spawner_of()
    await spawner._start_watching_pods()
    await spawner._start_watching_events()
    await asyncio.wait_for(again.wait(), 30)
    assert given_up.keys() == {PodWatch, EventWatch}


@pytest.mark.parametrize(
    ("module", "error", "shown"),
    [
        ("reflector", ApiException(status=500, reason="Internal Server Error"), False),
        ("reflector", ClientError("closed"), False),
        ("reflector", KeyError("metadata"), True),
        ("other", ApiException(status=500), True),
    ],
)
def test_a_watch_logs_no_traceback_of_an_api_that_does_not_answer(
    module: str, error: Exception, shown: bool
) -> None:
    info = (type(error), error, None)
    record = logging.LogRecord("JupyterHub", logging.ERROR, f"{module}.py", 1, "Error", None, info)
    assert WithoutTraceback().filter(record)
    assert bool(record.exc_info) is shown
