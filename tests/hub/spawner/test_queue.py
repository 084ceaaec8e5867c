"""Places in the queue, whom they block, and what no queue can help."""

import json
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes_asyncio.client import ApiException

from jupyterhub_openshift.spawner.api_refusals import refused
from jupyterhub_openshift.spawner.group_limits import Limits, ServerUsage, refuse_without_room
from jupyterhub_openshift.spawner.queue import Queue, sentence
from jupyterhub_openshift.spawner.spawn_failures import NoRoom, SpawnRefused

STUDENTS = frozenset({"students"})
NOBODY: frozenset[str] = frozenset()


def no_room(groups: frozenset[str] = NOBODY) -> NoRoom:
    refusal = NoRoom("3 servers are running, as many as this hub allows.", reason="queue")
    refusal.groups = groups
    return refusal


def test_who_waits_for_the_project_blocks_everyone_and_who_waits_for_a_group_blocks_its_members() -> None:
    queue = Queue()
    alice, bob, carol = (
        queue.enter(name, "", groups) for name, groups in (("a", STUDENTS), ("b", STUDENTS), ("c", NOBODY))
    )
    assert not any(map(queue.refusal, (alice, bob, carol))), "nobody waits: all start at once"
    queue.wait(alice, no_room(STUDENTS), 10)
    assert [*map(bool, map(queue.refusal, (alice, bob, carol)))] == [False, True, False]
    queue.wait(alice, no_room(), 10)
    assert [*map(bool, map(queue.refusal, (alice, bob, carol)))] == [False, True, True]
    queue.leave(alice)
    queue.leave(alice)
    assert not any(map(queue.refusal, (bob, carol)))


def test_who_waits_behind_somebody_blocks_only_whom_that_one_blocks() -> None:
    queue = Queue()
    alice, bob, carol = (
        queue.enter(name, "", groups) for name, groups in (("a", STUDENTS), ("b", STUDENTS), ("c", NOBODY))
    )
    queue.wait(alice, no_room(STUDENTS), 10)
    refusal = queue.refusal(bob)
    assert refusal
    queue.wait(bob, refusal, 10)
    assert queue.refusal(carol) is None, "she is no student"
    queue.wait(alice, no_room(), 10)
    refusal = queue.refusal(bob)
    assert refusal
    queue.wait(bob, refusal, 10)
    queue.leave(alice)
    assert queue.refusal(bob) is None


def test_a_full_queue_refuses_and_a_user_has_one_place() -> None:
    queue = Queue()
    for name in ("a", "b"):
        queue.wait(queue.enter(name, "", NOBODY), no_room(), 2)
    with pytest.raises(SpawnRefused) as refusal:
        queue.wait(queue.enter("c", "", NOBODY), no_room(), 2)
    assert refusal.value.jupyterhub_message == (
        "3 servers are running, as many as this hub allows. 2 people wait in the queue, which is full. "
        "Try again in a few minutes."
    )
    with pytest.raises(SpawnRefused, match="Another server of yours waits for room"):
        queue.wait(queue.enter("a", "second", NOBODY), no_room(), 10)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["enter", "wait", "leave"]))))
def test_whatever_happens_the_first_who_waits_is_never_blocked(steps: list[tuple[str, str]]) -> None:
    queue, places = Queue(), {}
    for name, step in steps:
        if step == "enter" and name not in places:
            places[name] = queue.enter(name, "", NOBODY)
        elif step == "wait" and name in places:
            queue.wait(places[name], no_room(), 10)
        elif step == "leave" and name in places:
            queue.leave(places.pop(name))
    waiting = [place for place in queue.places if place.waits]
    assert [bool(queue.refusal(place)) for place in waiting] == [number > 0 for number in range(len(waiting))]
    assert [len(queue.ahead(place)) for place in waiting] == [*range(len(waiting))]


def test_the_sentence_counts_people() -> None:
    why = over_quota("pods=1", "pods=3", "pods=3")
    assert isinstance(why, NoRoom)
    full = 'The project\'s quota "compute" is used up: this server needs 1 pod, and 3 of 3 are in use.'
    assert [sentence(why.why(), number) for number in (0, 1, 3)] == [
        f"{full} You are next in the queue.",
        f"{full} 1 person is before you in the queue.",
        f"{full} 3 people are before you in the queue.",
    ]


def over_quota(asked: str, used: str, most: str) -> SpawnRefused:
    error = ApiException(status=403)
    text = f"exceeded quota: compute, requested: {asked}, used: {used}, limited: {most}"
    error.body = json.dumps({"message": text})
    return refused(error)


@pytest.mark.parametrize(
    ("asked", "most", "waits"),
    [
        ("limits.memory=512Mi", "limits.memory=1Gi", True),
        ("limits.memory=2Gi", "limits.memory=1Gi", False),
        ("limits.memory=512Mi,pods=1", "limits.memory=1Gi,pods=3", True),
        ("requests.storage=1Gi", "requests.storage=10Gi", False),
        ("persistentvolumeclaims=1", "persistentvolumeclaims=5", False),
    ],
)
def test_a_server_waits_only_for_what_other_servers_give_back(asked: str, most: str, waits: bool) -> None:
    assert isinstance(over_quota(asked, most, most), NoRoom) is waits


def test_a_full_group_is_named_and_a_forbidden_choice_is_no_reason_to_wait() -> None:
    one, table = ServerUsage(STUDENTS, None), {"students": Limits(servers=1, images=["a:*"])}
    with pytest.raises(NoRoom) as full:
        refuse_without_room(one, "a:1", "", [one], table)
    assert full.value.groups == STUDENTS
    with pytest.raises(SpawnRefused) as forbidden:
        refuse_without_room(one, "b:1", "", [], table)
    assert not isinstance(forbidden.value, NoRoom)


async def test_the_next_in_the_queue_ends_the_server_that_was_idle_for_longest(spawner_of: Any) -> None:
    stopped: list[str] = []

    async def stop(user: str, name: str) -> None:
        stopped.append(f"{user}{name}")

    def running(user: str, minutes: int) -> Any:
        seen = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(minutes=minutes)
        orm = SimpleNamespace(last_activity=seen)
        return SimpleNamespace(active=True, ready=True, orm_spawner=orm, user=user, name="", _log_name=user)

    spawner = spawner_of()
    spawner.handler = SimpleNamespace(stop_single_user=stop)
    others = {number: running(name, minutes) for number, (name, minutes) in enumerate(IDLE.items())}
    spawner.user.settings["users"] = {
        number: SimpleNamespace(spawners={"": each}) for number, each in others.items()
    }
    queue = Queue()
    spawner._place = queue.enter(spawner.user.name, "", NOBODY)
    await spawner._stop_idle_server()
    assert stopped == [], "the admin has not allowed it"
    spawner.queue_idle_timeout = 900
    await spawner._stop_idle_server()
    assert stopped == ["longest"]
    spawner.user.settings["users"] = {0: SimpleNamespace(spawners={"": others[0]})}
    await spawner._stop_idle_server()
    assert stopped == ["longest"], "nobody else is idle"


IDLE = {"active": 10, "longest": 40, "idle": 20}
