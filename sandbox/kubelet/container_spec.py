"""The container that a pod's spec asks for: command, environment, user, mounts and memory limit."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.quantity import Quantity
from sandbox.containers.container import Container, Mount, is_root
from sandbox.containers.image_store import Image, remove_tree
from sandbox.containers.memory import memory_limit
from sandbox.kubelet import files
from sandbox.kubelet.environment import environment, expand, service_variables
from sandbox.kubelet.node import PodOnNode
from sandbox.kubelet.status import Record
from sandbox.kubelet.volumes import Volumes

TERMINATION_LOG = "/dev/termination-log"
RUNTIME_FILES = ("hosts", "hostname", "resolv.conf")


class PodWithVolumes(PodOnNode, Protocol):
    """A pod whose volumes are set up."""

    volumes: Volumes


class ContainerSpec(NamedTuple):
    """A container and what to run in it."""

    image: Image
    container: Container
    argv: list[str]
    env: dict[str, str]


def container_spec(pod: PodWithVolumes, record: Record, image: Image) -> ContainerSpec:
    """Build a container with an empty writable layer; raises ConfigError when a secret or key is missing."""
    spec, pod_spec = record.spec, pod.pod["spec"]
    hostname = pod_spec.get("hostname") or pod.name
    env = _environment(pod, spec, image)
    env.setdefault("HOME", image.config.get("WorkingDir") or "/")
    env.setdefault("HOSTNAME", hostname)
    security = {**pod_spec.get("securityContext", {}), **spec.get("securityContext", {})}
    uid = int(security.get("runAsUser", pod.node.project.uid_first))
    groups = tuple(int(group) for group in security.get("supplementalGroups", []))
    if "fsGroup" in security:
        groups += (int(security["fsGroup"]),)
    home = pod.directory / record.name
    remove_tree(home)
    for name in ("upper", "work"):
        (home / name).mkdir(parents=True)
        (home / name).chmod(0o755)
    (home / "passwd").write_text(files.passwd(image, uid, env["HOME"]))
    (home / "termination-log").touch()
    (home / "termination-log").chmod(0o666)
    container = Container(image, home / "upper", home / "work", uid, groups if is_root() else (), hostname)
    container.cwd = spec.get("workingDir") or image.config.get("WorkingDir") or "/"
    container.read_only = bool(security.get("readOnlyRootFilesystem"))
    container.mounts = pod.volumes.mounts(spec)
    for name in RUNTIME_FILES:
        container.mounts.append(Mount(pod.directory / name, f"/etc/{name}", read_only=True))
    container.mounts.append(Mount(home / "passwd", "/etc/passwd", read_only=True))
    message = spec.get("terminationMessagePath", TERMINATION_LOG)
    container.mounts.append(Mount(home / "termination-log", message))
    if limit := ((spec.get("resources") or {}).get("limits") or {}).get("memory"):
        name = f"{pod.uid}-{record.name}-{record.restarts}"
        container.memory = memory_limit(name, int(Quantity.parse(limit).value))
    return ContainerSpec(image, container, _command(spec, image, env), env)


def _environment(pod: PodOnNode, spec: Obj, image: Image) -> dict[str, str]:
    node, addresses = pod.node, {"podIP": pod.ip, "podIPs": [{"ip": pod.ip}]}
    services = node.store.list("services") if pod.pod["spec"].get("enableServiceLinks", True) else []
    links = service_variables(services, node.network.api)
    seen = {**pod.pod, "status": {**pod.pod["status"], **addresses}}  # for the downward API
    return {**environment(seen, spec, image.env, links, node.store), "SANDBOX_POD_IP": pod.ip}


def _command(spec: Obj, image: Image, env: dict[str, str]) -> list[str]:
    command = spec.get("command") or image.config.get("Entrypoint") or []
    args = spec.get("args") or ([] if spec.get("command") else image.config.get("Cmd") or [])
    return [expand(word, env) for word in (*command, *args)]
