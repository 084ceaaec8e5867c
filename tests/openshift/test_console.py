"""openshift/console: the quick start has the fields that the console reads, and the README's commands."""

from __future__ import annotations

import shlex

import yaml
from jsonschema import validate

from tests.openshift.known_fields import TEXT, closed
from tests.openshift.rendered import CHECKOUT, Obj
from tests.transcript.readme import sections

TEXTS: Obj = {"type": "array", "items": TEXT}
# https://github.com/openshift/api/blob/master/console/v1/types_console_quick_start.go, as far as we use it
QUICK_START = closed(
    apiVersion={"const": "console.openshift.io/v1"},
    kind={"const": "ConsoleQuickStart"},
    metadata=closed("name", name=TEXT),
    spec=closed(
        "displayName",
        "durationMinutes",
        "description",
        "introduction",
        "tasks",
        displayName=TEXT,
        durationMinutes={"type": "integer", "minimum": 1},
        description={"type": "string", "maxLength": 256},
        prerequisites=TEXTS,
        introduction=TEXT,
        tags=TEXTS,
        conclusion=TEXT,
        tasks={
            "type": "array",
            "minItems": 1,
            "items": closed(
                "title",
                "description",
                title=TEXT,
                description=TEXT,
                review=closed("instructions", "failedTaskHelp", instructions=TEXT, failedTaskHelp=TEXT),
                summary=closed("success", "failed", success=TEXT, failed=TEXT),
            ),
        },
    ),
)


def test_the_quick_start_has_known_fields_and_the_commands_of_the_readme_in_their_order() -> None:
    quick_start = yaml.safe_load((CHECKOUT / "openshift/console/quick-start.yaml").read_text())
    validate(quick_start, QUICK_START)
    lines = "\n".join(task["description"] for task in quick_start["spec"]["tasks"]).splitlines()
    commands = [shlex.split(line) for line in lines if line.startswith("oc ")]
    assert commands == sections()["On OpenShift"][: len(commands)]
    assert len(commands) == len(sections()["On OpenShift"]) - 2  # but for the pods and the deletion
