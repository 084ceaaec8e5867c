"""Only a pod that the API says is gone ends a server."""

import asyncio
import logging
from copy import deepcopy

import pytest
from aiohttp import ClientError
from kubernetes_asyncio.client import ApiException

from jupyterhub_openshift.spawner.spawn_failures import WithoutTraceback
from jupyterhub_openshift.spawner.watches import PodWatch

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


class Changes:
    """The API's answers to watches of pods, which are asked for one after the other."""

    def __init__(self, monkeypatch):
        self.asked, self.answers = [], asyncio.Queue()
        monkeypatch.setattr("jupyterhub_openshift.spawner.watches.Watch", lambda: self)

    def stream(self, method, **options):
        self.asked.append((method.func.__name__, options["resource_version"]))
        return self._answer(method.func.__name__)

    async def _answer(self, kind):
        if kind != "list_namespaced_pod":
            await asyncio.Event().wait()
        answer = await self.answers.get()
        if isinstance(answer, Exception):
            raise answer
        for change in answer:
            yield change

    def stop(self):
        pass

    async def close(self):
        pass

    def versions(self):
        """From where the watches of pods went on."""
        return [version for kind, version in self.asked if kind == "list_namespaced_pod"]


@pytest.fixture
def changes(monkeypatch):
    return Changes(monkeypatch)


def change(type_, obj, version):
    return {"type": type_, "raw_object": {**obj, "metadata": {**obj["metadata"], "resourceVersion": version}}}


def lists(api):
    """How often pods were listed."""
    return [path for method, path, _ in api.requests if (method, path) == ("GET", PODS)]


async def until(condition):
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail("nothing happened")


async def test_a_watch_that_ended_goes_on_without_a_new_list(spawner_of, api, changes, pod):
    spawner = spawner_of()
    await spawner._start_watching_pods()
    changes.answers.put_nowait([change("ADDED", pod, "7"), change("BOOKMARK", {"metadata": {}}, "9")])
    changes.answers.put_nowait([change("DELETED", pod, "11")])
    changes.answers.put_nowait([])
    await until(lambda: len(changes.versions()) == 4)
    assert changes.versions()[1:] == ["9", "11", "11"]
    assert len(lists(api)) == 1
    assert not spawner.pod_reflector.pods


@pytest.mark.parametrize(
    "error", [OSError("connection lost"), TimeoutError(), ApiException(410), ApiException(500)]
)
async def test_after_an_error_of_the_watch_all_pods_are_listed_anew(spawner_of, api, changes, error):
    await spawner_of()._start_watching_pods()
    changes.answers.put_nowait(error)
    await until(lambda: len(changes.versions()) == 2)
    assert len(lists(api)) == 2


async def test_a_deleted_pod_ends_its_server_before_the_next_poll(spawner_of, api, changes, pod):
    spawner, ended = spawner_of(), asyncio.Event()
    api.answers["GET", PODS][1]["items"][:] = [pod]
    spawner.add_poll_callback(ended.set)
    assert await spawner.poll() is None
    spawner.start_polling()
    api.answers["GET", PODS][1]["items"].clear()
    changes.answers.put_nowait([change("DELETED", pod, "7")])
    await asyncio.wait_for(ended.wait(), 5)
    assert not PodWatch.listeners


async def test_a_change_of_a_pod_that_runs_ends_nothing(spawner_of, api, changes, pod):
    spawner = spawner_of()
    spawner.add_poll_callback(lambda: pytest.fail("the server was ended"))
    api.answers["GET", PODS][1]["items"][:] = [pod]
    assert await spawner.poll() is None
    spawner.start_polling()
    changes.answers.put_nowait([change("MODIFIED", pod, "7")])
    await until(lambda: len(changes.versions()) == 2)
    assert spawner._polling is None
    spawner.stop_polling()


def an_event(name, pod, time):
    return {
        "metadata": {"name": name, "namespace": "rec", "uid": name},
        "involvedObject": {"kind": "Pod", "name": pod},
        "lastTimestamp": time,
        "eventTime": None,
    }


async def test_a_server_sees_the_events_of_its_pod_in_order_since_its_last_start(spawner_of, changes):
    spawner = spawner_of()
    await spawner._start_watching_events()
    mine, watch = spawner.pod_name, spawner.event_reflector
    for event in (
        an_event("b", mine, "2026-11-27T00:00:02Z"),
        an_event("a", mine, "2026-11-27T00:00:01Z"),
        an_event("x", "another-pod", "2026-11-27T00:00:01Z"),
        an_event("c", mine, "2026-11-27T00:00:03Z"),
    ):
        watch._apply("ADDED", event)
    assert [event["metadata"]["name"] for event in spawner.events] == ["a", "b", "c"]
    spawner._last_event = "b"
    assert [event["metadata"]["name"] for event in spawner.events] == ["c"]
    watch._apply("DELETED", an_event("c", mine, ""))
    assert spawner.events == []


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
