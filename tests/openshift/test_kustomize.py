"""openshift/kustomize: the template jupyterhub-workspace as plain manifests, and an overlay."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.openshift.known_fields import unknown_fields
from tests.openshift.rendered import CHECKOUT, Obj, containers, kinds, process, workloads

KUBECTL = str(Path(sys.executable).parent / "kubectl")


def built(directory: str) -> list[Obj]:
    """The objects that `kubectl kustomize` prints."""
    command = [KUBECTL, "kustomize", str(CHECKOUT / "openshift/kustomize" / directory)]
    return [*yaml.safe_load_all(subprocess.run(command, capture_output=True, text=True, check=True).stdout)]


@pytest.fixture(scope="module")
def overlay() -> list[Obj]:
    return built("example")


def by_name(objects: list[Obj]) -> dict[tuple[str, str], Obj]:
    return {(obj["kind"], obj["metadata"]["name"]): obj for obj in objects}


def test_the_base_is_what_oc_process_prints_without_the_secret() -> None:
    processed = [obj for obj in process("jupyterhub-workspace") if obj["kind"] != "Secret"]
    assert by_name(built("base")) == by_name(processed)


def test_the_overlay_changes_settings_and_configuration_and_nothing_else(overlay: list[Obj]) -> None:
    base = by_name(built("base"))
    changed = {key: obj for key, obj in by_name(overlay).items() if obj != base[key]}
    assert set(changed) == {("ConfigMap", "jupyterhub-workspace-cfg"), ("Deployment", "jupyterhub-workspace")}
    for container in containers(workloads(overlay)["hub"]).values():
        environment = {variable["name"]: variable.get("value") for variable in container["env"]}
        assert environment["JUPYTERHUB_TITLE"] == "Physics notebooks"
        assert environment["JUPYTERHUB_NOTEBOOK_MEMORY"] == "1Gi"
        assert environment["JUPYTERHUB_ADMIN_USERS"] == "carol"
        assert environment["JUPYTERHUB_AUTHENTICATOR"] == "openshift"


def test_the_overlay_has_no_unknown_field_and_no_parameter_left(overlay: list[Obj]) -> None:
    assert [field for obj in overlay for field in unknown_fields(obj)] == []
    assert "${" not in json.dumps(overlay)
    assert kinds(overlay, "Secret") == {}
