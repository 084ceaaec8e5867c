"""Add image triggers to Deployments, and convert Deployments to DeploymentConfigs."""

from __future__ import annotations

import json
from functools import reduce
from operator import getitem
from typing import Any

Obj = dict[str, Any]

TRIGGERS = "image.openshift.io/triggers"
CONNECTS_TO = "app.openshift.io/connects-to"
POD_TEMPLATES = {"Deployment": "spec.template", "CronJob": "spec.jobTemplate.spec.template"}
DC = {"apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig"}


def with_triggers(workload: Obj) -> Obj:
    """Add the annotation that makes OpenShift roll out a Deployment when one of its images changes.

    A CronJob starts its next pod with the new image.

    https://docs.openshift.com/container-platform/4.16/openshift_images/triggering-updates-on-imagestream-changes.html
    """
    path = POD_TEMPLATES[workload["kind"]]
    pod = reduce(getitem, path.split("."), workload)["spec"]
    triggers = []
    for part in ("initContainers", "containers"):
        for container in pod.get(part, []):
            triggers.append(
                {
                    "from": {"kind": "ImageStreamTag", "name": container["image"]},
                    "fieldPath": f'{path}.spec.{part}[?(@.name=="{container["name"]}")].image',
                }
            )
            container["image"] = " "
    workload["metadata"].setdefault("annotations", {})[TRIGGERS] = json.dumps(triggers)
    return workload


def as_deployment_config(obj: Obj, strategy: Obj) -> Obj:
    """Convert a Deployment to a DeploymentConfig; return any other object unchanged."""
    if obj["kind"] != "Deployment":
        return obj
    metadata, spec = obj["metadata"], obj["spec"]
    images: dict[str, list[str]] = {}
    for trigger in json.loads(metadata["annotations"].pop(TRIGGERS)):
        name = trigger["fieldPath"].split('"')[1]
        images.setdefault(trigger["from"]["name"], []).append(name)
    if connected := metadata["annotations"].get(CONNECTS_TO):
        metadata["annotations"][CONNECTS_TO] = json.dumps([other | DC for other in json.loads(connected)])
    return {
        "kind": DC["kind"],
        "apiVersion": DC["apiVersion"],
        "metadata": {key: value for key, value in metadata.items() if value},
        "spec": {
            "replicas": spec["replicas"],
            "revisionHistoryLimit": spec["revisionHistoryLimit"],
            "strategy": spec["strategy"] | strategy,
            "triggers": [{"type": "ConfigChange"}, *(_image_trigger(*item) for item in images.items())],
            "selector": spec["selector"]["matchLabels"],
            "template": spec["template"],
        },
    }


def _image_trigger(tag: str, containers: list[str]) -> Obj:
    return {
        "type": "ImageChange",
        "imageChangeParams": {
            "automatic": True,
            "containerNames": containers,
            "from": {"kind": "ImageStreamTag", "name": tag},
        },
    }
