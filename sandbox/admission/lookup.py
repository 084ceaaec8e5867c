"""Image stream lookup: resolves `stream:tag` in a pod or a workload to an image reference.

As `pkg/admission/imagepolicy` of openshift/apiserver-library-go: only names without registry and namespace,
only where the stream has `lookupPolicy.local` or the object asks for it; never in objects of controllers.
"""

from __future__ import annotations

import re

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import DEPLOYMENT_CONFIGS, DEPLOYMENTS, IMAGE_STREAMS, REPLICA_SETS
from sandbox.apimachinery.store import Store

RESOLVE_NAMES = "alpha.image.policy.openshift.io/resolve-names"
LOCAL_NAME = re.compile(r"([a-z0-9][a-z0-9._-]*)(?::([\w][\w.-]*))?")
TEMPLATES = (
    "replicationcontrollers",
    REPLICA_SETS,
    DEPLOYMENTS,
    "statefulsets.apps",
    "daemonsets.apps",
    "jobs.batch",
    DEPLOYMENT_CONFIGS,
)


def admit(resource: str, obj: Obj, store: Store) -> None:
    """Rewrite the images of a pod or a workload."""
    owners = obj["metadata"].get("ownerReferences") or []
    spec = _pod_spec(resource, obj)
    if spec is None or any(owner.get("controller") for owner in owners):
        return
    always = _wants_all(obj["metadata"]) or _wants_all(
        (obj["spec"].get("template") or {}).get("metadata") or {}
    )
    for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        match = LOCAL_NAME.fullmatch(container.get("image") or "")
        if match:
            container["image"] = (
                _resolved(store, match[1], match[2] or "latest", always) or container["image"]
            )


def latest_item(stream: Obj, tag: str) -> Obj | None:
    """Return the newest image of a tag."""
    for known in (stream.get("status") or {}).get("tags") or []:
        if known["tag"] == tag and known.get("items"):
            item: Obj = known["items"][0]
            return item
    return None


def _pod_spec(resource: str, obj: Obj) -> Obj | None:
    spec: Obj | None = None
    if resource == "pods":
        spec = obj["spec"]
    elif resource in TEMPLATES:
        spec = (obj["spec"].get("template") or {}).get("spec")
    elif resource == "cronjobs.batch":
        spec = obj["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def _wants_all(meta: Obj) -> bool:
    return (meta.get("annotations") or {}).get(RESOLVE_NAMES) == "*"


def _resolved(store: Store, name: str, tag: str, always: bool) -> str | None:
    stream = store.find(IMAGE_STREAMS, name)
    if stream is None or not (always or stream["spec"].get("lookupPolicy", {}).get("local")):
        return None
    item = latest_item(stream, tag)
    if item is None:
        return f"{stream['status']['dockerImageRepository']}:{tag}"
    repository = re.sub(r"(:[^/:@]+)?(@.*)?$", "", item["dockerImageReference"])
    return f"{repository}@{item['image']}"
