"""The fields that Kubernetes, OpenShift and the prometheus-operator know."""

from __future__ import annotations

import kubernetes_validate
from jsonschema import validate

from sandbox.apimachinery.schema import decoded
from tests.openshift.rendered import Obj

OLDEST, NEWEST = "1.27", "1.35"  # of OpenShift 4.14 and 4.22
TEXT: Obj = {"type": "string"}
WORDS: Obj = {"type": "object", "additionalProperties": TEXT}


def closed(*required: str, **fields: Obj) -> Obj:
    return {"type": "object", "additionalProperties": False, "required": [*required], "properties": fields}


# As far as we use it, of the prometheus-operator v0.67 that OpenShift 4.14 has; newer ones only have more.
SERVICE_MONITOR = closed(
    kind=TEXT,
    apiVersion=TEXT,
    metadata=closed("name", "labels", name=TEXT, labels=WORDS),
    spec=closed(
        "endpoints",
        "selector",
        jobLabel=TEXT,
        selector=closed(matchLabels=WORDS),
        endpoints={
            "type": "array",
            "items": closed(
                port=TEXT,
                path=TEXT,
                interval={"type": "string", "pattern": "^[0-9]+s$"},
                authorization=closed(credentials=closed("key", name=TEXT, key=TEXT)),
            ),
        },
    ),
)


PROMETHEUS_RULE = closed(
    kind=TEXT,
    apiVersion=TEXT,
    metadata=closed("name", "labels", name=TEXT, labels=WORDS),
    spec=closed(
        groups={
            "type": "array",
            "items": closed(
                "name",
                name=TEXT,
                rules={
                    "type": "array",
                    "items": closed(
                        "expr",
                        alert=TEXT,
                        expr=TEXT,
                        labels=WORDS,
                        annotations=WORDS,
                        **{"for": {"type": "string", "pattern": "^[0-9]+m$"}},
                    ),
                },
            ),
        }
    ),
)
MONITORING = {"ServiceMonitor": SERVICE_MONITOR, "PrometheusRule": PROMETHEUS_RULE}


def unknown_fields(obj: Obj) -> list[str]:
    """The fields that neither Kubernetes nor OpenShift knows. Raises if a value has the wrong type."""
    if obj["kind"] in MONITORING:
        validate(obj, MONITORING[obj["kind"]])
    elif ".openshift.io/" not in obj["apiVersion"]:
        for version in (OLDEST, NEWEST):
            kubernetes_validate.validate(obj, version, strict=True)
    return decoded(obj)[1]
