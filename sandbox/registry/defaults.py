"""Defaults of fields, applied before admission and validation.

Sources: `k8s.io/kubernetes/pkg/apis/*/v1/defaults.go`, in openshift-apiserver `pkg/*/apis/*/v1/defaults.go`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import (
    BUILD_CONFIGS,
    BUILDS,
    CLUSTER_ROLE_BINDINGS,
    DEPLOYMENT_CONFIGS,
    DEPLOYMENTS,
    IMAGE_STREAMS,
    RBAC_GROUP,
    REPLICA_SETS,
    ROLE_BINDINGS,
    ROUTES,
)

EXTERNAL = ("NodePort", "LoadBalancer")
QUARTER = {"maxUnavailable": "25%", "maxSurge": "25%"}


def apply(resource: str, obj: Obj) -> None:
    """Set the defaults of an object."""
    if resource in DEFAULTS:
        DEFAULTS[resource](obj)


def pod(obj: Obj) -> None:
    """Set the defaults of a pod: those of a template, and those that only a pod gets."""
    spec = obj["spec"]
    spec.setdefault("enableServiceLinks", True)
    pod_spec(spec)
    for container in _containers(spec):
        resources = container.setdefault("resources", {})
        for name, limit in (resources.get("limits") or {}).items():
            resources.setdefault("requests", {}).setdefault(name, limit)
    if spec.get("hostNetwork"):
        for port in (port for container in _containers(spec) for port in container.get("ports") or []):
            port.setdefault("hostPort", port.get("containerPort"))


def pod_spec(spec: Obj) -> None:
    """Set the defaults of the spec of a pod or a pod template."""
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("restartPolicy", "Always")
    if spec.setdefault("terminationGracePeriodSeconds", 30) < 0:
        spec["terminationGracePeriodSeconds"] = 1
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for container in _containers(spec):
        _container(container)
    for volume in spec.get("volumes") or []:
        _volume(volume)


def _containers(spec: Obj) -> list[Obj]:
    return [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]


def _container(container: Obj) -> None:
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    image = container.get("image", "")
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    latest = "@" not in image and tag in ("", "latest")
    container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
    for port in container.get("ports") or []:
        port.setdefault("protocol", "TCP")
    for env in container.get("env") or []:
        field = (env.get("valueFrom") or {}).get("fieldRef")
        if field:
            field.setdefault("apiVersion", "v1")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(probe):
            _probe(container[probe])
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict):
            _http_get(hook)


def _probe(probe: Obj) -> None:
    for name, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe[name] = probe.get(name) or value
    _http_get(probe)


def _http_get(handler: Obj) -> None:
    if handler.get("httpGet"):
        handler["httpGet"]["path"] = handler["httpGet"].get("path") or "/"
        handler["httpGet"].setdefault("scheme", "HTTP")


def _volume(volume: Obj) -> None:
    if not [key for key in volume if key != "name"]:
        volume["emptyDir"] = {}
    for kind in ("secret", "configMap", "downwardAPI", "projected"):
        if volume.get(kind) is not None:
            volume[kind].setdefault("defaultMode", 0o644)
    if volume.get("hostPath") is not None:
        volume["hostPath"].setdefault("type", "")
    for source in (volume.get("projected") or {}).get("sources") or []:
        if source.get("serviceAccountToken"):
            source["serviceAccountToken"].setdefault("expirationSeconds", 3600)


def _template(obj: Obj) -> None:
    template = obj["spec"].get("template")
    if template:
        pod_spec(template.setdefault("spec", {}))


def _service(obj: Obj) -> None:
    spec = obj["spec"]
    spec.setdefault("sessionAffinity", "None")
    spec.setdefault("type", "ClusterIP")
    for port in spec.get("ports") or []:
        port.setdefault("protocol", "TCP")
        if not port.get("targetPort"):
            port["targetPort"] = port.get("port", 0)
    if spec["type"] != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in EXTERNAL:
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if spec["sessionAffinity"] == "ClientIP":
        config = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        config.setdefault("timeoutSeconds", 3 * 60 * 60)


def _secret(obj: Obj) -> None:
    obj.setdefault("type", "Opaque")
    for key, text in (obj.pop("stringData", None) or {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(text.encode()).decode()


def _claim(obj: Obj) -> None:
    obj["spec"].setdefault("volumeMode", "Filesystem")


def _deployment(obj: Obj) -> None:
    spec = obj["spec"]
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    strategy["type"] = strategy.get("type") or "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = QUARTER | (strategy.get("rollingUpdate") or {})
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    _template(obj)


def _replica_set(obj: Obj) -> None:
    obj["spec"].setdefault("replicas", 1)
    _template(obj)


def _replication_controller(obj: Obj) -> None:
    spec = obj["spec"]
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels:
        spec["selector"] = spec.get("selector") or dict(labels)
        obj["metadata"]["labels"] = obj["metadata"].get("labels") or dict(labels)
    spec.setdefault("replicas", 1)
    _template(obj)


def _stateful_set(obj: Obj) -> None:
    spec = obj["spec"]
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {"partition": 0})
    retention = {"whenDeleted": "Retain", "whenScaled": "Retain"}
    spec["persistentVolumeClaimRetentionPolicy"] = retention | (
        spec.get("persistentVolumeClaimRetentionPolicy") or {}
    )
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    _template(obj)


def _job_spec(spec: Obj) -> None:
    defaults = {"completions": 1, "parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed"}
    for name, value in (defaults | {"suspend": False, "podReplacementPolicy": "TerminatingOrFailed"}).items():
        spec.setdefault(name, value)
    _template({"spec": spec})


def _job(obj: Obj) -> None:
    _job_spec(obj["spec"])


def _cron_job(obj: Obj) -> None:
    spec = obj["spec"]
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    _template({"spec": spec["jobTemplate"]["spec"]})


def _network_policy(obj: Obj) -> None:
    spec = obj["spec"]
    spec.setdefault("policyTypes", ["Ingress", *(["Egress"] if spec.get("egress") else [])])
    for rule in (spec.get("ingress") or []) + (spec.get("egress") or []):
        for port in rule.get("ports") or []:
            port.setdefault("protocol", "TCP")


def _role_binding(obj: Obj) -> None:
    obj["roleRef"]["apiGroup"] = obj["roleRef"].get("apiGroup") or RBAC_GROUP
    for subject in obj.get("subjects") or []:
        if subject["kind"] in ("User", "Group"):
            subject["apiGroup"] = subject.get("apiGroup") or RBAC_GROUP


def _route(obj: Obj) -> None:
    spec = obj["spec"]
    spec.setdefault("wildcardPolicy", "None")
    for target in (spec["to"], *(spec.get("alternateBackends") or [])):
        target["kind"] = target.get("kind") or "Service"
        if target.get("weight") is None:
            target["weight"] = 100


def _deployment_config(obj: Obj) -> None:
    spec = obj["spec"]
    spec["triggers"] = [{"type": "ConfigChange"}] if spec.get("triggers") is None else spec["triggers"]
    spec.setdefault("revisionHistoryLimit", 10)
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels and not spec.get("selector"):
        spec["selector"] = dict(labels)
    strategy = spec["strategy"]
    strategy["type"] = strategy.get("type") or "Rolling"
    if strategy["type"] == "Recreate":
        strategy.setdefault("recreateParams", {}).setdefault("timeoutSeconds", 600)
    elif strategy["type"] == "Rolling":
        rolling = strategy.setdefault("rollingParams", {})
        for name, value in (("updatePeriodSeconds", 1), ("intervalSeconds", 1), ("timeoutSeconds", 600)):
            rolling.setdefault(name, value)
        if not {"maxUnavailable", "maxSurge"} & set(rolling):
            rolling.update(QUARTER)
    strategy.setdefault("activeDeadlineSeconds", 21600)
    for trigger in spec["triggers"]:
        source = (trigger.get("imageChangeParams") or {}).get("from")
        if source is not None:
            source["kind"] = source.get("kind") or "ImageStreamTag"
            source["namespace"] = source.get("namespace") or obj["metadata"]["namespace"]
    _template(obj)


def _build_spec(spec: Obj) -> None:
    source, strategy = spec.setdefault("source", {}), spec["strategy"]
    kinds = {"git": "Git", "dockerfile": "Dockerfile", "binary": "Binary", "images": "Image"}
    found = next((name for key, name in kinds.items() if source.get(key) is not None), "None")
    source["type"] = source.get("type") or found
    if source["type"] == "Binary":
        source.setdefault("binary", {})
    for key, name in (
        ("dockerStrategy", "Docker"),
        ("sourceStrategy", "Source"),
        ("customStrategy", "Custom"),
    ):
        if strategy.get(key) is not None:
            strategy["type"] = name
            if strategy[key].get("from"):
                strategy[key]["from"].setdefault("kind", "ImageStreamTag")


def _build_config(obj: Obj) -> None:
    spec = obj["spec"]
    spec["runPolicy"] = spec.get("runPolicy") or "Serial"
    spec.setdefault("successfulBuildsHistoryLimit", 5)
    spec.setdefault("failedBuildsHistoryLimit", 5)
    for trigger in spec.get("triggers") or []:
        if trigger.get("type") == "ImageChange":
            trigger.setdefault("imageChange", {})
    _build_spec(spec)


def _build(obj: Obj) -> None:
    _build_spec(obj["spec"])


def _image_stream(obj: Obj) -> None:
    for tag in obj["spec"].get("tags") or []:
        policy = tag.setdefault("importPolicy", {})
        policy["importMode"] = policy.get("importMode") or "Legacy"
        reference = tag.setdefault("referencePolicy", {})
        reference["type"] = reference.get("type") or "Source"


def _storage_class(obj: Obj) -> None:
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def _limit_range(obj: Obj) -> None:
    """Default limits to max, and requests to limits, then to min, as `SetDefaults_LimitRangeItem`."""
    for item in obj["spec"].get("limits") or []:
        if item.get("type") == "Container":
            defaults = (item.get("max") or {}) | (item.get("default") or {})
            requests = (item.get("min") or {}) | defaults | (item.get("defaultRequest") or {})
            for key, values in (("default", defaults), ("defaultRequest", requests)):
                if values:
                    item[key] = values


DEFAULTS: dict[str, Callable[[Obj], None]] = {
    "pods": pod,
    "podtemplates": lambda obj: pod_spec(obj["template"]["spec"]),
    "services": _service,
    "secrets": _secret,
    "persistentvolumeclaims": _claim,
    "limitranges": _limit_range,
    "replicationcontrollers": _replication_controller,
    DEPLOYMENTS: _deployment,
    REPLICA_SETS: _replica_set,
    "statefulsets.apps": _stateful_set,
    "daemonsets.apps": _template,
    "jobs.batch": _job,
    "cronjobs.batch": _cron_job,
    "networkpolicies.networking.k8s.io": _network_policy,
    ROLE_BINDINGS: _role_binding,
    CLUSTER_ROLE_BINDINGS: _role_binding,
    "storageclasses.storage.k8s.io": _storage_class,
    ROUTES: _route,
    DEPLOYMENT_CONFIGS: _deployment_config,
    BUILD_CONFIGS: _build_config,
    BUILDS: _build,
    IMAGE_STREAMS: _image_stream,
}
