"""Label and field selectors, as in `kubectl get --selector` and `--field-selector`.

Grammar: `k8s.io/apimachinery/pkg/labels/selector.go` and `pkg/fields/selector.go`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sandbox.apimachinery.errors import Cause, bad_request
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import invalid, label_value, qualified

Test = Callable[[Obj], bool]

BINARY = ("in", "notin", "=", "==", "!=", ">", "<")
TOKEN = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)")
END = ""


def labels(selector: str) -> Test:
    """Compile a label selector: `app=x,tier in (a,b),!gone,count>3`."""
    tests = _Parser(selector).requirements()
    return lambda obj: all(test(obj.get("metadata", {}).get("labels") or {}) for test in tests)


def fields(selector: str) -> Test:
    """Compile a field selector: `status.phase!=Running,metadata.name=x`."""
    terms = [_field_term(selector, part) for part in selector.split(",") if part]
    return lambda obj: all((field(obj, path) == value) == equal for path, equal, value in terms)


def field_names(selector: str) -> list[str]:
    """Return the fields that a field selector names."""
    return [_field_term(selector, part)[0] for part in selector.split(",") if part]


def label_query(selector: Obj | None) -> Test:
    """Compile a `LabelSelector` object (`matchLabels`, `matchExpressions`)."""
    parts = [f"{key}={value}" for key, value in ((selector or {}).get("matchLabels") or {}).items()]
    forms = {"In": "{} in ({})", "NotIn": "{} notin ({})", "Exists": "{}", "DoesNotExist": "!{}"}
    for term in (selector or {}).get("matchExpressions") or []:
        parts.append(forms[term["operator"]].format(term["key"], ",".join(term.get("values") or [])))
    return labels(",".join(parts))


def field(obj: Obj, path: str) -> str:
    """Return a field's value as selectors compare it; an absent field is the empty string."""
    value: Any = obj
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


LabelTest = Callable[[dict[str, str]], bool]


class _Parser:
    """Parses as `labels.Parser` of Kubernetes does, with its error messages."""

    def __init__(self, selector: str) -> None:
        self._tokens = TOKEN.findall(selector)

    def requirements(self) -> list[LabelTest]:
        tests: list[LabelTest] = []
        if self._next not in ("!", END) and not self._is_word():
            raise bad_request(f"found '{self._next}', expected: !, identifier, or 'end of string'")
        while self._next != END:
            try:
                tests.append(self._requirement())
            except ValueError as why:
                raise bad_request(f"unable to parse requirement: {why}") from None
            after = self._take()
            if after not in (",", END):
                raise bad_request(f"found '{after}', expected: ',' or 'end of string'")
            if after == "," and self._next != "!" and not self._is_word():
                raise bad_request(f"found '{self._next}', expected: identifier after ','")
        return tests

    @property
    def _next(self) -> str:
        return self._tokens[0] if self._tokens else END

    def _take(self) -> str:
        return self._tokens.pop(0) if self._tokens else END

    def _is_word(self) -> bool:
        return self._next != END and self._next[0] not in "=!(),<>"

    def _word(self, expected: str) -> str:
        if not self._is_word():
            raise ValueError(f"found '{self._next}', expected: {expected}")
        return self._take()

    def _requirement(self) -> LabelTest:
        absent = self._next == "!" and bool(self._take())
        key = self._word("identifier")
        _refuse(qualified("<nil>", key))
        if absent or self._next in (",", END):
            return lambda has: (key in has) != absent
        if self._next not in BINARY:
            raise ValueError(f"found '{self._next}', expected: in, notin, =, ==, !=, gt, lt")
        operator = self._take()
        if operator in ("<", ">"):
            return _compared(key, operator, self._word("identifier"))
        values = self._listed() if operator in ("in", "notin") else {self._value()}
        for number, value in enumerate(sorted(values)):
            _refuse(label_value(f"values[{number}][{key}]", value))
        return lambda has: (has.get(key) in values) == (operator in ("in", "=", "=="))

    def _value(self) -> str:
        return "" if self._next in (",", END) else self._word("identifier")

    def _listed(self) -> set[str]:
        if self._next != "(":
            raise ValueError(f"found '{self._next}' expected: '('")
        self._take()
        values = {self._take() if self._is_word() else ""}
        if self._next == END:
            raise ValueError("found '', expected: ',', ')' or identifier")
        while self._next == ",":
            self._take()
            values.add(self._take() if self._is_word() else "")
        if self._next != ")":
            raise ValueError(f"found '{self._next}', expected: ',' or ')'")
        self._take()
        return values


def _compared(key: str, operator: str, bound: str) -> LabelTest:
    if not bound.isdecimal():
        _refuse([invalid("values[0]", bound, "for 'Gt', 'Lt' operators, the value must be an integer")])
    return lambda has: has.get(key, "").isdecimal() and _beyond(int(has[key]), operator, int(bound))


def _refuse(problems: list[Cause]) -> None:
    if problems:
        raise ValueError(", ".join(f"{cause.field}: {cause.message}" for cause in problems))


def _beyond(value: int, operator: str, bound: int) -> bool:
    return value > bound if operator == ">" else value < bound


def _field_term(selector: str, part: str) -> tuple[str, bool, str]:
    match = re.fullmatch(r"([^!=]+)(!=|==|=)(.*)", part)
    if not match:
        raise bad_request(f"invalid selector: '{selector}'; can't understand '{part}'")
    path, operator, value = match.groups()
    return path, operator != "!=", re.sub(r"\\([,=\\])", r"\1", value)
