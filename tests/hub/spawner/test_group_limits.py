"""What a group may choose, and how much it may use at a time."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterhub_openshift.spawner.group_limits import Limits, Server, limits_for, refuse_without_room
from jupyterhub_openshift.spawner.spawn_failures import SpawnRefused

GI = 1024**3


def server(*groups: str, memory: int | None = GI) -> Server:
    return Server(frozenset(groups), memory)


def refusal(one: Server, running: list[Server], table: dict, image: str = "a:1", size: str = "") -> str:
    """What the user reads; empty if the server may start."""
    try:
        refuse_without_room(
            one, image, size, running, {name: Limits(**limits) for name, limits in table.items()}
        )
    except SpawnRefused as refused:
        return refused.jupyterhub_message
    return ""


REMEDY = "Stop a server that is no longer needed, or ask those who run this hub for more."


def test_a_group_may_run_so_many_servers_at_a_time():
    table = {"students": {"servers": 2}}
    running = [server("students"), server("staff")]
    assert refusal(server("students"), running, table) == ""
    assert refusal(server("students"), [*running, server("students")], table) == (
        f'The group "students" may run 2 servers at a time, and that many are running. {REMEDY}'
    )
    assert refusal(server("staff"), [*running, server("students")], table) == ""


def test_a_group_may_use_so_much_memory_at_a_time():
    table = {"students": {"memory": "4Gi"}}
    running = [server("students", memory=2 * GI), server("students")]
    assert refusal(server("students"), running, table) == ""
    assert refusal(server("students", memory=3 * GI // 2), running, table) == (
        'The group "students" may use 4Gi of memory at a time: 3Gi are in use, and this server needs 1.5Gi. '
        + REMEDY
    )


def test_a_limit_of_memory_needs_servers_that_have_one():
    assert refusal(server("students", memory=None), [], {"students": {"memory": "4Gi"}}) == (
        'The group "students" may use 4Gi of memory at a time, but this server has no memory limit. '
        "Those who run this hub set JUPYTERHUB_NOTEBOOK_MEMORY."
    )


def test_who_is_in_several_groups_starts_while_one_of_them_has_room():
    table = {"students": {"servers": 1}, "tutors": {"servers": 2}}
    both = server("students", "tutors")
    assert refusal(both, [server("students")], table) == ""
    assert refusal(both, [both, server("tutors")], table) == (
        'The group "students" may run 1 server at a time, and that many are running. '
        f'The group "tutors" may run 2 servers at a time, and that many are running. {REMEDY}'
    )


def test_only_the_room_of_a_group_that_allows_the_choice_counts():
    table = {"students": {"sizes": ["Small"]}, "tutors": {"servers": 0}}
    both = server("students", "tutors")
    assert refusal(both, [], table, size="Small") == ""
    assert refusal(both, [], table, size="Large") == (
        f'The group "tutors" may run 0 servers at a time, and that many are running. {REMEDY}'
    )


def test_a_choice_that_no_group_allows_is_told():
    table = {"students": {"images": ["minimal-notebook:*"], "sizes": ["Small"]}}
    assert refusal(server("students"), [], table, "gpu-notebook:1", "Small") == (
        'The group "students" may not choose the image "gpu-notebook:1" in the size "Small". '
        "Ask those who run this hub."
    )
    assert refusal(server("students"), [], table, "minimal-notebook:3.12", "Small") == ""


def test_the_star_is_for_those_in_no_group_that_is_named():
    table = {"staff": {}, "*": {"servers": 0}}
    assert refusal(server("staff"), [], table) == ""
    assert refusal(server("others"), [], table) == (
        f"Who is in no group of this hub may run 0 servers at a time, and that many are running. {REMEDY}"
    )


@given(st.sets(st.sampled_from("abc")), st.dictionaries(st.sampled_from("abc*"), st.just(Limits())))
def test_either_the_named_groups_count_or_the_star(groups, table):
    found = set(limits_for(groups, table))
    assert found == (groups & (table.keys() - {"*"}) or table.keys() & {"*"})


async def test_what_runs_counts_also_after_a_restart_of_the_hub(spawner_of):
    spawner = spawner_of("alice", notebook_memory="1Gi")
    other = spawner_of("bob", notebook_memory="2Gi")
    for each in (spawner, other):
        each.user.groups = [SimpleNamespace(name="students")]
        each.group_limits = {"students": {"memory": "2.5Gi"}}
    await other.load_user_options()

    after_restart = spawner_of("bob")
    after_restart.load_state(other.get_state())
    running = SimpleNamespace(active=True, counted=after_restart.counted)
    after_restart.user.groups = other.user.groups
    spawner.user.settings = {"users": {1: SimpleNamespace(spawners={"": running})}}
    with pytest.raises(SpawnRefused, match="2Gi are in use, and this server needs 1Gi"):
        await spawner.load_user_options()
