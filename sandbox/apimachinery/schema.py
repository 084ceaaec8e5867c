"""Decoding and encoding of objects as by the API's Go types: unknown fields, wrong types, zero values.

`types.json` holds the fields of each type. A field's type is written

| text | means |
|---|---|
| `core.PodSpec` | a struct of that name: never left out, `{}` when empty |
| `[]T`, `map:T`, `*T` | list, map, pointer |
| `?T` | `omitempty`: left out when it has its zero value |
| `?0T` | `omitzero`: left out, though a struct or a time |
| `[]T@key` | a strategic merge patch merges this list by `key` (`@` alone: a set of plain values) |
| `T!` | a strategic merge patch may retain keys only |
| `T#3` | its number in protobuf; as a name, `#3` is the message that protobuf puts around an inlined struct |
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sandbox.apimachinery import errors
from sandbox.apimachinery.json_types import Json, Obj
from sandbox.apimachinery.quantity import canonical
from sandbox.apimachinery.store import copied

TYPES: dict[str, dict[str, str]] = json.loads((Path(__file__).with_name("types.json")).read_text())
GROUPS = {"": "core", "apps.openshift.io": "openshift-apps", "build.openshift.io": "openshift-build"}
NUMBERS = {"int", "int32", "int64", "float64"}
ZERO = {"string": "", "bool": False, **dict.fromkeys(NUMBERS, 0), "IntOrString": 0, "Quantity": "0"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Field(NamedTuple):
    """One field of a struct."""

    type: str
    omit_empty: bool
    omit_zero: bool
    merge_key: str | None  # None: the list is replaced; "": a set
    retain_keys: bool
    number: int  # in protobuf


class WrongType(Exception):
    """A value does not fit its field; the message is that of Go's decoder."""


def type_name(api_version: str, kind: str) -> str | None:
    """Return the name of a kind's struct, or None when `types.json` lacks it."""
    group = api_version.rpartition("/")[0]
    short = group.split(".")[0] or "core"
    if group.endswith(".openshift.io"):
        short = f"openshift-{short}"
    name = f"{short}.{kind}"
    return name if name in TYPES else None


@cache
def fields(struct: str) -> dict[str, Field]:
    """Return the fields of a struct."""
    return {name: _field(text) for name, text in TYPES[struct].items() if not name.startswith("#")}


@cache
def numbered(struct: str) -> dict[int, tuple[str, str]]:
    """Return names and types by protobuf number; the name of an inlined struct is empty."""
    inlined = {int(name[1:]): ("", text) for name, text in TYPES[struct].items() if name.startswith("#")}
    inside = {name for _, inner in inlined.values() for name in TYPES[inner]}
    own = {field.number: (name, field.type) for name, field in fields(struct).items() if name not in inside}
    return own | inlined


def decoded(obj: Obj, struct: str | None = None) -> tuple[Obj, list[str]]:
    """Return the object as the server stores it, and the unknown fields; StatusError 400 on a wrong type."""
    struct = struct or type_name(obj.get("apiVersion", ""), obj.get("kind", ""))
    if struct is None:
        return obj, []
    unknown: list[str] = []
    try:
        return _struct(obj, struct, "", unknown), unknown
    except WrongType as why:
        raise errors.bad_request(f"{cannot_be_handled(obj)}: {why}") from None


def encoded(obj: Obj, struct: str | None = None) -> Obj:
    """Return the object with exactly the fields that Go encodes."""
    return decoded(obj, struct)[0]


def cannot_be_handled(obj: Obj) -> str:
    """Return the first words of the refusal of a body."""
    version = obj.get("apiVersion", "").rpartition("/")[2]
    kind = obj.get("kind", "")
    return f'{kind} in version "{version}" cannot be handled as a {kind}'


def element(type_text: str) -> str:
    """Return the type inside a list, map or pointer."""
    return re.sub(r"^(\*|\[\]|map:)", "", type_text)


def _field(text: str) -> Field:
    text, _, number = text.partition("#")
    body, at, key = text.partition("@")
    retain = text.endswith("!")
    flags = re.match(r"\??0?", body)
    prefix = flags[0] if flags else ""
    merge_key = key.rstrip("!") if at else None
    return Field(
        body[len(prefix) :].rstrip("!"), "?" in prefix, "0" in prefix, merge_key, retain, int(number or 0)
    )


