"""The image menu, built from recorded image streams."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterhub_openshift.spawner.image_menu import image_profiles
from jupyterhub_openshift.spawner.spawn_failures import SpawnRefused

from ..image_streams import stream
from .pods import DIGEST, manifest

STREAMS = ("GET", "/apis/image.openshift.io/v1/namespaces/rec/imagestreams")


def slugs(choices: list[dict]) -> list[str]:
    return [choice["slug"] for choice in choices]


def test_each_tag_of_a_stream_is_in_the_menu(recorded):
    annotations = {"openshift.io/display-name": "SciPy notebook", "description": "With pandas."}
    assert image_profiles([stream(recorded, "scipy-notebook", "3.12", **annotations)], "") == [
        {
            "slug": "scipy-notebook:3.12",
            "display_name": "SciPy notebook 3.12",
            "description": "With pandas.",
            "kubespawner_override": {"image": "scipy-notebook:3.12"},
        }
    ]


def test_annotations_of_a_tag_override_those_of_the_stream(recorded):
    one = stream(recorded, "nb", "3.12", **{"openshift.io/display-name": "Notebook", "description": "All."})
    one["spec"]["tags"][0]["annotations"] = {
        "openshift.io/display-name": "Python 3.12",
        "description": "This.",
    }
    assert [(c["display_name"], c["description"]) for c in image_profiles([one], "")] == [
        ("Python 3.12", "This.")
    ]


def test_the_configured_image_comes_first_then_titles_then_newer_versions(recorded):
    streams = [
        stream(recorded, "b", "3.9", "3.12", "latest"),
        stream(recorded, "a", "1"),
        stream(recorded, "c", "1"),
    ]
    assert slugs(image_profiles(streams, "c:1")) == ["c:1", "a:1", "b:3.12", "b:3.9", "b:latest"]


def test_a_tag_without_an_image_and_a_hidden_tag_are_not_in_the_menu(recorded):
    one = stream(recorded, "nb", "1", "2", "3")
    one["status"]["tags"][0]["items"] = None
    one["spec"]["tags"][1]["annotations"] = {"tags": "python,hidden"}
    assert slugs(image_profiles([one], "")) == ["nb:3"]
    new = {"metadata": {"name": "new"}, "spec": {}, "status": {}}
    assert image_profiles([new], "") == []


def test_texts_are_escaped(recorded):
    one = stream(recorded, "nb", "1", description="<script>alert(1)</script>")
    assert image_profiles([one], "")[0]["description"] == "&lt;script&gt;alert(1)&lt;/script&gt;"


@given(st.lists(st.text("0123456789.-abc", min_size=1)))
def test_any_tags_can_be_sorted(tags):
    streams = [
        {
            "metadata": {"name": "nb"},
            "spec": {},
            "status": {"tags": [{"tag": tag, "items": [1]} for tag in tags]},
        }
    ]
    assert sorted(slugs(image_profiles(streams, ""))) == sorted(f"nb:{tag}" for tag in tags)


@pytest.fixture
def menu_of(spawner_of, api):
    """Make a user's spawner with a menu of these image streams."""

    def make(*streams: dict, **values):
        api.answers[STREAMS] = (200, {"metadata": {}, "items": list(streams)})
        for each in streams:
            api.answers["GET", f"{STREAMS[1]}/{each['metadata']['name']}"] = (200, each)
        return spawner_of("alice", notebook_menu="on", authenticator="github", **values)

    return make


async def test_the_chosen_image_runs_and_is_selected_on_the_next_spawn_page(menu_of, recorded):
    spawner = menu_of(stream(recorded, "a", "1"), stream(recorded, "b", "1"))
    assert 'value="a:1"' in await spawner.get_options_form()
    spawner.user_options = spawner.options_from_form({"profile": ["b:1"]})
    await spawner.load_user_options()
    pod = await manifest(spawner)
    assert pod["spec"]["containers"][0]["image"] == f"127.0.0.1:5000/rec/minimal-notebook@{DIGEST}"
    assert spawner.image == "b:1"
    page = await spawner.get_options_form()
    checked = page.index("checked")
    assert page.index('value="b:1"') < checked
    assert page.rindex('value="', 0, checked) == page.index('value="b:1"')


async def test_the_first_image_is_selected_when_the_last_choice_is_gone(menu_of, recorded):
    spawner = menu_of(stream(recorded, "a", "1"), stream(recorded, "b", "1"))
    spawner.user_options = {"profile": "gone:1"}
    page = await spawner.get_options_form()
    assert page.rindex('value="', 0, page.index("checked")) == page.index('value="a:1"')


