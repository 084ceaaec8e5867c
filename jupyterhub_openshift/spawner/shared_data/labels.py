"""The labels and annotations by which an object says what it is for, and what is wrong with them.

An unknown or misspelt name under `hub.jupyter.org/` makes an object unusable: without its groups, a claim
or a secret would be open to everybody.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

Obj = Mapping[str, Any]
Found = TypeVar("Found")

PREFIX = "hub.jupyter.org/"
SHARED_VOLUME = PREFIX + "shared-volume"
CONNECTION = PREFIX + "connection"
GROUPS = PREFIX + "groups"
READ_ONLY = PREFIX + "read-only"
_LABELS = (SHARED_VOLUME, CONNECTION, PREFIX + "username", PREFIX + "servername")


class Unusable(ValueError):
    """Why an object is left out; the text follows the object's name in a sentence."""


def usable(
    objects: Iterable[Obj], read: Callable[[Obj], Found | None], sentence: str
) -> tuple[list[Found], list[str]]:
    """Read all objects; `sentence` has the places `{name}` and `{reason}` for those that are unusable.

    `read` returns None for an object that its label turns off.
    """
    found: list[Found] = []
    problems: list[str] = []
    for obj in objects:
        name = obj["metadata"]["name"]
        try:
            one = read(obj)
        except Unusable as reason:
            problems.append(sentence.format(name=name, reason=reason))
        else:
            found += [one] if one is not None else []
    return found, problems


def is_offered(obj: Obj, label: str, annotations: Collection[str]) -> bool:
    """Return whether the label is `true`; raise Unusable for another value or an unknown name.

    `annotations` are those that this kind of object may have.
    """
    if (value := labels_of(obj).get(label, "false")) != "true":
        if value == "false":
            return False
        raise Unusable(f'has the label {label}={value}, but only the values "true" and "false" exist')
    for name in labels_of(obj):
        if name in annotations:
            raise Unusable(f"has the label {name}, which must be an annotation: use `oc annotate`")
        if name.startswith(PREFIX) and name not in _LABELS:
            raise Unusable(f"has the label {name}, {_unknown(name, (*_LABELS, *annotations))}")
    for name in annotations_of(obj):
        if name.startswith(PREFIX) and name not in (*annotations, *_LABELS):
            raise Unusable(f"has the annotation {name}, {_unknown(name, annotations)}")
    return True


def groups_of_object(obj: Obj) -> frozenset[str] | None:
    """Return the groups that may use the object; None: everybody."""
    text = annotations_of(obj).get(GROUPS)
    if text is None:
        return None
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise Unusable(f"has the annotation {GROUPS} without a group. An example that works: students,staff")
    return names


def boolean(obj: Obj, annotation: str) -> bool:
    """Return the value of an annotation that is `true` or `false`; without it False."""
    text = annotations_of(obj).get(annotation, "false")
    if text not in ("true", "false"):
        raise Unusable(f'has the annotation {annotation}: {text}, but only "true" and "false" exist')
    return text == "true"


def labels_of(obj: Obj) -> Mapping[str, str]:
    """The labels of an object."""
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Obj) -> Mapping[str, str]:
    """The annotations of an object."""
    return obj["metadata"].get("annotations") or {}


def _unknown(name: str, known: Iterable[str]) -> str:
    endings = [each.removeprefix(PREFIX) for each in known]
    near = difflib.get_close_matches(name.removeprefix(PREFIX), endings, n=1)
    return "which does not exist" + (f" (did you mean {PREFIX}{near[0]}?)" if near else "")
