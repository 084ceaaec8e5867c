"""Placeholders in the values of a configuration file."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterhub_openshift.spawner.templates import PLACEHOLDERS, UnknownPlaceholder

from .pods import manifest


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("{username}-data", "alice-data"),
        ("{{username}}", "{username}"),
        ('{"a": 1}', '{"a": 1}'),
        ('{"user": "{username}", "deep": {"list": [{}]}}', '{"user": "alice", "deep": {"list": [{}]}}'),
        ("${HOME}/{username}", "${HOME}/alice"),
        ("{", "{"),
        ("}{username}", "}alice"),
        ("{0}", "{0}"),
        ("100 %", "100 %"),
    ],
)
async def test_a_value_keeps_braces_of_its_own(spawner_of, text, expanded):
    spawner = spawner_of("alice")
    spawner.environment = {"TEXT": text}
    spawner.extra_annotations = {"text": text}
    pod = await manifest(spawner)
    (variable,) = [entry for entry in pod["spec"]["containers"][0]["env"] if entry["name"] == "TEXT"]
    assert (variable["value"], pod["metadata"]["annotations"]["text"]) == (expanded, expanded)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("data/{usernam}", "{usernam}, which does not exist. Did you mean {username}?"),
        ('{"a": "{xyzzy}"}', "{xyzzy}, which does not exist. For braces in the text, write {{xyzzy}}."),
    ],
)
async def test_an_unknown_placeholder_is_refused(spawner_of, text, hint):
    spawner = spawner_of("alice")
    spawner.volumes = [{"name": "data", "emptyDir": {}}]
    spawner.volume_mounts = [{"name": "data", "mountPath": "/data", "subPath": text}]
    with pytest.raises(UnknownPlaceholder) as refusal:
        await manifest(spawner)
    assert str(refusal.value) == f"has the placeholder {hint}"


async def test_every_placeholder_is_one_that_kubespawner_expands(spawner_of):
    spawner = spawner_of("alice", "lab")
    expanded = {name: spawner._expand_user_properties(f"{{{name}}}") for name in PLACEHOLDERS}
    assert expanded["user_server"] == "alice--lab"
    assert [name for name, text in expanded.items() if "{" in text] == []


async def test_any_json_reaches_the_server_unchanged(spawner_of):
    spawner = spawner_of("alice")

    texts = st.text(st.characters(codec="utf-8", exclude_characters="{}"))  # no placeholder in them

    @given(st.dictionaries(texts, st.recursive(st.none() | st.integers(), st.lists)))
    def is_kept(value):
        text = json.dumps(value)
        if value and "{{" not in text and "}}" not in text:
            assert spawner._expand_all(text) == text

    is_kept()
