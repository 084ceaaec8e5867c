"""Validation of names, labels and annotations, and the causes that it reports.

Messages: `k8s.io/apimachinery/pkg/util/validation/validation.go`.
"""

from __future__ import annotations

import json
import re

from sandbox.apimachinery.errors import Cause
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    DISRUPTION_BUDGETS,
    IMAGE_STREAMS,
    IMAGES,
    ROLE_BINDINGS,
    ROLES,
)

DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
DNS_SUBDOMAIN = rf"{DNS_LABEL}(\.{DNS_LABEL})*"
DNS_1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
LABEL_VALUE = rf"({QUALIFIED})?"

WRITTEN_AS = (
    "must consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)
RULES = {
    "subdomain": (
        253,
        DNS_SUBDOMAIN,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
        "and must start and end with an alphanumeric character "
        "(e.g. 'example.com', regex used for validation is '{}')",
    ),
    "label": (
        63,
        DNS_LABEL,
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
        "and must start and end with an alphanumeric character "
        "(e.g. 'my-name',  or '123-abc', regex used for validation is '{}')",
    ),
    "dns1035": (
        63,
        DNS_1035,
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
        "start with an alphabetic character, and end with an alphanumeric character "
        "(e.g. 'my-name',  or 'abc-123', regex used for validation is '{}')",
    ),
}
NAMES = {  # resources whose names are not DNS subdomains; None: any path segment
    "services": "dns1035",
    "namespaces": "label",
    **dict.fromkeys(
        (
            ROLES,
            ROLE_BINDINGS,
            CLUSTER_ROLES,
            CLUSTER_ROLE_BINDINGS,
            DISRUPTION_BUDGETS,
            IMAGE_STREAMS,
            IMAGES,
        )
    ),
}


def invalid(field: str, value: object, why: str) -> Cause:
    """Return the cause `Invalid value`, with the value in JSON."""
    after = f": {why}" if why else ""
    return Cause("FieldValueInvalid", field, f"Invalid value: {shown(value)}{after}")


def required(field: str, why: str = "") -> Cause:
    """Return the cause `Required value`."""
    return Cause("FieldValueRequired", field, f"Required value: {why}" if why else "Required value")


def unsupported(field: str, value: object, supported: list[str]) -> Cause:
    """Return the cause `Unsupported value`."""
    listed = ", ".join(f'"{each}"' for each in supported)
    return Cause(
        "FieldValueNotSupported", field, f"Unsupported value: {shown(value)}: supported values: {listed}"
    )


def duplicate(field: str, value: object) -> Cause:
    """Return the cause `Duplicate value`."""
    return Cause("FieldValueDuplicate", field, f"Duplicate value: {shown(value)}")


def not_found(field: str, value: object) -> Cause:
    """Return the cause `Not found`."""
    return Cause("FieldValueNotFound", field, f"Not found: {shown(value)}")


def forbidden(field: str, why: str) -> Cause:
    """Return the cause `Forbidden`."""
    return Cause("FieldValueForbidden", field, f"Forbidden: {why}")


def shown(value: object) -> str:
    """Write a value as Go's `%q` or JSON does."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def named(rule: str, field: str, value: str) -> list[Cause]:
    """Validate a name against a rule of RULES."""
    longest, pattern, words = RULES[rule]
    problems = [invalid(field, value, too_long(longest, "characters"))] if len(value) > longest else []
    if not re.fullmatch(pattern, value):
        problems.append(invalid(field, value, words.format(pattern)))
    return problems


def too_long(longest: int, unit: str = "bytes") -> str:
    """Return the message for a value that exceeds a length."""
    return f"must be no more than {longest} {unit}"


def metadata(resource: str, obj: Obj) -> list[Cause]:
    """Validate an object's name, labels, annotations and owner references."""
    meta = obj["metadata"]
    problems: list[Cause] = []
    if meta.get("name"):
        problems += name(resource, "metadata.name", meta["name"])
    else:
        problems.append(required("metadata.name", "name or generateName is required"))
    problems += labels("metadata.labels", meta.get("labels") or {})
    problems += owners(meta.get("ownerReferences") or [])
    for key in meta.get("annotations") or {}:
        problems += qualified("metadata.annotations", key.lower())
    return problems


def owners(references: list[Obj]) -> list[Cause]:
    """Validate owner references."""
    problems: list[Cause] = []
    for reference in references:
        if not reference.get("apiVersion"):
            problems.append(invalid("metadata.ownerReferences.apiVersion", "", "version must not be empty"))
        problems += [
            invalid(f"metadata.ownerReferences.{field}", "", "must not be empty")
            for field in ("kind", "name", "uid")
            if not reference.get(field)
        ]
    return problems


def name(resource: str, field: str, value: str) -> list[Cause]:
    """Validate the name of an object."""
    rule = NAMES.get(resource, "subdomain")
    if rule:
        return named(rule, field, value)
    if value in (".", ".."):
        return [invalid(field, value, f"may not be '{value}'")]
    return [invalid(field, value, f"may not contain '{char}'") for char in "/%" if char in value]


def labels(field: str, mapping: dict[str, str]) -> list[Cause]:
    """Validate labels."""
    problems: list[Cause] = []
    for key, value in mapping.items():
        problems += qualified(field, key)
        problems += label_value(field, value)
    return problems


def label_value(field: str, value: str) -> list[Cause]:
    """Validate a label value."""
    problems = [invalid(field, value, too_long(63))] if len(value) > 63 else []
    if not re.fullmatch(LABEL_VALUE, value):
        words = f"a valid label must be an empty string or {WRITTEN_AS.removeprefix('must ')}"
        examples = "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is"
        problems.append(invalid(field, value, f"{words} {examples} '{LABEL_VALUE}')"))
    return problems


def qualified(field: str, key: str) -> list[Cause]:
    """Validate the key of a label or an annotation."""
    prefix, slash, part = key.rpartition("/")
    examples = "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is"
    problems: list[Cause] = []
    if slash and not prefix:
        problems.append(invalid(field, key, "prefix part must be non-empty"))
    elif slash and not re.fullmatch(DNS_SUBDOMAIN, prefix):
        problems.append(invalid(field, key, f"prefix part {RULES['subdomain'][2].format(DNS_SUBDOMAIN)}"))
    if not part:
        problems.append(invalid(field, key, "name part must be non-empty"))
    elif len(part) > 63:
        problems.append(invalid(field, key, f"name part {too_long(63)}"))
    if not re.fullmatch(QUALIFIED, part):
        problems.append(invalid(field, key, f"name part {WRITTEN_AS} {examples} '{QUALIFIED}')"))
    return problems
