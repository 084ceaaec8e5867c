"""A BuildConfig gets the secret that the page on custom images tells people to create."""

import pytest

from sandbox.admission.source_secrets import PREFIX
from sandbox.apimachinery.resource_keys import BUILD_CONFIGS
from tests.sandbox.projects import DEVELOPER, an_api


def created(uri: str, annotations: dict[str, dict[str, str]], **source: object) -> dict:
    """The source of a new BuildConfig, beside secrets with these annotations."""
    api = an_api()
    for name, each in annotations.items():
        api.create("secrets", {"metadata": {"name": name, "annotations": each}}, DEVELOPER)
    strategy = {"type": "Source", "sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "base:1"}}}
    spec = {"source": {"type": "Git", "git": {"uri": uri}, **source}, "strategy": strategy}
    config = api.create(BUILD_CONFIGS, {"metadata": {"name": "mine"}, "spec": spec}, DEVELOPER)
    return config["spec"]["source"]


MINE = {"mine": {f"{PREFIX}1": "https://github.com/you/*"}, "plain": {"note": "https://github.com/you/*"}}


@pytest.mark.parametrize(
    ("uri", "secret"),
    [
        ("https://github.com/you/notebooks.git", "mine"),
        ("https://github.com/others/notebooks.git", None),
        ("http://github.com/you/notebooks.git", None),
        ("https://example.org/you/notebooks.git", None),
    ],
)
def test_the_secret_whose_pattern_matches_the_address_is_used(uri, secret):
    assert created(uri, MINE).get("sourceSecret") == ({"name": secret} if secret else None)


def test_the_longer_pattern_wins():
    found = {"all": {f"{PREFIX}1": "https://*/*"}, **MINE}
    assert created("https://github.com/you/a.git", found)["sourceSecret"] == {"name": "mine"}
    assert created("https://git.example.org/a.git", found)["sourceSecret"] == {"name": "all"}


def test_a_secret_that_the_build_config_names_stays():
    source = created("https://github.com/you/a.git", MINE, sourceSecret={"name": "other"})
    assert source["sourceSecret"] == {"name": "other"}
