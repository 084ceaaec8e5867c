"""Validation of pods and pod templates.

Messages: `k8s.io/kubernetes/pkg/apis/core/validation/validation.go`.
"""

from __future__ import annotations

import re

from sandbox.apimachinery.errors import Cause
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import (
    duplicate,
    forbidden,
    invalid,
    labels,
    named,
    not_found,
    required,
    shown,
    unsupported,
)
from sandbox.apimachinery.quantity import Quantity
from sandbox.apimachinery.selectors import Test, label_query
from sandbox.validation.scheduling import scheduling

RANGE = "must be between 1 and 65535, inclusive"
NOT_NEGATIVE = "must be greater than or equal to 0"
POLICIES = {
    "restartPolicy": ["Always", "OnFailure", "Never"],
    "dnsPolicy": ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"],
}
CHANGEABLE = (
    "`spec.containers[*].image`",
    "`spec.initContainers[*].image`",
    "`spec.activeDeadlineSeconds`",
    "`spec.tolerations` (only additions to existing tolerations)",
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
)
ENV_NAME = re.compile(r"[ -<>-~]+")
ENV_NAME_WORDS = (
    "a valid environment variable name must consist only of printable ASCII characters other than '='"
)
HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")


def pod_spec(spec: Obj, path: str = "spec") -> list[Cause]:
    """Validate the spec of a pod or a template."""
    problems: list[Cause] = []
    volumes: set[str] = set()
    for index, volume in enumerate(spec.get("volumes") or []):
        problems += _volume(volume, f"{path}.volumes[{index}]", volumes)
    names: set[str] = set()
    if not spec.get("containers"):
        problems.append(required(f"{path}.containers"))
    for kind in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(kind) or []):
            problems += _container(container, f"{path}.{kind}[{index}]", names, volumes)
    for field, supported in POLICIES.items():
        if spec.get(field) and spec[field] not in supported:
            problems.append(unsupported(f"{path}.{field}", spec[field], supported))
    if spec.get("dnsPolicy") == "None" and not (spec.get("dnsConfig") or {}).get("nameservers"):
        why = "must provide `dnsConfig` when `dnsPolicy` is None"
        problems.append(required(f"{path}.dnsConfig", why))
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline < 2**31:
        why = "must be between 1 and 2147483647, inclusive"
        problems.append(invalid(f"{path}.activeDeadlineSeconds", deadline, why))
    for field in ("hostname", "subdomain"):
        if spec.get(field):
            problems += _host_label(spec[field], f"{path}.{field}")
    problems += scheduling(spec, path)
    if spec.get("serviceAccountName"):
        problems += named("subdomain", f"{path}.serviceAccountName", spec["serviceAccountName"])
    context = spec.get("securityContext") or {}
    problems += _ids(context, f"{path}.securityContext", ("fsGroup", "runAsUser", "runAsGroup"))
    problems += _seccomp(context, f"{path}.securityContext")
    return problems


def images(spec: Obj) -> list[Cause]:
    """Validate the images of a pod; a template may have " " where a trigger sets the image."""
    return [
        invalid(f"spec.{kind}[{index}].image", image, "must not have leading or trailing whitespace")
        for kind in ("containers", "initContainers")
        for index, container in enumerate(spec.get(kind) or [])
        if (image := container.get("image", "")) != image.strip()
    ]


def by_labels(selector: dict[str, str] | None) -> Test | None:
    """Compile the selector of a ReplicationController, plain labels; None when it is empty."""
    return label_query({"matchLabels": selector}) if selector else None


def template(obj: Obj, takes: Test | None, path: str = "spec.template") -> list[Cause]:
    """Validate the pod template of a workload, whose labels the selector must match."""
    meta = obj.get("metadata") or {}
    problems: list[Cause] = []
    its = meta.get("labels") or {}
    if takes is not None and not takes(obj):
        problems.append(
            invalid(f"{path}.metadata.labels", its, "`selector` does not match template `labels`")
        )
    problems += labels(f"{path}.labels", its)
    problems += pod_spec(obj.get("spec") or {}, f"{path}.spec")
    policy = (obj.get("spec") or {}).get("restartPolicy")
    if policy not in (None, "Always"):
        problems.append(unsupported(f"{path}.spec.restartPolicy", policy, ["Always"]))
    return problems


