"""Processing of templates: parameters in objects, message and labels."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.registry.templates import expression, process


def a_template(*parameters: Obj, **rest: Any) -> Obj:
    return {"metadata": {"name": "t"}, "parameters": list(parameters), "objects": [], **rest}


def test_parameters_are_substituted_in_keys_and_values() -> None:
    values = (
        {"name": "NAME", "value": "web"},
        {"name": "N", "value": "3"},
        {"name": "EMPTY"},
        {"name": "ON", "value": "true"},
    )
    obj = {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": "${NAME}${EMPTY}-db", "namespace": "elsewhere"},
        "data": {
            "number": "${{N}}",
            "truth": "${{ON}}",
            "text": "${{NAME}}",
            "inside": "a ${{N}} b",
            "twice": "${NAME}/${NAME}",
            "unknown": "${NOSUCH}",
            "escaped": "$${NAME}",
            "${NAME}": "key",
        },
    }
    done = process(a_template(*values, objects=[obj], labels={"app": "${NAME}"}, message="See ${NAME}."))
    assert done["message"] == "See web."
    assert done["labels"] == {"app": "web"}
    assert done["objects"] == [
        {
            "kind": "ConfigMap",
            "apiVersion": "v1",
            "metadata": {"name": "web-db", "labels": {"app": "web"}},
            "data": {
                "number": 3,
                "truth": True,
                "text": "web",
                "inside": "a ${{N}} b",
                "twice": "web/web",
                "unknown": "${NOSUCH}",
                "escaped": "$web",
                "web": "key",
            },
        }
    ]


@pytest.mark.parametrize(
    ("pattern", "made"),
    [
        ("[a-z0-9]{8}", "[a-z0-9]{8}"),
        ("x-[A-F0-9]{4}-y", "x-[A-F0-9]{4}-y"),
        (r"[\d]{3}[\w]{2}", r"\d{3}\w{2}"),
        ("plain", "plain"),
    ],
)
def test_expressions_generate_random_strings(pattern: str, made: str) -> None:
    assert re.fullmatch(made, expression(pattern))


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (
            {"name": "A", "required": True},
            'Template.template.openshift.io "t" is invalid: template.parameters[0]: Required value: '
            "template.parameters[0]: parameter A is required and must be specified",
        ),
        (
            {"name": "A", "generate": "magic"},
            'Template.template.openshift.io "t" is invalid: template.parameters[0]: Invalid value: "magic": '
            "Unknown generator name 'magic' for parameter A",
        ),
        (
            {"name": "A-B"},
            'Template.template.openshift.io "t" is invalid: parameters[0].name: Invalid value: "A-B": '
            "does not match ^[a-zA-Z0-9_]+$",
        ),
        (
            {"name": "A", "generate": "expression", "from": "[a-z]{300}"},
            'Template.template.openshift.io "t" is invalid: template.parameters[0]: Invalid value: '
            '{"name":"A","generate":"expression","from":"[a-z]{300}"}: range must be within [1-255] '
            "characters (300)",
        ),
    ],
)
def test_a_required_parameter_without_a_value_is_refused(parameter: Obj, text: str) -> None:
    with pytest.raises(StatusError) as caught:
        process(a_template(parameter))
    assert caught.value.message == text
