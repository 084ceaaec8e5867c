"""The API lists failing pods as recorded, and answers requests for their logs."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from sandbox import seed
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import Store
from sandbox.apiserver.http import application
from sandbox.authorization.users import ADMIN, Tokens
from sandbox.registry.api import Api
from tests.sandbox.kubelet.failing_pods import PROJECT, RECORDED

NAME = re.compile(r"failing pod ([\w-]+): (the pod in the end|as a table|its log)")
AGO = re.compile(r" \(.*ago\)")


def recorded() -> dict[str, dict[str, Obj]]:
    causes: dict[str, dict[str, Obj]] = {}
    for line in RECORDED.read_text().splitlines():
        exchange = json.loads(line)
        if about := NAME.fullmatch(exchange["name"]):
            causes.setdefault(about[1], {})[about[2]] = exchange
    return causes


CAUSES = recorded()


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[Any, int, str]]:
    """For each cause its table, and status and text of the answer to the request for its log."""
    return asyncio.run(ask())


async def ask() -> dict[str, tuple[Any, int, str]]:
    store = Store()
    seed.fill(store, PROJECT)
    for each in CAUSES.values():
        store.create("pods", each["the pod in the end"]["response"])
    tokens = Tokens(store, PROJECT, b"key", {"admin's": ADMIN})
    found = {}
    server = TestServer(application(Api(store, PROJECT), tokens, log_file=lambda *_: None))
    await server.start_server()
    try:
        async with ClientSession(headers={"Authorization": "Bearer admin's"}) as session:
            for cause, each in CAUSES.items():
                table, log = each["as a table"], each["its log"]
                async with session.get(
                    server.make_url(table["path"]), headers=table["request_headers"]
                ) as answer:
                    rows = (await answer.json())["rows"]
                async with session.get(server.make_url(log["path"])) as answer:
                    found[cause] = (rows, answer.status, await answer.text())
    finally:
        await server.close()
    return found


@pytest.mark.parametrize("cause", CAUSES)
def test_a_failing_pod_is_listed_as_recorded(cause: str, answers: dict[str, tuple[Any, int, str]]):
    assert cells(answers[cause][0]) == cells(CAUSES[cause]["as a table"]["response"]["rows"])


@pytest.mark.parametrize(
    "cause", [cause for cause, each in CAUSES.items() if each["its log"]["status"] != 200]
)
def test_the_log_of_a_pod_that_has_not_run_is_refused_as_recorded(
    cause: str, answers: dict[str, tuple[Any, int, str]]
):
    _, status, text = answers[cause]
    log = CAUSES[cause]["its log"]
    assert (status, json.loads(text) if text else "") == (log["status"], log["response"])


def cells(rows: list[Obj]) -> list[list[Any]]:
    """The cells without ages."""
    return [[AGO.sub("", str(cell)) for index, cell in enumerate(row["cells"]) if index != 4] for row in rows]
