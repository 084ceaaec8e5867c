"""Render a template into plain manifests, the base of a kustomization.

The parameters have their defaults. The hub's secret is left out, because its values do not belong into Git.
"""

from __future__ import annotations

import re
from typing import Any

Obj = dict[str, Any]

REFERENCE = re.compile(r"\$\{([A-Z_]+)\}")
HEADER: Obj = {"kind": "List", "apiVersion": "v1"}


def manifests(template: Obj) -> Obj:
    """The objects of a template as a `List`, without secrets."""
    values = {parameter["name"]: parameter.get("value", "") for parameter in template["parameters"]}
    objects = [obj for obj in template["objects"] if obj["kind"] != "Secret"]
    return HEADER | {
        "items": [labelled(filled(obj, values), filled(template["labels"], values)) for obj in objects]
    }


def labelled(obj: Obj, labels: Obj) -> Obj:
    """The object with the labels that the template adds to each object."""
    metadata = obj["metadata"]
    return obj | {"metadata": metadata | {"labels": metadata.get("labels", {}) | labels}}


def filled(value: Any, values: dict[str, str]) -> Any:  # noqa: ANN401 (any JSON)
    """The value with its parameters replaced, as `oc process` does."""
    if isinstance(value, str):
        return REFERENCE.sub(lambda found: values[found[1]], value)
    if isinstance(value, list):
        return [filled(item, values) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, values) for key, item in value.items()}
    return value
