"""A raised size of the users' volumes reaches the volumes that exist."""

from __future__ import annotations

import pytest

from jupyterhub_openshift.spawner.spawn_failures import SpawnRefused

CLAIM = "/api/v1/namespaces/rec/persistentvolumeclaims/jupyterhub-nb-alice"
NOT_EXPANDABLE = (
    'persistentvolumeclaims "jupyterhub-nb-alice" is forbidden: only dynamically provisioned pvc can be '
    "resized and the storageclass that provisions the pvc must support resize"
)


async def start(spawner, api, recorded) -> None:
    """The API refuses the pod, which ends the start."""
    api.answers["POST", "/api/v1/namespaces/rec/persistentvolumeclaims"] = (201, {})
    api.answer(recorded["create pod over the quota"])
    with pytest.raises(SpawnRefused):
        await spawner.start()


def sizes(api) -> list[str]:
    """The sizes that the hub has requested of the existing claim."""
    patches = [body for method, path, body in api.requests if (method, path) == ("PATCH", CLAIM)]
    return [body["spec"]["resources"]["requests"]["storage"] for body in patches]


@pytest.fixture
async def spawner(spawner_of):
    """The spawner of a user whose claim exists, made by an earlier start with 1 GiB."""
    spawner = spawner_of("alice", volume_size="2Gi", authenticator="github")
    state = {"volume_size": "1Gi", "pvc_name": spawner.pvc_name, "kubespawner_version": "7"}
    spawner.load_state(state)
    spawner._pvc_exists = True
    return spawner


async def test_the_claim_grows_once(spawner, api, recorded):
    api.answers["PATCH", CLAIM] = (200, {})
    await start(spawner, api, recorded)
    await start(spawner, api, recorded)
    assert sizes(api) == ["2Gi"]
    assert spawner.get_state()["volume_size"] == "2Gi"


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            (403, {"message": NOT_EXPANDABLE}),
            f"The volume jupyterhub-nb-alice keeps its size: {NOT_EXPANDABLE}",
        ),
        ((422, {"message": "field can not be less than status.capacity"}), ""),
    ],
    ids=["a class that cannot", "a larger volume"],
)
async def test_a_volume_that_keeps_its_size_is_no_obstacle(spawner, api, recorded, caplog, answer, line):
    api.answers["PATCH", CLAIM] = answer
    await start(spawner, api, recorded)
    await start(spawner, api, recorded)
    assert sizes(api) == ["2Gi"]
    lines = [record.message for record in caplog.records if "volume" in record.message]
    assert lines == ([line] if line else [])


async def test_while_the_api_is_away_the_size_is_tried_again(spawner, api, recorded):
    api.answers["PATCH", CLAIM] = (503, "unavailable")
    await start(spawner, api, recorded)
    assert spawner.get_state()["volume_size"] == "1Gi"


async def test_a_new_claim_has_the_size_from_the_start(spawner_of, api, recorded):
    spawner = spawner_of("alice", volume_size="2Gi", authenticator="github")
    await start(spawner, api, recorded)
    assert (sizes(api), spawner.get_state()["volume_size"]) == ([], "2Gi")


async def test_a_server_without_a_volume_asks_for_none(spawner_of, api, recorded):
    spawner = spawner_of("alice")
    await start(spawner, api, recorded)
    assert (sizes(api), spawner.get_state()["volume_size"]) == ([], None)
