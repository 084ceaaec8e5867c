"""The sandbox refuses and warns with the messages of OpenShift's API.

`refusals.jsonl`: what a kube-apiserver 1.36 and an openshift-apiserver 4.21 were asked in the project `rec`,
and what they answered; in that order, as a config map is made on the way. Most change nothing (`dryRun=All`).
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from sandbox.apimachinery.json_types import Obj
from sandbox.apiserver.http import application
from sandbox.authorization.users import ADMIN, Tokens, person
from tests.sandbox.projects import PROJECT, an_api
from tests.sandbox.recorded import differences

REFUSALS = [json.loads(line) for line in (Path(__file__).parent / "refusals.jsonl").read_text().splitlines()]


async def replay() -> list[Obj]:
    """Send all requests in order; of successful ones only status and warnings were recorded."""
    api = an_api()
    people = {"admin": ADMIN, "developer": person("developer")}
    tokens = Tokens(api.store, PROJECT, b"k" * 32, people)
    answers = []
    async with TestServer(application(api, tokens)) as server, ClientSession(server.make_url("/")) as session:
        for asked in REFUSALS:
            token = tokens.issue("jupyterhub") if asked["as"] == "hub" else asked["as"]
            headers = {"Authorization": f"Bearer {token}", "Content-Type": asked["content_type"]}
            body = None if asked["body"] is None else json.dumps(asked["body"])
            async with session.request(asked["method"], asked["path"], data=body, headers=headers) as answer:
                found = {"status": answer.status, "warnings": answer.headers.getall("Warning", [])}
                answers.append({**found, "response": json.loads(await answer.text())})
    return answers


@pytest.fixture(scope="module")
def answers() -> list[Obj]:
    return asyncio.run(replay())


@pytest.mark.parametrize("number", range(len(REFUSALS)), ids=[each["name"] for each in REFUSALS])
def test_the_refusal_is_the_recorded_one(answers: list[Obj], number: int) -> None:
    answer, recorded = answers[number], {"warnings": [], **REFUSALS[number]}
    fields = ["status", "warnings", *(["response"] if "response" in recorded else [])]
    wanted = {field: recorded[field] for field in fields}
    assert list(differences({field: answer[field] for field in fields}, wanted)) == []
