"""Validation of LabelSelectors.

Messages: `k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go`.
"""

from __future__ import annotations

from sandbox.apimachinery.errors import Cause
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import forbidden, invalid, label_value, labels, qualified, required

WITH_VALUES, WITHOUT_VALUES = ("In", "NotIn"), ("Exists", "DoesNotExist")
NOT_AN_OPERATOR = "not a valid selector operator"


def label_selector(selector: Obj | None, path: str) -> list[Cause]:
    """Validate `matchLabels` and `matchExpressions`."""
    problems = labels(f"{path}.matchLabels", (selector or {}).get("matchLabels") or {})
    for index, term in enumerate((selector or {}).get("matchExpressions") or []):
        problems += requirement(term, f"{path}.matchExpressions[{index}]")
    return problems


def requirement(
    term: Obj, path: str, more_operators: tuple[str, ...] = (), *, any_value: bool = False
) -> list[Cause]:
    """Validate one expression; a caller that has more operators validates their values itself."""
    operator, values = term.get("operator", ""), term.get("values") or []
    problems: list[Cause] = []
    if operator in WITH_VALUES and not values:
        why = "must be specified when `operator` is 'In' or 'NotIn'"
        problems.append(required(f"{path}.values", why))
    elif operator in WITHOUT_VALUES and values:
        why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        problems.append(forbidden(f"{path}.values", why))
    elif operator not in (*WITH_VALUES, *WITHOUT_VALUES, *more_operators):
        problems.append(invalid(f"{path}.operator", operator, NOT_AN_OPERATOR))
    problems += qualified(f"{path}.key", term.get("key", ""))
    for index, value in enumerate([] if any_value else values):
        problems += label_value(f"{path}.values[{index}]", value)
    return problems
