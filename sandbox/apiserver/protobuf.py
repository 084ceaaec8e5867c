"""Decoding of Kubernetes objects in protobuf, which the typed clients of `kubectl` send.

The envelope: `k8s.io/apimachinery/pkg/runtime/generated.proto`. Field numbers come from the schema.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timezone

from sandbox.apimachinery import schema
from sandbox.apimachinery.json_types import Json, Obj

MAGIC = b"k8s\0"
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def decoded(body: bytes) -> Obj:
    """Decode a request body; ValueError when it holds no known object."""
    if not body.startswith(MAGIC):
        raise ValueError("not a Kubernetes protobuf message")
    envelope = dict(_fields(body[len(MAGIC) :]))
    about = {number: value.decode() for number, value in _fields(envelope[1])}
    api_version, kind = about.get(1, ""), about.get(2, "")
    struct = "meta.DeleteOptions" if kind == "DeleteOptions" else schema.type_name(api_version, kind)
    if struct is None:
        raise ValueError(f'no kind "{kind}" is registered for version "{api_version}"')
    return {"kind": kind, "apiVersion": api_version, **_message(envelope.get(2, b""), struct)}


def _fields(data: bytes) -> Iterator[tuple[int, Json]]:
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, position = _varint(data, position)
            yield number, value
        elif wire == BYTES:
            length, position = _varint(data, position)
            yield number, data[position : position + length]
            position += length
        else:
            length = {FIXED64: 8, FIXED32: 4}[wire]
            yield number, data[position : position + length]
            position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            return value, position


def _message(data: bytes, struct: str) -> Obj:
    known = schema.numbered(struct)
    result: Obj = {}
    for number, raw in _fields(data):
        if number not in known:
            continue
        name, type_text = known[number]
        if not name:
            result.update(_message(raw, type_text))
        elif type_text.startswith("[]"):
            result.setdefault(name, []).append(_value(raw, type_text[2:]))
        elif type_text.startswith("map:"):
            entry = dict(_fields(raw))
            result.setdefault(name, {})[entry.get(1, b"").decode()] = _value(entry.get(2, b""), type_text[4:])
        else:
            result[name] = _value(raw, type_text)
    return result


def _value(raw: Json, type_text: str) -> Json:
    text = type_text.lstrip("*")
    if text in schema.TYPES:
        return _message(raw, text)
    if text.startswith("[]"):  # a map's value that is a list is wrapped in a message
        return [_value(item, text[2:]) for _, item in _fields(raw)]
    if text == "string":
        return raw.decode()
    if text == "bool":
        return bool(raw)
    if text in ("int", "int32", "int64"):
        return raw - 2**64 if raw >= 2**63 else raw
    if text == "bytes":
        return base64.b64encode(raw).decode()
    parts = dict(_fields(raw))
    if text == "Time":
        when = datetime.fromtimestamp(parts.get(1, 0), timezone.utc)
        return when.strftime("%Y-%m-%dT%H:%M:%SZ") if parts else None
    if text == "Quantity":
        return parts.get(1, b"0").decode()
    if text == "IntOrString":
        return parts.get(3, b"").decode() if parts.get(1) else parts.get(2, 0)
    return json.loads(parts[1]) if parts.get(1) else None
