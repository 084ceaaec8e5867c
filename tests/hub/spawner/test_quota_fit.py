"""Sizes that the project's quotas do not allow, on the spawn page."""

import re

import pytest

from jupyterhub_openshift.spawner.quota_fit import sizes_without_room
from jupyterhub_openshift.spawner.sizes import Size

QUOTAS = ("GET", "/api/v1/namespaces/rec/resourcequotas")
GPU = "requests.nvidia.com/gpu"


def quota(hard: dict[str, str], used: dict[str, str] | None = None, **spec: object) -> dict:
    return {"metadata": {"name": "compute"}, "spec": spec, "status": {"hard": hard, "used": used or {}}}


@pytest.mark.parametrize(
    ("size", "one", "reason"),
    [
        ({"gpu": 1}, quota({GPU: "2"}, {GPU: "1"}), None),
        ({"gpu": 1}, quota({GPU: "0"}), "the project's quota allows 0 GPUs"),
        ({"gpu": 2}, quota({GPU: "2"}, {GPU: "1"}), "the project uses 1 GPU of 2 GPUs"),
        (
            {"resources": {"amd.com/gpu": 1}},
            quota({"requests.amd.com/gpu": "0"}),
            "the project's quota allows 0 amd.com/gpu",
        ),
        ({"memory": "16Gi"}, quota({"limits.memory": "8Gi"}), "the project's quota allows 8 GiB of memory"),
        (
            {"memory": "2Gi"},
            quota({"limits.memory": "8Gi"}, {"limits.memory": "7Gi"}),
            "the project uses 7 GiB of memory of 8 GiB of memory",
        ),
        (
            {"memory": "2Gi"},
            quota({"requests.memory": "1Gi"}),
            "the project's quota allows 1 GiB of requested memory",
        ),
        ({"memory": "2Gi", "memory_request": "1Gi"}, quota({"requests.memory": "1Gi"}), None),
        ({"cpu": 4}, quota({"cpu": "2"}), "the project's quota allows 2 requested CPU"),
        ({}, quota({"limits.memory": "1Gi"}, {"limits.memory": "1Gi"}), None),  # the cluster decides
        ({}, quota({"pods": "3"}, {"pods": "3"}), "the project uses 3 pods of 3 pods"),
        ({"gpu": 1}, quota({GPU: "0"}, scopes=["Terminating"]), None),
        ({"gpu": 1}, quota({GPU: "0"}, scopes=["NotTerminating"]), "the project's quota allows 0 GPUs"),
        (
            {"gpu": 1},
            quota({GPU: "0"}, scopeSelector={"matchExpressions": [{"scopeName": "PriorityClass"}]}),
            None,
        ),
        ({"gpu": 1}, {"metadata": {"name": "new"}, "spec": {}}, None),
    ],
)
def test_a_size_without_room_has_a_reason(size, one, reason):
    assert sizes_without_room({"Big": Size(**size)}, [one]) == ({"Big": reason} if reason else {})


def options(form: str) -> list[tuple[str, bool, bool]]:
    """The text of each size in the menu, whether it is disabled, and whether it is selected."""
    found = re.findall(r"<option ([^>]*)>(.*?)</option>", form, re.DOTALL)
    return [(text, "disabled" in attributes, "selected" in attributes) for attributes, text in found]


async def test_the_menu_disables_a_size_with_its_reason_and_selects_another(spawner_of, api):
    spawner = spawner_of("alice")
    spawner.sizes = {"GPU": {"gpu": 1}, "Small": {"memory": "1Gi"}}
    api.answers[QUOTAS] = (200, {"items": [quota({GPU: "0"})]})
    spawner.user_options = {"profile": "minimal-notebook:3.12", "size": "gpu"}
    assert options(await spawner.get_options_form()) == [
        ("GPU (1 GPU): the project's quota allows 0 GPUs", True, False),
        ("Small (1 GiB memory)", False, True),
    ]
    api.answers[QUOTAS] = (200, {"items": [quota({GPU: "1"})]})
    assert options(await spawner.get_options_form()) == [
        ("GPU (1 GPU)", False, True),
        ("Small (1 GiB memory)", False, False),
    ]


async def test_without_the_right_to_list_quotas_every_size_is_offered(spawner_of, api):
    spawner = spawner_of("alice")
    spawner.sizes = {"GPU": {"gpu": 1}}
    api.answers[QUOTAS] = (403, {"message": "forbidden"})
    assert options(await spawner.get_options_form()) == [("GPU (1 GPU)", False, True)]
