"""The parts of a request's path and query."""

import pytest

from sandbox.apiserver.request_info import parse

PODS = "/api/v1/namespaces/test/pods"


@pytest.mark.parametrize(
    ("query", "verb"),
    [
        ({}, "list"),
        ({"watch": "true"}, "watch"),
        ({"watch": "True"}, "watch"),  # as Python's clients write it
        ({"watch": "1"}, "watch"),
        ({"watch": ""}, "watch"),
        ({"watch": "false"}, "list"),
        ({"watch": "False"}, "list"),
        ({"watch": "0"}, "list"),
    ],
)
def test_watch_accepts_every_spelling_of_true(query: dict[str, str], verb: str) -> None:
    wanted = parse("GET", PODS, query)
    assert wanted and wanted.verb == verb