def _volume(volume: Obj, path: str, names: set[str]) -> list[Cause]:
    name = volume.get("name", "")
    sources = [key for key in volume if key != "name"]
    problems: list[Cause] = []
    for source in sources[1:]:
        problems.append(forbidden(f"{path}.{source}", "may not specify more than 1 volume type"))
    claim = volume.get("persistentVolumeClaim")
    if claim is not None and not claim.get("claimName"):
        problems.append(required(f"{path}.persistentVolumeClaim.claimName"))
    if volume.get("secret") is not None and not volume["secret"].get("secretName"):
        problems.append(required(f"{path}.secret.secretName"))
    if volume.get("configMap") is not None and not volume["configMap"].get("name"):
        problems.append(required(f"{path}.configMap.name"))
    if not name:
        problems.append(required(f"{path}.name"))
    else:
        problems += named("label", f"{path}.name", name)
        if name in names:
            problems.append(duplicate(f"{path}.name", name))
        names.add(name)
    return problems


def _container(container: Obj, path: str, names: set[str], volumes: set[str]) -> list[Cause]:
    name, image = container.get("name", ""), container.get("image", "")
    problems: list[Cause] = []
    if not name:
        problems.append(required(f"{path}.name"))
    else:
        problems += named("label", f"{path}.name", name)
        if name in names:
            problems.append(duplicate(f"{path}.name", name))
        names.add(name)
    if not image:
        problems.append(required(f"{path}.image"))
    problems += _ports(container.get("ports") or [], f"{path}.ports")
    problems += _env(container.get("env") or [], f"{path}.env")
    problems += _mounts(container.get("volumeMounts") or [], f"{path}.volumeMounts", volumes)
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(probe) is not None:
            problems += _handler(container[probe], f"{path}.{probe}")
    for hook, handler in (container.get("lifecycle") or {}).items():
        if isinstance(handler, dict):
            problems += _handler(handler, f"{path}.lifecycle.{hook}")
    policies = ["Always", "IfNotPresent", "Never"]
    if container.get("imagePullPolicy") and container["imagePullPolicy"] not in policies:
        problems.append(unsupported(f"{path}.imagePullPolicy", container["imagePullPolicy"], policies))
    problems += _resources(container.get("resources") or {}, f"{path}.resources")
    context = container.get("securityContext") or {}
    problems += _ids(context, f"{path}.securityContext", ("runAsUser", "runAsGroup"))
    problems += _seccomp(context, f"{path}.securityContext")
    if context.get("allowPrivilegeEscalation") is False and context.get("privileged"):
        why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        problems.append(invalid(f"{path}.securityContext", context, why))
    return problems


def _ports(ports: list[Obj], path: str) -> list[Cause]:
    problems: list[Cause] = []
    names: set[str] = set()
    for index, port in enumerate(ports):
        name, number = port.get("name", ""), port.get("containerPort", 0)
        if name and not re.fullmatch(r"(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?", name):
            problems += port_name(f"{path}[{index}].name", name)
        elif name in names:
            problems.append(duplicate(f"{path}[{index}].name", name))
        names |= {name} - {""}
        if number == 0:
            problems.append(required(f"{path}[{index}].containerPort"))
        elif not 1 <= number <= 65535:
            problems.append(invalid(f"{path}[{index}].containerPort", number, RANGE))
        problems += protocol(port, f"{path}[{index}].protocol")
    return problems


def port(path: str, value: int | str) -> list[Cause]:
    """Validate a port that is given by number or by name."""
    if isinstance(value, str):
        return port_name(path, value)
    return [] if 1 <= value <= 65535 else [invalid(path, value, RANGE)]


def port_name(path: str, name: str) -> list[Cause]:
    """Validate an IANA service name."""
    problems = []
    if len(name) > 15:
        problems.append(invalid(path, name, "must be no more than 15 characters"))
    if not re.fullmatch(r"[-a-z0-9]+", name):
        problems.append(
            invalid(path, name, "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
        )
    if not re.search(r"[a-z]", name):
        problems.append(invalid(path, name, "must contain at least one letter (a-z)"))
    if "--" in name:
        problems.append(invalid(path, name, "must not contain consecutive hyphens"))
    if name[0] == "-" or name[-1] == "-":
        problems.append(invalid(path, name, "must not begin or end with a hyphen"))
    return problems


def protocol(port: Obj, path: str) -> list[Cause]:
    """Validate a port's protocol."""
    known = ["SCTP", "TCP", "UDP"]
    return [] if port.get("protocol") in known else [unsupported(path, port.get("protocol", ""), known)]


def _env(variables: list[Obj], path: str) -> list[Cause]:
    problems: list[Cause] = []
    for index, variable in enumerate(variables):
        name = variable.get("name", "")
        if not name:
            problems.append(required(f"{path}[{index}].name"))
        elif not ENV_NAME.fullmatch(name):
            problems.append(invalid(f"{path}[{index}].name", name, ENV_NAME_WORDS))
        if variable.get("value") and variable.get("valueFrom"):
            why = "may not be specified when `value` is not empty"
            problems.append(invalid(f"{path}[{index}].valueFrom", "", why))
        for kind in ("secretKeyRef", "configMapKeyRef"):
            reference = (variable.get("valueFrom") or {}).get(kind)
            if reference is not None and not reference.get("key"):
                problems.append(required(f"{path}[{index}].valueFrom.{kind}.key"))
    return problems


def hidden_variables(spec: Obj, path: str = "spec") -> list[str]:
    """Return the API's warnings of environment variables that are set twice."""
    found = []
    for kind in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(kind) or []):
            names = [variable.get("name") for variable in container.get("env") or []]
            found += [
                f'{path}.{kind}[{number}].env[{index}]: hides previous definition of "{name}", '
                "which may be dropped when using apply"
                for index, name in enumerate(names)
                if name in names[:index]
            ]
    return found


