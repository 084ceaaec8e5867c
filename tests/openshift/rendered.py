"""The committed templates, and the objects that they produce."""

from __future__ import annotations

import json
from copy import deepcopy

from sandbox.apimachinery.json_types import Obj
from sandbox.registry import templates
from tests.paths import CHECKOUT

FILES = ("resources.json", "notebook/resources.json")
DOCUMENTS: dict[str, Obj] = {path: json.loads((CHECKOUT / path).read_text()) for path in FILES}
ITEMS: list[Obj] = [item for document in DOCUMENTS.values() for item in document["items"]]
TEMPLATES: dict[str, Obj] = {item["metadata"]["name"]: item for item in ITEMS if item["kind"] == "Template"}
PLAIN: list[Obj] = [item for item in ITEMS if item["kind"] != "Template"]
HUBS = ("jupyterhub", "jupyterhub-deployment", "jupyterhub-quickstart", "jupyterhub-workspace")
REPOSITORY = {"GIT_REPOSITORY_URL": "https://github.com/jakevdp/PythonDataScienceHandbook"}
# Values that JSON, shells or templates could mistake, and the longest name.
UNUSUAL = {
    "APPLICATION_NAME": "jakevdp-2-with-23-chars",
    "JUPYTERHUB_NAME": "hub-2",
    "NOTEBOOK_NAME": "notebook-2",
    "NOTEBOOK_IMAGE": "quay.io/jupyter/base-notebook@sha256:" + "0" * 64,
    "NOTEBOOK_INTERFACE": "classic",
    "NOTEBOOK_MENU": "on",
    "NOTEBOOK_MEMORY": "1.5Gi",
    "NOTEBOOK_MEMORY_REQUEST": "0.5Gi",
    "NOTEBOOK_CPU": "1500m",
    "NOTEBOOK_CPU_REQUEST": "",
    "IDLE_TIMEOUT": "0",
    "MAX_AGE": "86400",
    "MAX_SERVERS": "20",
    "JUPYTERHUB_CONFIG": 'c.A.b = {"a": "${b} $(c) \\\\ \'d\'"}\n\tif True:\n  pass # ünïcode: [x], {y}',
    "SERVICE_ACCOUNT": "another-account",
    "DATABASE_PASSWORD": "p@ss/w:o%r#d '\"\\ ${X}",
    "GIT_REFERENCE": "feature/a#b",
    "CONTEXT_DIR": "a b/c",
    "VOLUME_SIZE": "10Gi",
    "STORAGE_CLASS": "standard-csi",
    "ALLOWED_USERS": "alice,bob",
    "BUILD_MEMORY": "2Gi",
    "NAMED_SERVERS": "2",
    "TITLE": "Übungen & <Praktikum>",
    "LOG_FORMAT": "json",
}


def process(name: str, **parameters: str) -> list[Obj]:
    """The objects that `oc process NAME --param ...` prints."""
    template = deepcopy(TEMPLATES[name])
    declared = {parameter["name"]: parameter for parameter in template["parameters"]}
    for parameter, value in parameters.items():
        declared[parameter]["value"] = value
    objects: list[Obj] = templates.process(template)["objects"]
    return objects


def required(name: str) -> dict[str, str]:
    """Values for the parameters of a template that have no default."""
    declared = {parameter["name"] for parameter in TEMPLATES[name]["parameters"]}
    return {key: value for key, value in REPOSITORY.items() if key in declared}


def unusual(name: str) -> dict[str, str]:
    """Unusual values for the parameters of a template."""
    declared = {parameter["name"] for parameter in TEMPLATES[name]["parameters"]}
    return {key: value for key, value in (REPOSITORY | UNUSUAL).items() if key in declared}


def kinds(objects: list[Obj], *wanted: str) -> dict[str, Obj]:
    """The objects of the given kinds, by name."""
    return {obj["metadata"]["name"]: obj for obj in objects if obj["kind"] in wanted}


def workloads(objects: list[Obj]) -> dict[str, Obj]:
    """Deployments and DeploymentConfigs, by the component that they run."""
    found = kinds(objects, "Deployment", "DeploymentConfig").values()
    return {obj["spec"]["template"]["metadata"]["labels"]["component"]: obj for obj in found}


def containers(workload: Obj) -> dict[str, Obj]:
    """All containers of a workload, including init containers, by name."""
    pod = workload["spec"]["template"]["spec"]
    return {
        container["name"]: container for container in [*pod.get("initContainers", []), *pod["containers"]]
    }


def job_pod(job: Obj) -> Obj:
    """The pod template of a CronJob."""
    template: Obj = job["spec"]["jobTemplate"]["spec"]["template"]
    return template
