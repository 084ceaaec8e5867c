"""Limits per group on choice and use."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterhub_openshift.spawner.group_limits import Limits, ServerUsage, limits_for, refuse_without_room
from jupyterhub_openshift.spawner.spawn_failures import SpawnRefused

GI = 1024**3


def server(*groups: str, memory: int | None = GI) -> ServerUsage:
    return ServerUsage(frozenset(groups), memory)


def refusal(
    one: ServerUsage, running: list[ServerUsage], table: dict, image: str = "a:1", size: str = ""
) -> str:
    """The message that the user reads; empty if the server may start."""
    try:
        refuse_without_room(
            one, image, size, running, {name: Limits(**limits) for name, limits in table.items()}
        )
    except SpawnRefused as refused:
        return refused.jupyterhub_message
    return ""


REMEDY = "Stop a server that is no longer needed, or ask an administrator of this hub to raise the limit."


def test_a_group_may_run_a_limited_number_of_servers():
    table = {"students": {"servers": 2}}
    running = [server("students"), server("staff")]
    assert refusal(server("students"), running, table) == ""
    assert refusal(server("students"), [*running, server("students")], table) == (
        f'The group "students" may run 2 servers at the same time; 2 are running. {REMEDY}'
    )
    assert refusal(server("staff"), [*running, server("students")], table) == ""


def test_a_group_may_use_a_limited_amount_of_memory():
    table = {"students": {"memory": "4Gi"}}
    running = [server("students", memory=2 * GI), server("students")]
    assert refusal(server("students"), running, table) == ""
    assert refusal(server("students", memory=3 * GI // 2), running, table) == (
        'The group "students" may use 4 GiB of memory. 3 GiB is in use, and this server needs 1.5 GiB. '
        + REMEDY
    )


def test_a_group_with_a_memory_limit_needs_servers_with_a_memory_limit():
    assert refusal(server("students", memory=None), [], {"students": {"memory": "4Gi"}}) == (
        'The group "students" may use 4 GiB of memory, but this server has no memory limit. '
        "An administrator of this hub can set JUPYTERHUB_NOTEBOOK_MEMORY."
    )


def test_a_member_of_several_groups_may_start_while_one_of_them_has_room():
    table = {"students": {"servers": 1}, "tutors": {"servers": 2}}
    both = server("students", "tutors")
    assert refusal(both, [server("students")], table) == ""
    assert refusal(both, [both, server("tutors")], table) == (
        'The group "students" may run 1 server at the same time; 1 is running. '
        f'The group "tutors" may run 2 servers at the same time; 2 are running. {REMEDY}'
    )


def test_only_groups_that_allow_the_choice_can_have_room_for_it():
    table = {"students": {"sizes": ["Small"]}, "tutors": {"servers": 0}}
    both = server("students", "tutors")
    assert refusal(both, [], table, size="Small") == ""
    assert refusal(both, [], table, size="Large") == (
        f'The group "tutors" may run 0 servers at the same time; 0 are running. {REMEDY}'
    )


def test_a_choice_that_no_group_allows_is_refused():
    table = {"students": {"images": ["minimal-notebook:*"], "sizes": ["Small"]}}
    assert refusal(server("students"), [], table, "gpu-notebook:1", "Small") == (
        'The group "students" may not choose the image "gpu-notebook:1" in the size "Small". '
        "Ask an administrator of this hub."
    )
    assert refusal(server("students"), [], table, "minimal-notebook:3.12", "Small") == ""


def test_the_star_applies_to_users_in_no_other_group():
    table = {"staff": {}, "*": {"servers": 0}}
    assert refusal(server("staff"), [], table) == ""
    assert refusal(server("others"), [], table) == (
        f"A user who is in no group of this hub may run 0 servers at the same time; 0 are running. {REMEDY}"
    )


@given(st.sets(st.sampled_from("abc")), st.dictionaries(st.sampled_from("abc*"), st.just(Limits())))
def test_the_limits_are_those_of_the_named_groups_or_of_the_star(groups, table):
    found = set(limits_for(groups, table))
    assert found == (groups & (table.keys() - {"*"}) or table.keys() & {"*"})


async def test_a_running_server_counts_after_a_restart_of_the_hub(spawner_of):
    spawner = spawner_of("alice", notebook_memory="1Gi")
    other = spawner_of("bob", notebook_memory="2Gi")
    for each in (spawner, other):
        each.user.groups = [SimpleNamespace(name="students")]
        each.group_limits = {"students": {"memory": "2.5Gi"}}
    await other.load_user_options()

    after_restart = spawner_of("bob")
    after_restart.load_state(other.get_state())
    running = SimpleNamespace(active=True, pending=None, _fits=False, usage=after_restart.usage)
    after_restart.user.groups = other.user.groups
    spawner.user.settings = {"users": {1: SimpleNamespace(spawners={"": running})}}
    with pytest.raises(SpawnRefused, match="2 GiB is in use, and this server needs 1 GiB"):
        await spawner.load_user_options()