async def test_the_menu_lists_the_labelled_streams_each_time_the_page_opens(menu_of, api, recorded):
    spawner = menu_of(stream(recorded, "a", "1"), stream(recorded, "b", "1"))
    assert "c:1" not in await spawner.get_options_form()
    items = [stream(recorded, name, "1") for name in "abc"]
    api.answers[STREAMS] = (200, {"metadata": {}, "items": items})
    assert "c:1" in await spawner.get_options_form()


@pytest.mark.parametrize("names", ["", "a"])
async def test_there_is_no_form_if_there_is_nothing_to_choose(menu_of, recorded, names):
    spawner = menu_of(*(stream(recorded, name, "1") for name in names))
    assert await spawner.get_options_form() == ""
    await spawner.load_user_options()
    assert spawner.image == ("a:1" if names else "minimal-notebook:3.12")


SIZES = {"Small": {"memory": "512Mi"}, "Large": {"cpu": 4, "memory": "4Gi"}}


async def test_each_image_has_a_size_selector(menu_of, recorded):
    spawner = menu_of(stream(recorded, "a", "1"), stream(recorded, "b", "1"))
    spawner.sizes = SIZES
    page = await spawner.get_options_form()
    for image in ("a:1", "b:1"):
        assert f'name="profile-option-{image}--size"' in page
    assert "Large (4 CPU, 4 GiB memory)" in page
    chosen = {"profile": ["b:1"], "profile-option-b:1--size": ["large"]}
    spawner.user_options = spawner.options_from_form(chosen)
    await spawner.load_user_options()
    assert (spawner.image, spawner.size, spawner.mem_limit) == ("b:1", "Large", 4 * 1024**3)


async def test_sizes_are_offered_without_an_image_menu(menu_of):
    spawner = menu_of()
    spawner.image_menu = False
    spawner.sizes = SIZES
    assert "Small (512 MiB memory)" in await spawner.get_options_form()
    await spawner.load_user_options()
    assert (spawner.image, spawner.size) == ("minimal-notebook:3.12", "Small")


async def test_a_member_of_a_group_sees_only_what_the_group_allows(menu_of, recorded):
    spawner = menu_of(stream(recorded, "a", "1"), stream(recorded, "b", "1"))
    spawner.sizes = SIZES
    spawner.group_limits = {"students": {"images": ["a:*"], "sizes": ["Small"]}}
    spawner.user.groups = [SimpleNamespace(name="students")]
    page = await spawner.get_options_form()
    assert ('value="a:1"' in page, 'value="b:1"' in page) == (True, False)
    assert ("Small" in page, "Large" in page) == (True, False)


async def test_a_user_whose_groups_allow_no_image_is_refused(menu_of, recorded):
    spawner = menu_of(stream(recorded, "a", "1"))
    spawner.group_limits = {"*": {"images": []}}
    with pytest.raises(SpawnRefused) as refusal:
        await spawner.get_options_form()
    assert refusal.value.jupyterhub_message == (
        "Your groups (none) may not choose any image of this hub. Ask an administrator of this hub."
    )


async def test_a_choice_that_is_gone_is_refused_if_there_is_a_menu(menu_of, recorded):
    spawner = menu_of(stream(recorded, "a", "1"), stream(recorded, "b", "1"))
    spawner.user_options = {"profile": "c:1"}
    with pytest.raises(SpawnRefused) as refusal:
        await spawner.load_user_options()
    assert refusal.value.jupyterhub_message == (
        "This hub no longer offers your last choice (c:1). "
        "Choose again: start the server from the hub's home page."
    )


async def test_a_choice_that_is_gone_is_dropped_if_there_is_only_one_image(menu_of, recorded):
    spawner = menu_of(stream(recorded, "a", "1"))
    spawner.user_options = {"profile": "c:1"}
    await spawner.load_user_options()
    assert (spawner.image, spawner.user_options) == ("a:1", {})


async def test_on_a_plain_kubernetes_there_is_no_menu(menu_of, api):
    spawner = menu_of()
    del api.answers[STREAMS]
    assert await spawner.get_options_form() == ""


async def test_the_spawn_page_shows_a_refusal_of_the_api(menu_of, api):
    spawner = menu_of()
    api.answers[STREAMS] = (403, {"message": "no image streams for you"})
    with pytest.raises(SpawnRefused) as refusal:
        await spawner.get_options_form()
    assert (
        refusal.value.jupyterhub_message
        == "The cluster refused to start this server: no image streams for you"
    )
