"""Every rendered object has only fields that the API knows, so that a misspelled field fails here."""

from __future__ import annotations

from copy import deepcopy

import kubernetes_validate
import pytest
from jsonschema import ValidationError, validate

from sandbox.apimachinery.schema import decoded
from tests.openshift.rendered import PLAIN, TEMPLATES, Obj, process, required, unusual

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


def unknown_fields(obj: Obj) -> list[str]:
    """The fields that neither Kubernetes nor OpenShift knows. Raises if a value has the wrong type."""
    if obj["kind"] == "ServiceMonitor":
        validate(obj, SERVICE_MONITOR)
    elif ".openshift.io/" not in obj["apiVersion"]:
        for version in (OLDEST, NEWEST):
            kubernetes_validate.validate(obj, version, strict=True)
    return decoded(obj)[1]


@pytest.mark.parametrize("values", ["defaults", "unusual"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_the_objects_of_a_template_have_no_unknown_field(name: str, values: str) -> None:
    objects = process(name, **(required(name) if values == "defaults" else unusual(name)))
    assert {obj["metadata"]["name"]: unknown for obj in objects if (unknown := unknown_fields(obj))} == {}


def test_templates_image_streams_and_builds_have_no_unknown_field() -> None:
    found = {obj["metadata"]["name"]: unknown_fields(obj) for obj in [*PLAIN, *TEMPLATES.values()]}
    assert {name: unknown for name, unknown in found.items() if unknown} == {}


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("DeploymentConfig", "spec.template.spec.containers.0.livenessProb"),
        ("DeploymentConfig", "spec.triggers.1.imageChangeParam"),
        ("Route", "spec.tls.insecureEdgeTerminationPolicies"),
        ("ImageStream", "spec.lookupPolicies"),
        ("BuildConfig", "spec.output.imageLabel"),
        ("Template", "parameters.0.displayname"),
    ],
)
def test_a_misspelled_field_of_an_openshift_kind_is_found(kind: str, path: str) -> None:
    objects = [*PLAIN, *TEMPLATES.values(), *process("jupyterhub")]
    misspelled = deepcopy(next(obj for obj in objects if obj["kind"] == kind))
    *steps, field = path.split(".")
    place = misspelled
    for step in steps:
        place = place[int(step)] if step.isdigit() else place[step]  # type: ignore[index]
    place[field] = "x"
    assert len(found := unknown_fields(misspelled)) == 1
    assert found[0].endswith(field)


def test_a_misspelled_field_of_a_kubernetes_kind_is_found() -> None:
    policy = deepcopy(next(obj for obj in process("jupyterhub") if obj["kind"] == "NetworkPolicy"))
    policy["spec"]["policyType"] = ["Egress"]
    with pytest.raises(kubernetes_validate.ValidationError, match="'policyType' was unexpected"):
        unknown_fields(policy)


def test_a_misspelled_field_of_a_service_monitor_is_found() -> None:
    (monitor,) = process("jupyterhub-metrics")
    monitor["spec"]["endpoints"][0]["bearerToken"] = "x"
    with pytest.raises(ValidationError, match="'bearerToken' was unexpected"):
        unknown_fields(monitor)
