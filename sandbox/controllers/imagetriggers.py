"""Image change triggers: write a tag's new image into the workloads that follow the tag.

DeploymentConfigs and Deployments get the image in their pod template; BuildConfigs get a build. As in
openshift-controller-manager (`pkg/image/trigger`).
"""

from __future__ import annotations

import json
import re

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import BUILD_CONFIGS, DEPLOYMENT_CONFIGS, DEPLOYMENTS, IMAGE_STREAMS
from sandbox.controllers.buildconfigs import instantiate_for_image
from sandbox.controllers.deploymentconfigs import image_triggers
from sandbox.controllers.imagestreams import latest
from sandbox.controllers.loop import Controller, soonest
from sandbox.controllers.objects import is_going

TRIGGERS = "image.openshift.io/triggers"
BY_NAME = re.compile(
    r"""spec\.template\.spec\.(containers|initContainers)\[\?\(@\.name==["']([^"']+)["']\)\]\.image"""
)
BY_NUMBER = re.compile(r"spec\.template\.spec\.(containers|initContainers)\[(\d+)\]\.image")


class ImageTriggers(Controller):
    """Compares the tags of image streams with the workloads that have a trigger."""

    watches = (IMAGE_STREAMS, DEPLOYMENT_CONFIGS, DEPLOYMENTS, BUILD_CONFIGS)

    def reconcile(self) -> float | None:
        """Update the workloads whose tag has a newer image."""
        return soonest(
            self.each(DEPLOYMENT_CONFIGS, self._deployment_config),
            self.each(DEPLOYMENTS, self._deployment),
            self.each(BUILD_CONFIGS, self._build_config),
        )

    def _deployment_config(self, config: Obj) -> None:
        def change(config: Obj) -> None:
            for params in image_triggers(config):
                item = latest(self.store, params["from"]["name"])
                if not item or not params.get("automatic"):
                    continue
                reference = item["dockerImageReference"]
                if params.get("lastTriggeredImage") == reference:
                    continue
                params["lastTriggeredImage"] = reference
                pod = config["spec"]["template"]["spec"]
                for container in [*pod["containers"], *(pod.get("initContainers") or [])]:
                    if container["name"] in params["containerNames"]:
                        container["image"] = reference  # the rollout increases the generation

        if not is_going(config):
            self.store.modify(DEPLOYMENT_CONFIGS, config["metadata"]["name"], change)

    def _deployment(self, deployment: Obj) -> None:
        text = (deployment["metadata"].get("annotations") or {}).get(TRIGGERS)
        if not text or is_going(deployment):
            return
        try:
            triggers = json.loads(text)
        except ValueError:
            return  # as the real controller ignores an annotation that is not JSON

        def change(deployment: Obj) -> None:
            for trigger in triggers:
                item = latest(self.store, trigger["from"]["name"])
                container = _container(deployment, trigger.get("fieldPath", ""))
                if not item or container is None or str(trigger.get("paused", "")).lower() == "true":
                    continue
                if container.get("image") != item["dockerImageReference"]:
                    container["image"] = item["dockerImageReference"]
                    meta = deployment["metadata"]
                    meta["generation"] = meta.get("generation", 1) + 1

        self.store.modify(DEPLOYMENTS, deployment["metadata"]["name"], change)

    def _build_config(self, config: Obj) -> None:
        if not is_going(config):
            instantiate_for_image(self.cluster, config)


def _container(deployment: Obj, path: str) -> Obj | None:
    """Find the container that a trigger's `fieldPath` selects by name or index."""
    pod = deployment["spec"]["template"]["spec"]
    if match := BY_NAME.fullmatch(path):
        found = [c for c in pod.get(match[1]) or [] if c["name"] == match[2]]
        return found[0] if found else None
    if match := BY_NUMBER.fullmatch(path):
        containers = pod.get(match[1]) or []
        return containers[int(match[2])] if int(match[2]) < len(containers) else None
    return None
