"""The README's architecture drawing shows objects that the template makes, and connections that it allows."""

from __future__ import annotations

import re
from pathlib import Path

from tests.openshift.rendered import process

README = (Path(__file__).parents[2] / "README.md").read_text()
(DRAWING,) = re.findall(r"```mermaid\n(.*?)```", README, re.DOTALL)
KINDS = {
    "configmap": "ConfigMap",
    "dc": "DeploymentConfig",
    "pvc": "PersistentVolumeClaim",
    "route": "Route",
    "secret": "Secret",
    "service": "Service",
}


def test_every_object_of_the_drawing_is_made_by_the_template_and_every_workload_is_drawn() -> None:
    made = {(obj["kind"], obj["metadata"]["name"]) for obj in process("jupyterhub")}
    drawn = {(KINDS[kind], name) for kind, name in re.findall(r'"(\w+)/([\w-]+)"', DRAWING) if kind != "pod"}
    assert drawn <= made
    assert {each for each in made if each[0] in KINDS.values()} == drawn


def test_the_pod_of_the_drawing_is_named_as_the_hub_names_a_users_pod() -> None:
    assert re.findall(r'"pod/([\w-]+)"', DRAWING) == ["jupyterhub-nb-USER"]
