"""The BuildConfig controller: builds started by triggers and by `oc start-build`.

Names, labels and words are those of openshift-apiserver (`pkg/build/apiserver/buildgenerator`).
"""

from __future__ import annotations

from sandbox.apimachinery.errors import StatusError, bad_request
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import BUILD_CONFIGS, BUILDS, IMAGE_STREAMS
from sandbox.apimachinery.store import copied, now
from sandbox.controllers.imagestreams import latest
from sandbox.controllers.loop import RETRY, Cluster, Controller
from sandbox.controllers.objects import is_going, owner_reference

COMPONENT = "buildconfig-controller"
MANUAL = [{"message": "Manually triggered"}]
SAME_IN_BUILD = (
    "source",
    "strategy",
    "output",
    "resources",
    "postCommit",
    "nodeSelector",
    "completionDeadlineSeconds",
)


class BuildConfigs(Controller):
    """Starts the first build of each BuildConfig that has a ConfigChange trigger."""

    watches = (BUILD_CONFIGS, IMAGE_STREAMS)

    def reconcile(self) -> float | None:
        """Start the first build where there is none yet."""
        return self.each(BUILD_CONFIGS, self._one)

    def _one(self, config: Obj) -> float | None:
        on_change = any(t["type"] == "ConfigChange" for t in config["spec"].get("triggers") or [])
        first = config["status"].get("lastVersion", 0) == 0
        if is_going(config) or not on_change or not first or "binary" in config["spec"].get("source", {}):
            return None
        name = config["metadata"]["name"]
        try:
            instantiate(self.cluster, name, [{"message": "Build configuration change"}])
        except StatusError as refusal:
            named = f"{self.cluster.project.name}/{name} (0)"
            text = f"error instantiating Build from BuildConfig {named}: {refusal.message}"
            self.cluster.event(config, "BuildConfigInstantiateFailed", text, COMPONENT, warning=True)
            return None if refusal.code == 422 else RETRY
        return None


def instantiate(cluster: Cluster, name: str, causes: list[Obj], request: Obj | None = None) -> Obj:
    """Answer `POST buildconfigs/NAME/instantiate`: create a build with the request's overrides."""
    config = cluster.store.get(BUILD_CONFIGS, name)
    request = request or {}
    if "binary" in config["spec"].get("source", {}) and "binary" not in request:
        raise bad_request("has no valid source inputs")
    base = builder_image(cluster, config)
    triggers = _seen(cluster, config)

    def count(config: Obj) -> None:
        status = config["status"]
        status["lastVersion"] = status.get("lastVersion", 0) + 1
        if triggers:
            status["imageChangeTriggers"] = [
                {"lastTriggeredImageID": image, "from": source, "lastTriggerTime": now()}
                for _, image, source in triggers
            ]
        for number, image, _ in triggers:
            config["spec"]["triggers"][number]["imageChange"]["lastTriggeredImageID"] = image

    config = cluster.store.modify(BUILD_CONFIGS, name, count)
    build = _build(config, base, causes, request)
    created = cluster.create(BUILDS, build, COMPONENT)
    status = {
        "config": {"kind": "BuildConfig", "namespace": cluster.project.name, "name": name},
        "output": {},
    }
    return cluster.store.modify(BUILDS, created["metadata"]["name"], lambda b: b["status"].update(status))


def instantiate_for_image(cluster: Cluster, config: Obj) -> None:
    """Start a build for a newer image of an ImageChange trigger; ConfigChange starts the first one."""
    kinds = [trigger["type"] for trigger in config["spec"].get("triggers") or []]
    if "ConfigChange" in kinds and config["status"].get("lastVersion", 0) == 0:
        return
    for number, image, source in _seen(cluster, config):
        params = config["spec"]["triggers"][number]["imageChange"]
        if params.get("lastTriggeredImageID") != image and not params.get("paused"):
            change = {"imageID": image, "fromRef": source}
            cause = {"message": "Image change", "imageChangeBuild": change}
            instantiate(cluster, config["metadata"]["name"], [cause])
            return


def builder_image(cluster: Cluster, config: Obj) -> str:
    """Resolve the build's base image to a reference by digest; raises 422 when the tag has no image."""
    source = strategy_from(config)
    if source["kind"] != "ImageStreamTag":
        return str(source["name"])
    if item := latest(cluster.store, source["name"]):
        return str(item["dockerImageReference"])
    name, _, _ = source["name"].partition(":")
    why = "unable to find latest tagged image"
    if not cluster.store.find(IMAGE_STREAMS, name):
        why = f'imagestreams.image.openshift.io "{name}" not found'
    text = f"Error resolving ImageStreamTag {source['name']} in namespace {cluster.project.name}: {why}"
    causes = [{"field": "from", "message": text}]
    details = {"kind": "ImageStreamTag", "name": source["name"], "causes": causes}
    raise StatusError(422, "Invalid", text, details)


def strategy_from(config: Obj) -> Obj:
    """Return the strategy's `from`."""
    strategy = config["spec"]["strategy"]
    found: Obj = strategy.get("sourceStrategy", strategy.get("dockerStrategy", {})).get("from") or {}
    return found


def _seen(cluster: Cluster, config: Obj) -> list[tuple[int, str, Obj]]:
    """Yield, for each ImageChange trigger with an image, its index, the current image and the watched tag."""
    seen = []
    for number, trigger in enumerate(config["spec"].get("triggers") or []):
        if trigger["type"] != "ImageChange":
            continue
        trigger.setdefault("imageChange", {})
        source = trigger["imageChange"].get("from") or strategy_from(config)
        if item := latest(cluster.store, source["name"]):
            watched = {"namespace": cluster.project.name, "name": source["name"]}
            seen.append((number, item["dockerImageReference"], watched))
    return seen


def _build(config: Obj, base: str, causes: list[Obj], request: Obj) -> Obj:
    meta, spec, number = config["metadata"], copied(config["spec"]), config["status"]["lastVersion"]
    name = f"{meta['name']}-{number}"
    for strategy in ("sourceStrategy", "dockerStrategy"):
        if strategy in spec["strategy"]:
            spec["strategy"][strategy]["from"] = {"kind": "DockerImage", "name": base}
            env = spec["strategy"][strategy].get("env") or []
            if extra := request.get("env"):
                kept = [each for each in env if each["name"] not in {new["name"] for new in extra}]
                spec["strategy"][strategy]["env"] = [*kept, *extra]
    body: Obj = {key: spec[key] for key in SAME_IN_BUILD if key in spec}
    body["serviceAccount"] = spec.get("serviceAccount", "builder")
    if "binary" in request:
        inherited = {key: text for key, text in body.get("source", {}).items() if key == "contextDir"}
        body["source"] = {"type": "Binary", "binary": request["binary"], **inherited}
    if request.get("revision"):
        body["revision"] = request["revision"]
    body["triggeredBy"] = causes
    labels = {
        **(meta.get("labels") or {}),
        "buildconfig": meta["name"],
        "openshift.io/build-config.name": meta["name"],
        "openshift.io/build.start-policy": spec.get("runPolicy", "Serial"),
    }
    return {
        "kind": "Build",
        "apiVersion": "build.openshift.io/v1",
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {
                "openshift.io/build-config.name": meta["name"],
                "openshift.io/build.number": str(number),
            },
            "ownerReferences": [owner_reference(config, "build.openshift.io/v1", "BuildConfig")],
        },
        "spec": body,
    }
