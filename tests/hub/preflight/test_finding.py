"""The table for people and the JSON for programs."""

import json

from jupyterhub_openshift.preflight.finding import FAILURE, PASSED, WARNING, Finding, as_json, table, worst

FINDINGS = [
    Finding("route", PASSED, "The hub's address is https://hub.example.org.", "oc get route/jupyterhub"),
    Finding("quota", WARNING, "No more notebooks fit.", "oc describe quota"),
    Finding("start", FAILURE, "2 settings cannot be used:\n  A\n  B"),
]


def test_the_table_has_a_sentence_and_a_command_for_each_check():
    assert table(FINDINGS).splitlines() == [
        "CHECK  RESULT   WHAT WAS FOUND, AND A COMMAND",
        "route  pass     The hub's address is https://hub.example.org.",
        "                oc get route/jupyterhub",
        "quota  warning  No more notebooks fit.",
        "                oc describe quota",
        "start  failure  2 settings cannot be used:",
        "                  A",
        "                  B",
    ]


def test_the_json_has_the_most_serious_result_and_each_check():
    assert json.loads(as_json(FINDINGS[:2])) == {
        "result": "warning",
        "checks": [
            {
                "check": "route",
                "result": "pass",
                "message": "The hub's address is https://hub.example.org.",
                "command": "oc get route/jupyterhub",
            },
            {
                "check": "quota",
                "result": "warning",
                "message": "No more notebooks fit.",
                "command": "oc describe quota",
            },
        ],
    }


def test_the_most_serious_result_counts():
    assert (worst(FINDINGS), worst(FINDINGS[:1]), worst([])) == (FAILURE, PASSED, PASSED)
