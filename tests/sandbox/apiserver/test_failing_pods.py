"""Failing pods as recorded from a real kubelet: their row in a table, and the answer for their log.

`failing-pods.jsonl` has a line for each cause: the pod in the end, its cells, and its log's status and text.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from sandbox import seed
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.store import Store
from sandbox.apiserver.http import application
from sandbox.authorization.users import ADMIN, Tokens
from sandbox.printers import tables
from sandbox.registry.api import Api

PROJECT = Project("rec2", uid_first=1000210000)
PODS = [json.loads(line) for line in (Path(__file__).parent / "failing-pods.jsonl").read_text().splitlines()]
AGE = 4

every_cause = pytest.mark.parametrize("recorded", PODS, ids=[each["cause"] for each in PODS])


@every_cause
def test_the_row_of_a_failing_pod_is_the_recorded_one(recorded: Obj) -> None:
    (row,) = tables.table("pods", [recorded["pod"]], {}, "None")["rows"]
    assert without_times(row["cells"]) == without_times(recorded["cells"])


def without_times(cells: list[object]) -> list[object]:
    """Drop the age, and the time since the last restart: `2 (3s ago)`."""
    restarts = str(cells[3]).partition(" (")[0]
    return [*cells[:3], restarts, *cells[AGE + 1 :]]


@every_cause
async def test_the_log_of_a_failing_pod_is_answered_as_recorded(recorded: Obj, tmp_path: Path) -> None:
    store, log, wanted = Store(), tmp_path / "log", recorded["log"]
    seed.fill(store, PROJECT)
    api = Api(store, PROJECT)
    store.create("pods", recorded["pod"])
    if wanted["status"] == 200:
        log.write_text(wanted["response"])
    app = application(
        api,
        Tokens(store, PROJECT, b"k" * 32, {"admin": ADMIN}),
        log_file=lambda pod, container, previous: log if log.exists() else None,
    )
    async with TestServer(app) as server, ClientSession(server.make_url("/")) as session:
        path = f"/api/v1/namespaces/rec2/pods/{recorded['pod']['metadata']['name']}/log"
        async with session.get(path, headers={"Authorization": "Bearer admin"}) as answer:
            text = await answer.text()
    assert answer.status == wanted["status"]
    assert (json.loads(text) if answer.status == 400 else text) == wanted["response"]