def _host_label(name: str, path: str) -> list[Cause]:
    dotted = "." in name and path.endswith("hostname")
    return [invalid(path, name, "must not contain dots")] if dotted else named("label", path, name)


def _handler(handler: Obj, path: str) -> list[Cause]:
    """Validate the handler of a probe or a hook: exactly one."""
    kinds = [kind for kind in HANDLERS if handler.get(kind) is not None]
    if not kinds:
        return [required(path, "must specify a handler type")]
    problems = [forbidden(f"{path}.{kind}", "may not specify more than 1 handler type") for kind in kinds[1:]]
    if "exec" in kinds and not handler["exec"].get("command"):
        problems.append(required(f"{path}.exec.command"))
    for kind in ("httpGet", "tcpSocket"):
        if kind in kinds:
            problems += port(f"{path}.{kind}.port", handler[kind].get("port", 0))
    return problems


def _mounts(mounts: list[Obj], path: str, volumes: set[str]) -> list[Cause]:
    problems: list[Cause] = []
    points: set[str] = set()
    for index, mount in enumerate(mounts):
        name, point = mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            problems.append(required(f"{path}[{index}].name"))
        if name not in volumes:
            problems.append(not_found(f"{path}[{index}].name", name))
        if not point:
            problems.append(required(f"{path}[{index}].mountPath"))
        if point in points:
            problems.append(invalid(f"{path}[{index}].mountPath", point, "must be unique"))
        points.add(point)
    return problems


def _resources(resources: Obj, path: str) -> list[Cause]:
    problems: list[Cause] = []
    limits = resources.get("limits") or {}
    for kind in ("limits", "requests"):
        for name, text in (resources.get(kind) or {}).items():
            field, quantity = f"{path}.{kind}[{name}]", Quantity.parse(text)
            if not re.fullmatch(r"cpu|memory|ephemeral-storage|hugepages-.+", name) and "/" not in name:
                problems.append(invalid(field, name, "must be a standard resource type or fully qualified"))
                problems.append(invalid(field, name, "must be a standard resource for containers"))
            if quantity.value < 0:
                problems.append(invalid(field, text, NOT_NEGATIVE))
            if kind == "requests" and name in limits and quantity.value > Quantity.parse(limits[name]).value:
                why = f"must be less than or equal to {name} limit of {limits[name]}"
                problems.append(invalid(f"{path}.requests", text, why))
    return problems


def _ids(context: Obj, path: str, fields: tuple[str, ...]) -> list[Cause]:
    why = "must be between 0 and 2147483647, inclusive"
    wrong = [field for field in fields if not 0 <= (context.get(field) or 0) <= 2**31 - 1]
    return [invalid(f"{path}.{field}", context[field], why) for field in wrong]


def _seccomp(context: Obj, path: str) -> list[Cause]:
    profile, known = context.get("seccompProfile"), ["Localhost", "RuntimeDefault", "Unconfined"]
    if profile is None or profile.get("type") in known:
        return []
    if not profile.get("type"):
        return [required(f"{path}.seccompProfile.type", "type is required when seccompProfile is set")]
    return [unsupported(f"{path}.seccompProfile.type", profile["type"], known)]


def changed_spec(new: Obj, old: Obj) -> list[Cause]:
    """Validate a change of a pod's spec: only images, tolerations and the deadline may change."""
    if _fixed(new) == _fixed(old):
        return []
    differing = sorted(key for key in {*new, *old} if new.get(key) != old.get(key))
    lines = "\n".join(f"- {key}: {shown(old.get(key))}\n+ {key}: {shown(new.get(key))}" for key in differing)
    return [
        forbidden("spec", f"pod updates may not change fields other than {','.join(CHANGEABLE)}\n{lines}")
    ]


def _fixed(spec: Obj) -> Obj:
    fixed = {key: value for key, value in spec.items() if key not in ("tolerations", "activeDeadlineSeconds")}
    for kind in ("containers", "initContainers"):
        fixed[kind] = [{k: v for k, v in each.items() if k != "image"} for each in spec.get(kind) or []]
    return fixed
