"""The endpoints controllers: the ready pods behind each service."""

from __future__ import annotations

from sandbox.apimachinery import selectors
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import copied
from sandbox.controllers.loop import Controller
from sandbox.controllers.objects import is_active, is_going, is_ready, owner_reference

SLICES = "endpointslices.discovery.k8s.io"


class Endpoints(Controller):
    """`endpoints` and `endpointslices.discovery.k8s.io` of each service that has a selector."""

    watches = ("services", "pods")

    def reconcile(self) -> float | None:
        """Write both for each service; the store ignores an unchanged object."""
        return self.each("services", self._one)

    def _one(self, service: Obj) -> None:
        selector = service["spec"].get("selector")
        if not selector or is_going(service):
            return
        takes = selectors.label_query({"matchLabels": selector})
        pods = [p for p in self.store.look("pods") if takes(p) and is_active(p) and p["status"].get("podIP")]
        counted = [p for p in pods if is_ready(p) or service["spec"].get("publishNotReadyAddresses")]
        self._write("endpoints", _endpoints(service, counted, [p for p in pods if p not in counted]))
        self._write(SLICES, _slice(service, pods, counted))

    def _write(self, resource: str, obj: Obj) -> None:
        known = self.store.find(resource, obj["metadata"]["name"])
        if known is None:
            self.store.create(resource, obj)
            return
        new = copied(known)
        new["metadata"].update(obj["metadata"])
        self.store.update(resource, {**new, **{key: obj[key] for key in obj if key != "metadata"}})


def _endpoints(service: Obj, ready: list[Obj], unready: list[Obj]) -> Obj:
    meta = service["metadata"]
    subsets = []
    for port_of in {tuple(_ports(service, pod).items()): pod for pod in [*ready, *unready]}:
        same = [pod for pod in ready if tuple(_ports(service, pod).items()) == port_of]
        not_yet = [pod for pod in unready if tuple(_ports(service, pod).items()) == port_of]
        subset: Obj = {"ports": _named(service, dict(port_of))}
        if same:
            subset["addresses"] = [_address(pod) for pod in same]
        if not_yet:
            subset["notReadyAddresses"] = [_address(pod) for pod in not_yet]
        subsets.append(subset)
    return {
        "kind": "Endpoints",
        "apiVersion": "v1",
        "metadata": {
            "name": meta["name"],
            "namespace": meta.get("namespace"),
            "labels": meta.get("labels") or {},
            # The real one sets no owner, and cleans up itself.
            "ownerReferences": [owner_reference(service, "v1", "Service")],
        },
        "subsets": subsets,
    }


def _slice(service: Obj, pods: list[Obj], ready: list[Obj]) -> Obj:
    meta = service["metadata"]
    ports = [{"name": "", **port} for port in _named(service, _ports(service, pods[0]))] if pods else []
    return {
        "kind": "EndpointSlice",
        "apiVersion": "discovery.k8s.io/v1",
        "metadata": {
            "name": f"{meta['name']}-{meta['uid'][:5]}",
            "namespace": meta.get("namespace"),
            "labels": {**(meta.get("labels") or {}), "kubernetes.io/service-name": meta["name"]},
            "ownerReferences": [owner_reference(service, "v1", "Service")],
        },
        "addressType": "IPv4",
        "endpoints": [
            {
                "addresses": [pod["status"]["podIP"]],
                "conditions": {"ready": pod in ready, "serving": is_ready(pod), "terminating": False},
                "targetRef": _address(pod)["targetRef"],
            }
            for pod in pods
        ],
        "ports": ports,
    }


def _address(pod: Obj) -> Obj:
    meta = pod["metadata"]
    target = {"kind": "Pod", "namespace": meta.get("namespace"), "name": meta["name"], "uid": meta["uid"]}
    return {"ip": pod["status"]["podIP"], "nodeName": pod["spec"].get("nodeName"), "targetRef": target}


def _ports(service: Obj, pod: Obj) -> dict[str, int]:
    """Return the pod's port for each service port; a `targetPort` may name a container port."""
    named = {
        p["name"]: p["containerPort"]
        for c in pod["spec"]["containers"]
        for p in c.get("ports") or []
        if p.get("name")
    }
    ports = {}
    for port in service["spec"].get("ports") or []:
        target = port.get("targetPort", port["port"])
        number = named.get(target) if isinstance(target, str) else target
        if number is not None:
            ports[port.get("name", "")] = number
    return ports


def _named(service: Obj, numbers: dict[str, int]) -> list[Obj]:
    protocols = {port.get("name", ""): port.get("protocol", "TCP") for port in service["spec"]["ports"]}
    return [
        {**({"name": name} if name else {}), "port": number, "protocol": protocols[name]}
        for name, number in numbers.items()
    ]
