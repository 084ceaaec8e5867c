"""A server can start without what its user has installed."""

import re

import pytest
from kubernetes_asyncio.client import ApiClient

from jupyterhub_openshift.spawner.openshift_spawner import profiles
from jupyterhub_openshift.spawner.own_packages import WITHOUT

SIZES = {"Small": {"memory": "1Gi"}}


def with_volume(spawner_of):
    spawner = spawner_of("alice", volume_size="1Gi", authenticator="github")
    spawner.sizes = SIZES
    return spawner


@pytest.mark.parametrize(("choice", "expected"), [("with", {}), ("without", WITHOUT)])
async def test_the_choice_leaves_out_packages_and_settings_of_the_home(spawner_of, choice, expected):
    spawner = with_volume(spawner_of)
    spawner.environment = {"PYTHONNOUSERSITE": ""} if expected else {}
    spawner.user_options = {"profile": "minimal-notebook:3.12", "packages": choice}
    await spawner.load_user_options()
    pod = ApiClient().sanitize_for_serialization(await spawner.unresolved_pod_manifest())
    env = {entry["name"]: entry.get("value") for entry in pod["spec"]["containers"][0]["env"]}
    assert {name: env[name] for name in WITHOUT if name in env} == expected


async def test_the_next_start_uses_them_again(spawner_of):
    spawner = with_volume(spawner_of)
    for choice, expected in (("without", False), ("", True)):
        spawner.user_options = {"packages": choice} if choice else {}
        await spawner.load_user_options()
        assert spawner.own_packages is expected


async def test_the_page_does_not_remember_the_choice(spawner_of):
    spawner = with_volume(spawner_of)
    spawner.orm_spawner.user_options = {"profile": "minimal-notebook:3.12", "packages": "without"}
    form = await spawner.get_options_form()
    options = form[form.index('--packages"') :]
    (selected,) = re.findall(r'<option value="(\w+)"\s+selected', options)
    assert selected == "with"


async def test_only_a_menu_with_another_choice_and_volumes_offers_it(spawner_of):
    spawner = spawner_of("alice")
    spawner.sizes = SIZES
    assert "packages" not in (await profiles(spawner))[0]["profile_options"]  # nothing stays without a volume
    spawner = with_volume(spawner_of)
    spawner.sizes = {}
    assert await profiles(spawner) == []  # the server starts at once
