"""Merge patches (RFC 7386), JSON patches (RFC 6902), and Kubernetes' strategic merge patches.

Directives: `k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`; the merge keys are in the schema.
"""

from __future__ import annotations

import json

import jsonpatch

from sandbox.apimachinery import errors, schema
from sandbox.apimachinery.json_types import Json, Obj
from sandbox.apimachinery.store import copied

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
TYPES = (JSON_PATCH, MERGE, STRATEGIC)


def patched(obj: Obj, patch: Json, kind: str) -> Obj:
    """Return the patched object."""
    old = copied(obj)
    if isinstance(patch, list) != (kind == JSON_PATCH):
        there = "array" if isinstance(patch, list) else "object"
        wanted = "[]handlers.jsonPatchOp" if kind == JSON_PATCH else "map[string]interface {}"
        why = f"json: cannot unmarshal {there} into Go value of type {wanted}"
        raise errors.bad_request(f"error decoding patch: {why}")
    if kind == MERGE:
        new: Obj = merged(old, patch)
    elif kind == JSON_PATCH:
        new = by_operations(old, patch)
    else:
        struct = schema.type_name(obj["apiVersion"], obj["kind"])
        new = strategic(old, patch, struct) if struct else merged(old, patch)
    return new


def merged(old: Json, patch: Json) -> Json:
    """Apply a merge patch, RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def by_operations(document: Json, operations: list[Obj]) -> Json:
    """Apply a JSON patch, RFC 6902; StatusError 422 when an operation fails."""
    try:
        return jsonpatch.apply_patch(document, operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, TypeError):
        message = "the server rejected our request due to an error in our request"
        raise errors.StatusError(422, "Invalid", message, {}) from None


def strategic(old: Obj, patch: Obj, struct: str) -> Obj:
    """Apply a strategic merge patch to a struct."""
    result = dict(old)
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    if patch.get("$patch") == "delete":
        return {}
    for key, value in patch.items():
        if key == "$retainKeys":
            result = {name: item for name, item in result.items() if name in value}
    known = schema.fields(struct)
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            result[name] = [item for item in result.get(name) or [] if item not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = _strategic_field(result.get(key), value, known.get(key))
    for key, order in patch.items():
        if key.startswith("$setElementOrder/"):
            name = key.partition("/")[2]
            result[name] = _ordered(result.get(name) or [], order, known.get(name))
    return result


def _strategic_field(old: Json, value: Json, field: schema.Field | None) -> Json:
    if field is None:
        return merged(old, value)
    inner = schema.element(field.type)
    if isinstance(value, dict):
        if inner in schema.TYPES and not field.type.startswith("map:"):
            return strategic(old or {}, value, inner)
        if value.get("$patch") == "replace":
            return {key: item for key, item in value.items() if key != "$patch"}
        return merged(old, value)
    if isinstance(value, list) and field.merge_key is not None:
        if not field.merge_key:
            return list(dict.fromkeys([*(old or []), *value]))
        return _merged_list(old or [], value, field.merge_key, inner)
    return value


def _merged_list(old: list[Obj], patch: list[Obj], key: str, struct: str) -> list[Obj]:
    if any(item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if "$patch" not in item]
    result = list(old)
    for item in patch:
        if key not in item:
            name = struct.rpartition(".")[2]
            raise errors.bad_request(
                f"map: {json.dumps(item)} does not contain declared merge key: {key} ({name})"
            )
        index = next((number for number, there in enumerate(result) if there.get(key) == item[key]), None)
        if item.get("$patch") == "delete":
            result = [there for there in result if there.get(key) != item[key]]
        elif index is None:
            result.append(strategic({}, item, struct))
        else:
            result[index] = strategic(result[index], item, struct)
    return result


def _ordered(items: list[Json], order: list[Json], field: schema.Field | None) -> list[Json]:
    key = field.merge_key if field else None
    wanted = [item[key] if key and isinstance(item, dict) else item for item in order]

    def place(item: Json) -> int:
        value = item.get(key) if key and isinstance(item, dict) else item
        return wanted.index(value) if value in wanted else len(wanted)

    return sorted(items, key=place)
