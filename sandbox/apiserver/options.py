"""Parsing and validation of the options in a request's query.

Messages: `v1/validation`, for lists `internalversion/validation`, in `k8s.io/apimachinery/pkg/apis/meta`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.apimachinery import errors
from sandbox.apimachinery.errors import Cause
from sandbox.apimachinery.names import forbidden, invalid, unsupported

KINDS = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}
FIELD_VALIDATION = ["", "Ignore", "Strict", "Warn"]
PROPAGATION = ["Foreground", "Background", "Orphan", "nil"]
NOT_OLDER = "NotOlderThan"


def number(query: Mapping[str, str], name: str) -> int:
    """Return a numeric option; 0 when it is absent."""
    try:
        return int(query.get(name) or 0)
    except ValueError:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{query[name]}": invalid syntax') from None


def version(query: Mapping[str, str], *, watch: bool = False) -> int | None:
    """Return the resource version to read at or to watch from; None for any."""
    text = query.get("resourceVersion", "")
    if text in ("", "0"):
        return None
    if text.isdecimal():
        return int(text)
    why = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
    if watch:
        raise errors.StatusError(500, "", why)
    raise errors.bad_request(f"invalid resource version: {why}")


def check_write(verb: str, query: Mapping[str, str]) -> bool:
    """Return whether it is a dry run; StatusError 422 for an unsupported option."""
    problems = _dry_run(query)
    if query.get("fieldValidation", "") not in FIELD_VALIDATION:
        problems.append(unsupported("fieldValidation", query["fieldValidation"], FIELD_VALIDATION))
    _refuse(KINDS[verb], problems)
    return "dryRun" in query


def check_delete(options: dict[str, Any], query: Mapping[str, str]) -> bool:
    """As `check_write`, for the options of a deletion, which are in its body and its query."""
    problems = _dry_run(query)
    policy = options.get("propagationPolicy")
    if policy is not None and options.get("orphanDependents") is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        problems.append(invalid("propagationPolicy", policy, why))
    elif policy not in (None, *PROPAGATION):
        problems.append(unsupported("propagationPolicy", policy, PROPAGATION))
    _refuse("DeleteOptions", problems)
    return "dryRun" in query or bool(options.get("dryRun"))


def check_list(query: Mapping[str, str], *, watch: bool = False) -> None:
    """Raise StatusError 422 for options that exclude each other."""
    match, asked, problems = query.get("resourceVersionMatch"), query.get("resourceVersion", ""), []
    initial = query.get("sendInitialEvents") == "true"
    if watch and initial and match != NOT_OLDER:
        why = f"sendInitialEvents requires setting resourceVersionMatch to {NOT_OLDER}"
        problems.append(forbidden("resourceVersionMatch", why))
    elif watch and match and not initial:
        why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        problems.append(forbidden("resourceVersionMatch", why))
    elif match and not watch and not asked:
        why = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        problems.append(forbidden("resourceVersionMatch", why))
    elif match and match not in ("Exact", NOT_OLDER):
        problems.append(unsupported("resourceVersionMatch", match, ["Exact", NOT_OLDER, ""]))
    elif match == "Exact" and asked == "0":
        why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        problems.append(forbidden("resourceVersionMatch", why))
    _refuse("ListOptions", problems)


def _dry_run(query: Mapping[str, str]) -> list[Cause]:
    value = query.get("dryRun", "All")
    return [] if value == "All" else [unsupported("dryRun", [value], ["All"])]


def _refuse(kind: str, problems: list[Cause]) -> None:
    if problems:
        raise errors.invalid(f"{kind}.meta.k8s.io", "", problems)
