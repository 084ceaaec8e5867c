"""Security context constraints: what a pod may request of its node, and the defaults that it gets.

Order and words: `pkg/securitycontextconstraints` of openshift/apiserver-library-go. Each constraint is
tried, in the order of `scc.json`; the first one that the user (or the pod's service account) may use and that
admits the pod fills in the open fields. If none does, the refusal lists the objections of all.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.apimachinery import errors
from sandbox.apimachinery.errors import Cause
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import forbidden, invalid
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.store import copied
from sandbox.authorization.rbac import Ask, Rbac
from sandbox.authorization.users import User, service_account

CONSTRAINTS: list[Obj] = json.loads((Path(__file__).with_name("scc.json")).read_text())
POD_SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
CONTAINER_SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"
PROFILES = {"RuntimeDefault": "runtime/default", "Unconfined": "unconfined"}
SAFE_SYSCTLS = (
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies"),
    *("net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports"),
    *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
    *("net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
)
NOT_USABLE = "not usable by user or serviceaccount"
ONLY_RESTRICTED = (
    "the pod fails to validate against the `restricted-v2` security context constraint, "
    "but would validate successfully against the `restricted` security context constraint"
)


class Range(NamedTuple):
    """A range of IDs, both ends included."""

    first: int
    last: int


def admit(pod: Obj, user: User, rbac: Rbac, project: Project) -> None:
    """Fill in the pod's security contexts and annotations; StatusError 403 when no constraint admits it."""
    objections: list[str] = []
    for constraint in CONSTRAINTS:
        name = constraint["metadata"]["name"]
        subject = _subject(constraint, pod, user, rbac, project)
        if subject is None:
            objections.append(_text(forbidden(f'provider "{name}"', NOT_USABLE)))
            continue
        candidate = copied(pod)
        against = _assign(candidate, constraint, project)
        if not against:
            pod.update(candidate)
            annotations = pod["metadata"].setdefault("annotations", {})
            annotations["openshift.io/scc"] = name
            annotations["security.openshift.io/validated-scc-subject-type"] = subject
            return
        objections += [_text(_by_provider(name, cause)) for cause in against]
    restricted = next(c for c in CONSTRAINTS if c["metadata"]["name"] == "restricted")
    denied = _subject(restricted, pod, user, rbac, project) is None
    if denied and not _assign(copied(pod), restricted, project):
        objections.append(_text(forbidden("no access to scc/restricted", ONLY_RESTRICTED)))
    unique = ", ".join(dict.fromkeys(objections))
    why = f"unable to validate against any security context constraint: [{unique}]"
    raise errors.forbidden("pods", pod["metadata"].get("name", ""), why)


def _subject(constraint: Obj, pod: Obj, user: User, rbac: Rbac, project: Project) -> str | None:
    """Return who may use a constraint, the user or the service account."""
    account = service_account(project.name, pod["spec"].get("serviceAccountName") or "default")
    name = constraint["metadata"]["name"]
    ask = Ask("use", "security.openshift.io", "securitycontextconstraints", name, project.name)
    for who, kind in ((user, "user"), (account, "serviceaccount")):
        if who.name in constraint["users"] or set(who.groups) & set(constraint["groups"]):
            return kind
        if rbac.decide(who, ask).allowed:
            return kind
    return None


def _assign(pod: Obj, constraint: Obj, project: Project) -> list[Cause]:
    """Fill in and check a pod under one constraint; return the objections."""
    spec = pod["spec"]
    _fill_pod(pod, constraint, project)
    against = _pod_objections(pod, constraint, project)
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(kind) or []):
            _fill_container(pod, container, constraint, project)
            path = f".{kind}[{index}]"
            against += _container_objections(pod, container, path, constraint, project)
    return against


def _fill_pod(pod: Obj, constraint: Obj, project: Project) -> None:
    context = pod["spec"].setdefault("securityContext", {})
    if constraint["supplementalGroups"]["type"] == "MustRunAs":
        context.setdefault("supplementalGroups", [_groups(constraint["supplementalGroups"], project).first])
    if constraint["fsGroup"]["type"] == "MustRunAs":
        context.setdefault("fsGroup", _groups(constraint["fsGroup"], project).first)
    if constraint["seLinuxContext"]["type"] == "MustRunAs":
        context.setdefault("seLinuxOptions", {"level": mcs_level(project)})
    annotations = pod["metadata"].get("annotations") or {}
    allowed = [profile for profile in constraint.get("seccompProfiles") or [] if profile != "*"]
    profile = (
        annotations.get(POD_SECCOMP) or _profile(context.get("seccompProfile")) or next(iter(allowed), "")
    )
    if profile:
        pod["metadata"].setdefault("annotations", {})[POD_SECCOMP] = profile
        context["seccompProfile"] = _profile_field(profile)


