"""Label and field selectors, as in `kubectl get --selector` and `--field-selector`.

Grammar: `k8s.io/apimachinery/pkg/labels/selector.go` and `pkg/fields/selector.go`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.errors import bad_request

Obj = dict[str, Any]
Test = Callable[[Obj], bool]

NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
KEY = rf"(?:[a-z0-9.-]+/)?{NAME}"
IN = re.compile(rf"({KEY})\s+(in|notin)\s*\(([^()]*)\)")
IS = re.compile(rf"({KEY})\s*(==|=|!=)\s*((?:{NAME})?)")
THAN = re.compile(rf"({KEY})\s*([<>])\s*(\d+)")
HAS = re.compile(rf"(!?)\s*({KEY})")


def labels(selector: str) -> Test:
    """A test on an object's labels: `app=x,tier in (a,b),!gone,count>3`."""
    tests = [_label_test(selector, part.strip()) for part in _split(selector)]
    return lambda obj: all(test(obj.get("metadata", {}).get("labels") or {}) for test in tests)


def fields(selector: str) -> Test:
    """A test on an object's fields: `status.phase!=Running,metadata.name=x`."""
    terms = [_field_term(selector, part) for part in selector.split(",") if part]
    return lambda obj: all((field(obj, path) == value) == equal for path, equal, value in terms)


def field_names(selector: str) -> list[str]:
    """The fields that a field selector names."""
    return [_field_term(selector, part)[0] for part in selector.split(",") if part]


def label_query(selector: Obj | None) -> Test:
    """A test for a `LabelSelector` object (`matchLabels`, `matchExpressions`)."""
    parts = [f"{key}={value}" for key, value in ((selector or {}).get("matchLabels") or {}).items()]
    forms = {"In": "{} in ({})", "NotIn": "{} notin ({})", "Exists": "{}", "DoesNotExist": "!{}"}
    for term in (selector or {}).get("matchExpressions") or []:
        parts.append(forms[term["operator"]].format(term["key"], ",".join(term.get("values") or [])))
    return labels(",".join(parts))


def field(obj: Obj, path: str) -> str:
    """A field's value as selectors compare it: absent is the empty string."""
    value: Any = obj
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _split(selector: str) -> list[str]:
    return [part for part in re.split(r",(?![^()]*\))", selector) if part.strip()]


def _label_test(selector: str, part: str) -> Callable[[dict[str, str]], bool]:
    if match := IN.fullmatch(part):
        key, operator, listed = match.groups()
        values = {value.strip() for value in listed.split(",")}
        return lambda has: (key in has and has[key] in values) == (operator == "in")
    if match := IS.fullmatch(part):
        key, operator, value = match.groups()
        return lambda has: (has.get(key) == value) == (operator != "!=")
    if match := THAN.fullmatch(part):
        key, operator, bound = match.groups()
        return lambda has: has.get(key, "").isdigit() and _beyond(int(has[key]), operator, int(bound))
    if match := HAS.fullmatch(part):
        absent, key = match.groups()
        return lambda has: (key in has) == (not absent)
    raise bad_request(f"unable to parse requirement: found '{part}' in '{selector}', which is no selector")


def _beyond(value: int, operator: str, bound: int) -> bool:
    return value > bound if operator == ">" else value < bound


def _field_term(selector: str, part: str) -> tuple[str, bool, str]:
    match = re.fullmatch(r"([^!=]+)(!=|==|=)(.*)", part)
    if not match:
        raise bad_request(f"invalid selector: '{selector}'; can't understand '{part}'")
    path, operator, value = match.groups()
    return path, operator != "!=", re.sub(r"\\([,=\\])", r"\1", value)
