"""Comparison of an answer with a recorded one: the same keys, and the same values but for varying ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RECORDINGS = [
    json.loads(line)
    for line in (Path(__file__).parent / "apiserver" / "recordings.jsonl").read_text().splitlines()
]

# What differs from one cluster to another, or from one second to the next: a path in the answer, and why.
# Such a value must be there, and of the same type.
VARIES = [
    (r"(.*\.)?uid", "made up at creation"),
    (r"(.*\.)?resourceVersion", "counts the writes of the whole cluster"),
    (r"(.*\.)?(creation|deletion|expiration)Timestamp", "the time of asking"),
    (r"(.*\.)?(last|first|event)(Transition|Update|Timestamp|Time)?(Time|Timestamp)?", "the time of asking"),
    (r"(.*\.)?(startTime|startedAt)", "the time of asking"),
    (r"(.*\.)?imagePullSecrets\[0\]\.name", "ends in five random letters"),
    (r"(.*\.)?(hostIP|podIP|ip|nodeName|source\.host)", "addresses and name of the node"),
    (r"(.*\.)?reportingInstance", "names the node"),
    (r"(.*\.)?containerID", "made up by the runtime"),
    (r"(.*\.)?containerStatuses\[\d+\]\.(image|imageID)", "the recorded image had two names in one registry"),
    (r"serverAddressByClientCIDRs\[0\]\.serverAddress", "where the server listens"),
    (r"metadata\.continue", "holds a resource version"),
    (r"rows\[\d+\]\.cells\[4\]", "an age"),
    (r"rows\[\d+\]\.cells\[[56]\]", "address and name of the node"),
    (r"status\.token", "made anew each time"),
    (r"(items\[\d+\]\.)?spec\.volumeName", "holds a uid"),
    (r"items\[\d+\]\.metadata\.name", "an event's name ends in its time"),
    (r"items\[\d+\]\.message", "an event's text may name the node"),
]
VARYING = re.compile("|".join(f"(?:{path})" for path, _ in VARIES))


def differences(answer: Any, recorded: Any, path: str = "", also: str = "") -> Iterator[str]:
    """Yield the differences of an answer; `also` is a pattern of more paths that may vary."""
    if type(answer) is not type(recorded):
        yield f"{path}: {answer!r}, recorded: {recorded!r}"
    elif isinstance(recorded, dict):
        for key in sorted({*answer, *recorded}):
            inner = f"{path}.{key}".lstrip(".")
            if also and re.fullmatch(also, inner):
                continue
            if key not in answer:
                yield f"{inner} is missing, recorded: {recorded[key]!r}"
            elif key not in recorded:
                yield f"{inner} is too much: {answer[key]!r}"
            else:
                yield from differences(answer[key], recorded[key], inner, also)
    elif isinstance(recorded, list):
        if len(answer) != len(recorded):
            yield f"{path} has {len(answer)} items, recorded: {len(recorded)}: {answer!r}"
        for index, pair in enumerate(zip(answer, recorded, strict=False)):
            yield from differences(*pair, f"{path}[{index}]", also)
    elif answer != recorded and not VARYING.fullmatch(path) and not (also and re.fullmatch(also, path)):
        yield f"{path}: {answer!r}, recorded: {recorded!r}"
