"""Fields that the API sets itself: status, generation, addresses, hosts.

Sources: each resource's `strategy.go` under `pkg/registry` of Kubernetes and of openshift-apiserver.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from sandbox.admission.usage import quality_of_service
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.resource_keys import (
    BUILD_CONFIGS,
    BUILDS,
    DEPLOYMENT_CONFIGS,
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    IMAGE_STREAMS,
    REPLICA_SETS,
    ROUTES,
)
from sandbox.apimachinery.resources import BY_PATH, of
from sandbox.apimachinery.store import Store, now
from sandbox.registry.defaults import EXTERNAL

WITH_GENERATION = (
    *("pods", "replicationcontrollers", DEPLOYMENTS, REPLICA_SETS, "statefulsets.apps"),
    *("daemonsets.apps", "jobs.batch", "cronjobs.batch", "networkpolicies.networking.k8s.io"),
    *("ingresses.networking.k8s.io", DISRUPTION_BUDGETS, DEPLOYMENT_CONFIGS),
    *(BUILD_CONFIGS, BUILDS, IMAGE_STREAMS),
    ROUTES,
)
NODE_PORTS = range(30000, 32768)
SERVICE_NETWORK = ipaddress.ip_network("127.78.0.0/16")
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
GATED = "Scheduling is blocked due to non-empty scheduling gates"
HOST_GENERATED = "openshift.io/host.generated"


def prepare_create(resource: str, new: Obj, store: Store, project: Project) -> None:
    """Set the fields of a new object that a client may not set."""
    if resource in WITH_GENERATION:
        new["metadata"]["generation"] = 1
    if "status" in new:
        new["status"] = {}
    if resource in CREATE:
        CREATE[resource](new, store, project)


def prepare_update(resource: str, new: Obj, old: Obj, store: Store, project: Project) -> None:
    """Keep the fields that a client may not change, and count the generation."""
    if _has_status(resource) and "status" in old:
        new["status"] = old["status"]
    if resource in UPDATE:
        UPDATE[resource](new, old, store, project)
    if resource in WITH_GENERATION:
        generation = old["metadata"].get("generation", 0)
        changed = new.get("spec") != old.get("spec")
        new["metadata"]["generation"] = generation + (1 if changed else 0)


def prepare_status(new: Obj, old: Obj) -> Obj:
    """Return the old object with the new status."""
    return {**old, "status": new.get("status") or {}}


def _has_status(resource: str) -> bool:
    known = of(resource)
    return (known.group, known.version, f"{known.name}/status") in BY_PATH


def _pod(new: Obj, store: Store, project: Project) -> None:
    new["status"] = {"phase": "Pending", "qosClass": quality_of_service(new)}
    if new["spec"].get("schedulingGates"):
        gated = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "message": GATED}
        new["status"]["conditions"] = [{**gated, "lastProbeTime": None, "lastTransitionTime": now()}]


def _service(new: Obj, store: Store, project: Project) -> None:
    spec = new["spec"]
    new["status"] = {"loadBalancer": {}}
    if spec["type"] == "ExternalName":
        return
    spec["clusterIP"] = spec.get("clusterIP") or _free_address(store)
    spec["clusterIPs"] = [spec["clusterIP"]]
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    _node_ports(spec, store)


def _free_address(store: Store) -> str:
    taken = {service["spec"].get("clusterIP") for service in store.list("services")}
    hosts = (str(host) for host in SERVICE_NETWORK.hosts())
    return next(host for host in hosts if host not in taken)


def _node_ports(spec: Obj, store: Store) -> None:
    """Allocate the ports of the node that are open."""
    if spec["type"] not in EXTERNAL or not spec.get("allocateLoadBalancerNodePorts", True):
        return
    services = [service["spec"] for service in store.look("services")]
    taken = {port.get("nodePort") for each in [spec, *services] for port in each.get("ports") or []}
    for port in spec.get("ports") or []:
        if not port.get("nodePort"):
            port["nodePort"] = next(number for number in NODE_PORTS if number not in taken)
            taken.add(port["nodePort"])


def _service_update(new: Obj, old: Obj, store: Store, project: Project) -> None:
    if new["spec"]["type"] in EXTERNAL:
        before = old["spec"].get("ports") or []
        known = {(port["protocol"], port["port"]): port.get("nodePort", 0) for port in before}
        for port in new["spec"].get("ports") or []:
            port["nodePort"] = port.get("nodePort") or known.get((port["protocol"], port["port"]), 0)
        _node_ports(new["spec"], store)
    for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if field in old["spec"] and not new["spec"].get(field):
            new["spec"][field] = old["spec"][field]


def _claim(new: Obj, store: Store, project: Project) -> None:
    new["metadata"]["finalizers"] = [
        *(new["metadata"].get("finalizers") or []),
        "kubernetes.io/pvc-protection",
    ]
    new["status"] = {"phase": "Pending"}
    spec = new["spec"]
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None and reference is None:
        spec["dataSourceRef"] = dict(source)
    elif reference is not None and source is None and not reference.get("namespace"):
        spec["dataSource"] = dict(reference)
    if spec.get("storageClassName") is None:
        for known in store.list("storageclasses.storage.k8s.io"):
            if (known["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true":
                new["spec"]["storageClassName"] = known["metadata"]["name"]


def _namespace(new: Obj, store: Store, project: Project) -> None:
    new["spec"]["finalizers"] = ["kubernetes"]
    new["status"] = {"phase": "Active"}


def _route(new: Obj, store: Store, project: Project) -> None:
    if new["metadata"].get("name") and not new["spec"].get("host") and not new["spec"].get("subdomain"):
        new["spec"]["host"] = project.route_host(new["metadata"]["name"])
        new["metadata"].setdefault("annotations", {})[HOST_GENERATED] = "true"


def _route_update(new: Obj, old: Obj, store: Store, project: Project) -> None:
    new["spec"]["host"] = new["spec"].get("host") or old["spec"].get("host", "")


def _deployment_config(new: Obj, store: Store, project: Project) -> None:
    for trigger in new["spec"].get("triggers") or []:
        (trigger.get("imageChangeParams") or {}).pop("lastTriggeredImage", None)


def _build(new: Obj, store: Store, project: Project) -> None:
    new["status"] = {"phase": "New"}


def _image_stream(new: Obj, store: Store, project: Project) -> None:
    new["status"] = {"dockerImageRepository": project.image_repository(new["metadata"].get("name", ""))}
    for tag in new["spec"].get("tags") or []:
        tag["generation"] = 1


def _image_stream_update(new: Obj, old: Obj, store: Store, project: Project) -> None:
    """Give changed tags the next generation, so that they are imported; drop the status of deleted ones."""
    before = {tag["name"]: tag for tag in old["spec"].get("tags") or []}
    generation = old["metadata"].get("generation", 1) + 1
    tags = new["spec"].get("tags") or []
    for tag in tags:
        was = before.get(tag["name"])
        if was is None or {**was, "generation": None} != {**tag, "generation": None}:
            tag["generation"] = generation
        elif tag.get("generation") in (None, 0):
            tag["generation"] = generation if tag.get("generation") == 0 else was["generation"]
    gone = set(before) - {tag["name"] for tag in tags}
    known = new["status"].get("tags") or []
    if gone and known:
        new["status"]["tags"] = [tag for tag in known if tag["tag"] not in gone]


CREATE: dict[str, Callable[[Obj, Store, Project], None]] = {
    "pods": _pod,
    "services": _service,
    "persistentvolumeclaims": _claim,
    "namespaces": _namespace,
    ROUTES: _route,
    DEPLOYMENT_CONFIGS: _deployment_config,
    BUILDS: _build,
    IMAGE_STREAMS: _image_stream,
}
UPDATE: dict[str, Callable[[Obj, Obj, Store, Project], None]] = {
    "services": _service_update,
    ROUTES: _route_update,
    IMAGE_STREAMS: _image_stream_update,
}
