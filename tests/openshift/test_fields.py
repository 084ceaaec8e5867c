"""Every rendered object has only fields that the API knows, so that a misspelled field fails here."""

from __future__ import annotations

from copy import deepcopy

import kubernetes_validate
import pytest
from jsonschema import ValidationError

from tests.openshift.known_fields import unknown_fields
from tests.openshift.rendered import PLAIN, TEMPLATES, process, required, unusual


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
    monitor, _ = process("jupyterhub-metrics")
    monitor["spec"]["endpoints"][0]["bearerToken"] = "x"
    with pytest.raises(ValidationError, match="'bearerToken' was unexpected"):
        unknown_fields(monitor)