def _struct(value: Json, struct: str, path: str, unknown: list[str]) -> Obj:
    if not isinstance(value, dict):
        raise _mismatch(value, path, struct.replace("core.", "v1."), struct)
    known = fields(struct)
    result = copied(_absent(struct))
    for name, there in value.items():
        field = known.get(name)
        if field is None:
            unknown.append(f"{path}{name}")
        elif there is not None:
            item = _value(there, field.type, f"{path}{name}", struct, unknown)
            if (field.omit_empty and _empty(item, field)) or (field.omit_zero and not item):
                result.pop(name, None)
            else:
                result[name] = item
    return result


@cache
def _absent(struct: str) -> dict[str, Json]:
    """Return what Go encodes for absent fields."""
    zeros = {name: (_zero(field.type), field) for name, field in fields(struct).items()}
    return {
        name: zero
        for name, (zero, field) in zeros.items()
        if not (field.omit_empty and _empty(zero, field)) and not field.omit_zero
    }


def _value(value: Json, type_text: str, path: str, struct: str, unknown: list[str]) -> Json:
    if type_text == "any":
        return value
    if type_text.startswith("*"):
        return _value(value, type_text[1:], path, struct, unknown)
    if type_text.startswith("[]"):
        if not isinstance(value, list):
            raise _mismatch(value, path, _go(type_text), struct)
        inner = type_text[2:]
        return [
            _or_zero(item, inner, f"{path}[{index}]", struct, unknown) for index, item in enumerate(value)
        ]
    if type_text.startswith("map:"):
        if not isinstance(value, dict):
            raise _mismatch(value, path, _go(type_text), struct)
        inner = type_text[4:]
        deep = inner in TYPES  # Go names the key of a struct, but not that of a plain value
        return {
            key: _or_zero(item, inner, f"{path}.{key}" if deep else path, struct, unknown)
            for key, item in sorted(value.items())
        }
    if type_text in TYPES:
        return _struct(value, type_text, f"{path}.", unknown)
    return _scalar(value, type_text, path, struct)


def _or_zero(value: Json, type_text: str, path: str, struct: str, unknown: list[str]) -> Json:
    return _zero(type_text) if value is None else _value(value, type_text, path, struct, unknown)


def _scalar(value: Json, type_text: str, path: str, struct: str) -> Json:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if type_text == "Quantity" and (number or isinstance(value, str)):
        try:
            return canonical(value)
        except ValueError as why:
            raise WrongType(str(why)) from None
    if type_text == "Time" and isinstance(value, str):
        if not TIME.fullmatch(value):
            layout = "2006-01-02T15:04:05Z07:00"
            raise WrongType(f'parsing time "{value}" as "{layout}": cannot parse "{value}" as "2006"')
        return value
    if type_text == "bytes" and isinstance(value, str):
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error:
            raise WrongType("illegal base64 data at input byte 0") from None
        return value
    fits = {
        "string": isinstance(value, str),
        "bool": isinstance(value, bool),
        "float64": number,
        "IntOrString": isinstance(value, str) or (number and isinstance(value, int)),
    }.get(type_text, number and isinstance(value, int))
    if not fits:
        raise _mismatch(value, path, type_text, struct)
    return value


def _zero(type_text: str) -> Json:
    return copied(_absent(type_text)) if type_text in TYPES else ZERO.get(type_text)


def _empty(item: Json, field: Field) -> bool:
    """Tell whether Go's `omitempty` omits a value: never a struct, a time or the target of a pointer."""
    if item is None:
        return field.type != "Time"
    if field.type.startswith("*") or field.type in TYPES or field.type in ("Quantity", "IntOrString"):
        return False
    return item in ("", 0, False) or (isinstance(item, list | dict) and not item)


def _mismatch(value: Json, path: str, go_type: str, struct: str) -> WrongType:
    kinds = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}
    without_indices = re.sub(r"\[\d+\]", "", path)
    where = f"{struct.rpartition('.')[2]}.{without_indices}".rstrip(".")
    return WrongType(
        f"json: cannot unmarshal {kinds[type(value)]} into Go struct field {where} of type {go_type}"
    )


def _go(type_text: str) -> str:
    return type_text.replace("map:", "map[string]").replace("core.", "v1.").replace("meta.", "v1.")
