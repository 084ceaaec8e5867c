"""Table rows of OpenShift's own kinds, as in `pkg/*/printers` of openshift-apiserver."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import (
    BUILD_CONFIGS,
    BUILDS,
    DEPLOYMENT_CONFIGS,
    IMAGE_STREAM_TAGS,
    IMAGE_STREAMS,
    IMAGES,
    PROJECTS,
    ROUTES,
)
from sandbox.printers.ages import age

Cells = list[Any]


def _name(obj: Obj) -> str:
    return str(obj["metadata"]["name"])


def _age(obj: Obj) -> str:
    return age(obj["metadata"].get("creationTimestamp"))


def _deployment_config(obj: Obj) -> Cells:
    spec = obj["spec"]
    names = (
        {container["name"] for container in spec["template"]["spec"]["containers"]}
        if spec.get("template")
        else set()
    )
    triggers = set()
    for trigger in spec.get("triggers") or []:
        params = trigger.get("imageChangeParams") or {}
        if trigger["type"] == "ConfigChange":
            triggers.add("config")
        elif params.get("automatic"):
            some = len(names) != 1 and not names <= set(params["containerNames"])
            prefix = f"{','.join(sorted(params['containerNames']))}:" if some else ""
            triggers.add(f"image({prefix}{params['from']['name']})")
    status = obj["status"]
    counts = [status.get("latestVersion", 0), str(spec["replicas"]), status.get("updatedReplicas", 0)]
    return [_name(obj), *counts, ",".join(sorted(triggers))]


def _source(spec: Obj) -> str:
    source = spec.get("source") or {}
    commit = ((spec.get("revision") or {}).get("git") or {}).get("commit") or (source.get("git") or {}).get(
        "ref", ""
    )
    if len(commit) > 20 and all(letter in "0123456789abcdefABCDEF" for letter in commit):
        commit = commit[:7]
    kinds = [name for key, name in (("dockerfile", "Dockerfile"), ("git", "Git")) if source.get(key)]
    kind = "Binary" if source.get("binary") is not None else ",".join(kinds)
    revisable = kind == "Binary" or "Git" in kind
    return f"{kind}@{commit}" if commit and revisable else kind


def _build(obj: Obj) -> Cells:
    status = obj["status"]
    started = f"{age(status['startTimestamp'])} ago" if status.get("startTimestamp") else ""
    seconds = status.get("duration", 0) // 10**9
    took = (f"{seconds // 60}m{seconds % 60}s" if seconds >= 60 else f"{seconds}s") if seconds else ""
    phase = status.get("phase", "") + (f" ({status['reason']})" if status.get("reason") else "")
    return [_name(obj), obj["spec"]["strategy"].get("type", ""), _source(obj["spec"]), phase, started, took]


def _build_config(obj: Obj) -> Cells:
    strategy = obj["spec"]["strategy"].get("type", "")
    return [_name(obj), strategy, _source(obj["spec"]), obj["status"].get("lastVersion", 0)]


def _image(obj: Obj) -> Cells:
    return [_name(obj), obj.get("dockerImageReference", "")]


def _image_stream(obj: Obj) -> Cells:
    status = obj["status"]
    tags = sorted(
        (tag for tag in status.get("tags") or [] if tag.get("items")),
        key=lambda tag: tag["items"][0]["created"],
        reverse=True,
    )
    names = [tag["tag"] for tag in tags]
    listed, rest = "", len(names)
    for name in names:
        if listed and len(listed) + len(name) > 40:
            break
        listed, rest = f"{listed},{name}".lstrip(","), rest - 1
    listed += f" + {rest} more..." if rest else ""
    updated = f"{age(tags[0]['items'][0]['created'])} ago" if tags else ""
    return [_name(obj), status.get("dockerImageRepository", ""), listed, updated]


def _image_stream_tag(obj: Obj) -> Cells:
    return [
        _name(obj),
        obj["image"].get("dockerImageReference", ""),
        f"{_age(obj)} ago",
        obj["image"]["metadata"].get("name", ""),
    ]


def _project(obj: Obj) -> Cells:
    display = (obj["metadata"].get("annotations") or {}).get("openshift.io/display-name", "")
    return [_name(obj), display, obj["status"].get("phase", "")]


def _route(obj: Obj) -> Cells:
    spec, tls = obj["spec"], obj["spec"].get("tls") or {}
    termination, insecure = tls.get("termination", ""), tls.get("insecureEdgeTerminationPolicy", "")
    policy = "/".join(filter(None, (termination or ("default" if insecure else ""), insecure)))
    ingress = (obj["status"] or {}).get("ingress")
    admitted = [
        each
        for each in ingress or []
        if any(c["type"] == "Admitted" and c["status"] == "True" for c in each.get("conditions") or [])
    ]
    host = spec.get("host", "") if ingress is None or admitted else "Pending"
    targets = [spec["to"], *(spec.get("alternateBackends") or [])]
    total = sum(target.get("weight", 0) for target in targets)
    if len(targets) == 1:
        services = targets[0]["name"]
    else:
        services = ",".join(
            f"{t['name']}({t.get('weight', 0) * 100 // total if total else 0}%)" for t in targets
        )
    port = str((spec.get("port") or {}).get("targetPort", "<all>"))
    return [_name(obj), host, spec.get("path", ""), services, port, policy, spec.get("wildcardPolicy", "")]


def _template(obj: Obj) -> Cells:
    description = (obj["metadata"].get("annotations") or {}).get("description", "")
    first, newline, _ = description.partition("\n")
    description = f"{first}..." if newline else description
    if len(description) > 80:
        description = description[:77].strip() + "..."
    unset = [parameter for parameter in obj.get("parameters") or [] if not parameter.get("value")]
    generated = [parameter for parameter in unset if parameter.get("generate")]
    blank = len(unset) - len(generated)
    words = f"{blank} blank" if blank else f"{len(generated)} generated" if generated else "all set"
    return [
        _name(obj),
        description,
        f"{len(obj.get('parameters') or [])} ({words})",
        len(obj.get("objects") or []),
    ]


ROWS: dict[str, Callable[[Obj], Cells]] = {
    DEPLOYMENT_CONFIGS: _deployment_config,
    BUILDS: _build,
    BUILD_CONFIGS: _build_config,
    IMAGES: _image,
    IMAGE_STREAMS: _image_stream,
    IMAGE_STREAM_TAGS: _image_stream_tag,
    PROJECTS: _project,
    ROUTES: _route,
    "templates.template.openshift.io": _template,
}