def _pod_objections(pod: Obj, constraint: Obj, project: Project) -> list[Cause]:
    spec = pod["spec"]
    context = spec["securityContext"]
    path = ".spec.securityContext"
    groups = [context["fsGroup"]] if "fsGroup" in context else []
    against = _group_objections(f"{path}.fsGroup", groups, constraint["fsGroup"], project)
    more = context.get("supplementalGroups") or []
    against += _group_objections(
        f"{path}.supplementalGroups", more, constraint["supplementalGroups"], project
    )
    profile = _profile(context.get("seccompProfile")) or (pod["metadata"].get("annotations") or {}).get(
        POD_SECCOMP, ""
    )
    against += _seccomp_objections(f"metadata.annotations[{POD_SECCOMP}]", profile, constraint)
    against += _selinux_objections(
        f"{path}.seLinuxOptions", context.get("seLinuxOptions"), constraint, project
    )
    against += _host_objections(".spec", spec, constraint, ("hostNetwork", "hostPID", "hostIPC"))
    against += _sysctl_objections(context.get("sysctls") or [], constraint)
    if constraint["userNamespaceLevel"] == "RequirePodLevel" and spec.get("hostUsers") is not False:
        against.append(invalid(".spec.hostUsers", spec.get("hostUsers"), "Host Users must be set to false"))
    for index, volume in enumerate(spec.get("volumes") or []):
        kind = next(key for key in volume if key != "name")
        if kind not in constraint["volumes"] and "*" not in constraint["volumes"]:
            why = f"{kind} volumes are not allowed to be used"
            against.append(invalid(f".spec.volumes[{index}]", kind, why))
    return against


def _fill_container(pod: Obj, container: Obj, constraint: Obj, project: Project) -> None:
    context = container.setdefault("securityContext", {})
    of_pod = pod["spec"]["securityContext"]
    if (
        constraint["runAsUser"]["type"] == "MustRunAsRange"
        and _effective(context, of_pod, "runAsUser") is None
    ):
        context["runAsUser"] = _users(constraint["runAsUser"], project).first
    if _effective(context, of_pod, "runAsNonRoot") is None:
        user = _effective(context, of_pod, "runAsUser")
        if user or (user is None and constraint["runAsUser"]["type"] == "MustRunAsNonRoot"):
            context["runAsNonRoot"] = True
    wanted = context.get("capabilities") or {}
    drop = sorted({*(constraint["requiredDropCapabilities"] or []), *(wanted.get("drop") or [])})
    add = sorted({*(constraint["defaultAddCapabilities"] or []), *(wanted.get("add") or [])})
    if len(drop) != len(wanted.get("drop") or []) or len(add) != len(wanted.get("add") or []):
        listed = {"add": add, "drop": drop}
        context["capabilities"] = {key: names for key, names in listed.items() if names}
    if not constraint["allowPrivilegeEscalation"]:
        context.setdefault("allowPrivilegeEscalation", False)
    if not context:
        del container["securityContext"]


def _container_objections(
    pod: Obj, container: Obj, path: str, constraint: Obj, project: Project
) -> list[Cause]:
    spec = pod["spec"]
    of_pod, context = spec["securityContext"], container.get("securityContext") or {}
    against = _user_objections(path, _effective(context, of_pod, "runAsUser"), context, constraint, project)
    options = _effective(context, of_pod, "seLinuxOptions")
    against += _selinux_objections(f"{path}.seLinuxOptions", options, constraint, project)
    annotations = pod["metadata"].get("annotations") or {}
    key = CONTAINER_SECCOMP + container["name"]
    profile = (
        _profile(context.get("seccompProfile")) or annotations.get(key) or annotations.get(POD_SECCOMP, "")
    )
    against += _seccomp_objections(f"metadata.annotations[{key}]", profile, constraint)
    if context.get("privileged") and not constraint["allowPrivilegedContainer"]:
        against.append(invalid(f"{path}.privileged", True, "Privileged containers are not allowed"))
    against += _capability_objections(path, context.get("capabilities"), constraint)
    against += _host_objections(path, spec, constraint, ("hostNetwork",))
    if not constraint["allowHostPorts"]:
        for port in _ports(spec, path):
            against.append(invalid(*port, "Host ports are not allowed to be used"))
    against += _host_objections(path, spec, constraint, ("hostPID", "hostIPC"))
    if context.get("allowPrivilegeEscalation") and not constraint["allowPrivilegeEscalation"]:
        why = "Allowing privilege escalation for containers is not allowed"
        against.append(invalid(f"{path}.allowPrivilegeEscalation", True, why))
    return against


def _user_objections(
    path: str, user: int | None, context: Obj, constraint: Obj, project: Project
) -> list[Cause]:
    rule = constraint["runAsUser"]
    if rule["type"] == "MustRunAsRange":
        allowed = _users(rule, project)
        if user is None or not allowed.first <= user <= allowed.last:
            why = f"must be in the ranges: [{allowed.first}, {allowed.last}]"
            return [invalid(f"{path}.runAsUser", user, why)]
    if rule["type"] == "MustRunAsNonRoot" and user == 0:
        return [invalid(f"{path}.runAsUser", user, "running with the root UID is forbidden")]
    if rule["type"] == "MustRunAsNonRoot" and context.get("runAsNonRoot") is False:
        return [invalid(f"{path}.runAsNonRoot", False, "must be true")]
    return []


