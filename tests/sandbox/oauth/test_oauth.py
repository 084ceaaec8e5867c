"""The sandbox's OAuth server, and its API with access tokens, answer as a real OpenShift did."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.apimachinery.json_types import Obj

from .oauth_replay import RECORDINGS, Replay

# Fields that list what this one cluster has: its API groups, and every rule of its roles.
PARTICULAR = {"APIGroupList": "groups", "SelfSubjectRulesReview": "status"}


async def replay() -> list[Obj]:
    whole = Replay()
    async with whole.serving():
        return [await whole.ask(record) for record in RECORDINGS]


@pytest.fixture(scope="module")
def answers() -> list[Obj]:
    return asyncio.run(replay())


def told(status: int, location: str, body: object) -> Obj:
    """Return what a client reads of a response: status, location and the relevant fields."""
    path, _, fragment = location.partition("#")
    url = urlsplit(path)
    query = {name: values for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    for secret in ("code", "access_token"):
        if secret in query:
            query[secret] = ["<sha256-token>"]
    fragments = {
        **parse_qs(fragment, keep_blank_values=True),
        **({"access_token": ["x"]} if fragment else {}),
    }
    found = {"status": status, "to": (url.scheme, url.netloc, url.path, query, fragments)}
    names = ("error", "error_description", "state", "scope", "token_type", "expires_in", "kind", "apiVersion")
    names += ("message", "reason", "details", "code", "allowed", "status", "groups", "identities")
    if isinstance(body, dict):
        names = tuple(name for name in names if name != PARTICULAR.get(body.get("kind", "")))
        found["body"] = {name: words_in_order(body[name]) for name in names if name in body}
        if "details" in body:
            found["body"]["details"] = {key: words_in_order(value) for key, value in body["details"].items()}
        found["name"] = body.get("metadata", {}).get("name", "").startswith("sha256") or body.get(
            "metadata", {}
        ).get("name")
    return found


def words_in_order(value: object) -> object:
    """Sort the scopes of a token, which have no order."""
    if not isinstance(value, str):
        return value
    value = re.sub(r"sha256~[-\w]+", "<token-object-name>", value)
    return re.sub(r"scopes \[(.*)\]", lambda match: f"scopes {sorted(match[1].split())}", value)


def recorded(record: Obj) -> Obj:
    response = record["response"] if isinstance(record["response"], dict) else None
    if response and "<token-object-name>" in str(response):
        response = {**response, "metadata": {**response["metadata"]}}
        if "name" in response["metadata"]:
            response["metadata"]["name"] = "sha256~x"
    return told(record["status"], record["response_headers"].get("Location", ""), response)


@pytest.mark.parametrize(
    "number", range(len(RECORDINGS)), ids=[f"{number}-{r['name']}" for number, r in enumerate(RECORDINGS)]
)
def test_the_answer_is_the_recorded_one(answers: list[Obj], number: int) -> None:
    record = RECORDINGS[number]
    answer = answers[number]
    assert told(answer["status"], answer["location"], answer["body"]) == recorded(record)
