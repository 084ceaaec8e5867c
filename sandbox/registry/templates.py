"""Processing of templates: parameters are generated and substituted.

As `pkg/template/templateprocessing` and `pkg/template/generator` of openshift/library-go, whose ranges lack
their last letter (`[a-z]` never gives a z).
"""

from __future__ import annotations

import json
import random
import re
from typing import Any

from sandbox.apimachinery.errors import Cause, invalid
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import required
from sandbox.registry.rest import Context, Storage
from sandbox.validation import kinds

STRING = re.compile(r"\$\{([a-zA-Z0-9_]+?)\}")
NOT_STRING = re.compile(r"^\$\{\{([a-zA-Z0-9_]+)\}\}$")
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMERALS = "0123456789"
SYMBOLS = "~!@#$%^&*()-_+={}[]\\|<,>.?/\"';:`"
CLASSES = {r"\w": LETTERS + NUMERALS + "_", r"\d": NUMERALS, r"\a": LETTERS + NUMERALS, r"\A": SYMBOLS}
GENERATOR = re.compile(r"\[([a-zA-Z0-9\-\\]+)\]\{([0-9]+)\}")
KIND = "Template.template.openshift.io"


class ProcessedTemplates(Storage):
    """`processedtemplates`: what `oc process` and `oc new-app` create."""

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Return the template with its objects filled in."""
        done = process(obj)
        done["metadata"]["namespace"] = context.namespace
        return done


def process(template: Obj) -> Obj:
    """Return the template with all parameters substituted; StatusError 422 when one has no value."""
    name = template["metadata"].get("name", "")
    problems = kinds.CHECKS["processedtemplates.template.openshift.io"](template)
    if not problems:
        problems = _generate(template.get("parameters") or [])
    if problems:
        raise invalid(KIND, name, problems)
    values = {parameter["name"]: parameter.get("value", "") for parameter in template.get("parameters") or []}
    labels = {
        _text(key, values): _text(value, values) for key, value in (template.get("labels") or {}).items()
    }
    done = {**template, "objects": [_object(obj, values, labels) for obj in template.get("objects") or []]}
    if "message" in template:
        done["message"] = _text(template["message"], values)
    return {**done, "labels": labels} if labels else done


def _generate(parameters: list[Obj]) -> list[Cause]:
    problems: list[Cause] = []
    for index, parameter in enumerate(parameters):
        path, name = f"template.parameters[{index}]", parameter["name"]
        if parameter.get("value"):
            continue
        kind = parameter.get("generate")
        if kind and kind != "expression":
            why = f"Unknown generator name '{kind}' for parameter {name}"
            problems.append(Cause("FieldValueInvalid", path, f"Invalid value: {json.dumps(kind)}: {why}"))
            continue
        if kind:
            try:
                parameter["value"] = expression(parameter.get("from", ""))
            except ValueError as why:
                shown = json.dumps(parameter, separators=(",", ":"))
                problems.append(Cause("FieldValueInvalid", path, f"Invalid value: {shown}: {why}"))
                continue
        if not parameter.get("value") and parameter.get("required"):
            problems.append(required(path, f"{path}: parameter {name} is required and must be specified"))
    return problems


def expression(pattern: str) -> str:
    """Generate a random string from an expression such as `[a-zA-Z0-9]{16}`."""
    while match := GENERATOR.search(pattern):
        ranges, length = match[1], int(match[2])
        if not re.search(r"\\w|\\d|\\a|\\A|[a-zA-Z0-9]-[a-zA-Z0-9]", ranges):
            raise ValueError(f"malformed expresion syntax: [{ranges}]")
        if not 1 <= length <= 255:
            raise ValueError(f"range must be within [1-255] characters ({length})")
        alphabet = "".join(dict.fromkeys("".join(_alphabet(each) for each in _ranges(ranges))))
        made = "".join(random.SystemRandom().choices(alphabet, k=length))
        pattern = pattern.replace(match[0], made, 1)
    return pattern


def _ranges(text: str) -> list[str]:
    return re.findall(r"\\?[a-zA-Z0-9]-?[a-zA-Z0-9]?", text)


def _alphabet(text: str) -> str:
    ends = text[0] + text[-1]
    if ends in CLASSES:
        return CLASSES[ends]
    everything = LETTERS + NUMERALS + SYMBOLS
    first, last = everything.find(ends[0]), everything.rfind(ends[1])
    if first > last:
        raise ValueError(f"invalid range specified: {ends[0]}-{ends[1]}")
    return everything[first:last]


def _object(obj: Obj, values: dict[str, str], labels: dict[str, str]) -> Obj:
    namespace = (obj.get("metadata") or {}).get("namespace")
    if namespace and not STRING.search(str(namespace)):
        obj = {
            **obj,
            "metadata": {key: value for key, value in obj["metadata"].items() if key != "namespace"},
        }
    made: Obj = _substituted(obj, values)
    if labels:
        meta = made.setdefault("metadata", {})
        meta["labels"] = {**(meta.get("labels") or {}), **labels}
    return made


def _substituted(value: Any, values: dict[str, str]) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {_text(key, values): _substituted(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_substituted(item, values) for item in value]
    if not isinstance(value, str):
        return value
    match = NOT_STRING.match(value)
    if match and match[1] in values:
        text = values[match[1]]
        try:
            return json.loads(text)
        except ValueError:
            return text
    return _text(value, values)


def _text(text: str, values: dict[str, str]) -> str:
    return STRING.sub(lambda match: values.get(match[1], match[0]), text)