def _group_objections(path: str, groups: list[int], rule: Obj, project: Project) -> list[Cause]:
    if rule["type"] != "MustRunAs":
        return []
    allowed = _groups(rule, project, path.endswith("supplementalGroups"))
    bad = [group for group in groups if not allowed.first <= group <= allowed.last]
    return [invalid(path, groups, f"{group} is not an allowed group") for group in bad]


def _seccomp_objections(path: str, profile: str, constraint: Obj) -> list[Cause]:
    allowed = constraint.get("seccompProfiles") or []
    if "*" in allowed or profile in allowed or (not allowed and not profile):
        return []
    if not allowed:
        return [forbidden(path, "seccomp may not be set")]
    why = f"{profile} is not an allowed seccomp profile. Valid values are [{' '.join(allowed)}]"
    return [forbidden(path, why)]


def _selinux_objections(path: str, options: Obj | None, constraint: Obj, project: Project) -> list[Cause]:
    if constraint["seLinuxContext"]["type"] != "MustRunAs":
        return []
    wanted = {"level": mcs_level(project), "role": "", "type": "", "user": ""}
    there = {key: (options or {}).get(key, "") for key in wanted}
    wrong = [key for key, value in wanted.items() if there[key] != value]
    return [invalid(f"{path}.{key}", there[key], f"must be {wanted[key]}") for key in wrong]


def _capability_objections(path: str, capabilities: Obj | None, constraint: Obj) -> list[Cause]:
    allowed = [*(constraint["allowedCapabilities"] or []), *(constraint["defaultAddCapabilities"] or [])]
    if "*" in allowed or capabilities is None:
        return []
    added = [name for name in capabilities.get("add") or [] if name not in allowed]
    return [invalid(f"{path}.capabilities.add", name, "capability may not be added") for name in added]


def _sysctl_objections(sysctls: list[Obj], constraint: Obj) -> list[Cause]:
    if "*" in constraint.get("allowedUnsafeSysctls", []):
        return []
    return [
        forbidden(f"spec.securityContext.sysctls[{index}]", f'unsafe sysctl "{each["name"]}" is not allowed')
        for index, each in enumerate(sysctls)
        if each["name"] not in SAFE_SYSCTLS
    ]


def _host_objections(path: str, spec: Obj, constraint: Obj, fields: tuple[str, ...]) -> list[Cause]:
    words = {"hostNetwork": "Host network", "hostPID": "Host PID", "hostIPC": "Host IPC"}
    asked = [
        field for field in fields if spec.get(field) and not constraint[f"allow{field[0].upper()}{field[1:]}"]
    ]
    return [invalid(f"{path}.{field}", True, f"{words[field]} is not allowed to be used") for field in asked]


def _ports(spec: Obj, path: str) -> list[tuple[str, int]]:
    """Check the host ports of all containers; a real API reports them below the path of each container."""
    found = []
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(kind) or []):
            ports = [port["hostPort"] for port in container.get("ports") or [] if port.get("hostPort")]
            found += [(f"{path}.{kind}[{index}].hostPort", port) for port in ports]
    return found


def mcs_level(project: Project) -> str:
    """Return the SELinux level of a project's block of UIDs, as library-go `security/mcs`."""
    offset = (project.uid_first - 1_000_000_000) // project.uid_size * 5
    high = 1
    while high * (high + 1) // 2 <= offset:
        high += 1
    return f"s0:c{high},c{offset - high * (high - 1) // 2}"


def _users(rule: Obj, project: Project) -> Range:
    if "uidRangeMin" in rule:
        return Range(rule["uidRangeMin"], rule["uidRangeMax"])
    return Range(project.uid_first, project.uid_first + project.uid_size - 1)


def _groups(rule: Obj, project: Project, of_many: bool = False) -> Range:
    """Return the ranges of a project's groups, which are its UIDs; fsGroup may be the first only."""
    if "ranges" in rule:
        return Range(rule["ranges"][0]["min"], rule["ranges"][0]["max"])
    return Range(project.uid_first, project.uid_first + (project.uid_size - 1 if of_many else 0))


def _effective(context: Obj, of_pod: Obj, field: str) -> Any:  # noqa: ANN401
    return context[field] if context.get(field) is not None else of_pod.get(field)


def _profile(field: Obj | None) -> str:
    if not field:
        return ""
    return PROFILES.get(field["type"], f"localhost/{field.get('localhostProfile', '')}")


def _profile_field(profile: str) -> Obj:
    for kind, name in PROFILES.items():
        if profile == name:
            return {"type": kind}
    return {"type": "Localhost", "localhostProfile": profile.removeprefix("localhost/")}


def _by_provider(name: str, cause: Cause) -> Cause:
    """Prefix an objection with its constraint, unless its path begins without a dot."""
    return cause._replace(field=f"provider {name}: {cause.field}") if cause.field[0] == "." else cause


def _text(cause: Cause) -> str:
    return f"{cause.field}: {cause.message}"
