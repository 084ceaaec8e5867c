"""Links that preselect the menu of images and sizes."""

from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from traitlets.config import Config

from jupyterhub_openshift.configure import configure_links
from jupyterhub_openshift.spawner.start_links import (
    KeepParameters,
    StartLink,
    preselected,
    sentences,
    take_parameters,
)

from ..example_settings import PROJECT, settings

ALICE = SimpleNamespace(url="/user/al%20ice/", escaped_name="al%20ice")


def profile(slug: str, title: str = "", *sizes: str, default: bool = False) -> dict:
    """A profile of the menu, as KubeSpawner completes it."""
    choices = {size.lower(): {"kubespawner_override": {"size": size}} for size in sizes}
    options = {"profile_options": {"size": {"choices": choices}}} if sizes else {}
    return {"slug": slug, "display_name": title or slug, **({"default": True} if default else {}), **options}


MENU = [
    profile("minimal-notebook:3.12", "Minimal", "Small", "Large", default=True),
    profile("scipy-notebook:3.13", "Science &amp; more", "Small", "Large"),
    profile("scipy-notebook:3.12", "Science, old", "Small"),
]
SCIPY = "scipy-notebook:3.13"
LAST = {"profile": "scipy-notebook:3.12", "size": "small", "connections": ["s3"]}


@pytest.mark.parametrize(
    ("link", "last", "expected"),
    [
        (StartLink(), LAST, LAST),
        (StartLink(), {}, {}),
        (StartLink(image=SCIPY), {}, {"profile": SCIPY}),
        (StartLink(image="scipy-notebook"), {}, {"profile": SCIPY}),  # the first of its tags in the menu
        (StartLink(image="Science & more"), LAST, {"profile": SCIPY}),
        (StartLink(image=SCIPY, size="Large"), LAST, {"profile": SCIPY, "size": "large"}),
        (StartLink(size="large"), {}, {"profile": "minimal-notebook:3.12", "size": "large"}),
        (StartLink(size="Small"), LAST, LAST),
        (
            StartLink(size="Small"),
            {"profile": SCIPY, "size--unlisted-choice": "16"},
            {"profile": SCIPY, "size": "small"},
        ),
    ],
)
def test_a_link_preselects_the_menu(link, last, expected):
    assert preselected(link, MENU, last, "minimal-notebook:3.12") == (expected, [])


@pytest.mark.parametrize(
    ("link", "last", "expected", "sentence"),
    [
        (
            StartLink(image="r-notebook"),
            LAST,
            LAST,
            'This hub does not offer the image "r-notebook", which the link asks for.',
        ),
        (
            StartLink(image="scipy-notebook:3.12", size="Large"),
            {},
            {"profile": "scipy-notebook:3.12"},
            'This hub does not offer the size "Large", which the link asks for.',
        ),
    ],
)
def test_what_the_menu_lacks_is_told_and_the_menu_still_shown(link, last, expected, sentence):
    assert preselected(link, MENU, last, "minimal-notebook:3.12") == (expected, [sentence])


def test_without_a_menu_a_link_may_name_the_hubs_own_image_only():
    assert preselected(StartLink("minimal-notebook:3.12"), [], {}, "minimal-notebook:3.12") == ({}, [])
    assert preselected(StartLink("other:1"), [], {}, "minimal-notebook:3.12") == (
        {},
        ['This hub does not offer the image "other:1", which the link asks for.'],
    )


def test_a_sentence_cannot_put_markup_into_the_page():
    _, problems = preselected(StartLink("<script>"), MENU, {}, "minimal-notebook:3.12")
    assert "the image &quot;&lt;script&gt;&quot;, which" in sentences(problems)
    assert sentences([]) == ""


def test_the_parameters_are_taken_out_of_the_request():
    arguments = {"image": [b"a:1"], "next": [b"/hub/home"], "opt-x": [b"1"]}
    assert take_parameters(arguments) == StartLink("a:1", "")
    assert arguments == {"next": [b"/hub/home"], "opt-x": [b"1"]}


@pytest.mark.parametrize(
    ("server", "uri", "expected"),
    [
        (
            "",
            "/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgit.example.org%2Fa&image=scipy%3A1&size=Large",
            "/hub/spawn/al%20ice?image=scipy%3A1&size=Large&"
            "next=%2Fuser%2Fal%2520ice%2Fgit-pull%3Frepo%3Dhttps%253A%252F%252Fgit.example.org%252Fa",
        ),
        (
            "lab",
            "/hub/user-redirect/git-pull?size=Large",
            "/hub/spawn/al%20ice/lab?size=Large&next=%2Fuser%2Fal%2520ice%2Flab%2Fgit-pull",
        ),
        ("", "/hub/user-redirect/git-pull?repo=a", None),
    ],
)
def test_a_link_to_a_page_in_the_server_keeps_its_parameters(server, uri, expected):
    request = SimpleNamespace(query=urlsplit(uri).query)
    assert KeepParameters(server)("git-pull", request, ALICE, "/") == expected


def test_a_hook_of_the_users_files_takes_precedence():
    c = Config()
    c.JupyterHub.user_redirect_hook = own = lambda *_: None
    configure_links(c, settings(), PROJECT)
    assert c.JupyterHub.user_redirect_hook is own
