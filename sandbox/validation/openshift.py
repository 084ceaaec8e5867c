"""Validation of OpenShift's own kinds.

Messages: in openshift-apiserver `pkg/*/apis/*/validation/validation.go`, for routes `pkg/route/validation` of
openshift/library-go.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.apimachinery.errors import Cause
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.names import invalid, named, required, unsupported
from sandbox.apimachinery.resource_keys import BUILD_CONFIGS, DEPLOYMENT_CONFIGS, IMAGE_STREAMS, ROUTES
from sandbox.validation import pods

STREAM_NAME = "[a-z0-9]+(?:[._-][a-z0-9]+)*"
PATH = "[a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*"
REFERENCE = re.compile(
    rf"(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{PATH}(?:/{PATH})*(?::[\w][\w.-]{{0,127}})?(?:@[a-z0-9]+:[0-9a-f]{{32,}})?"
)


def _deployment_config(obj: Obj) -> list[Cause]:
    spec = obj["spec"]
    problems: list[Cause] = []
    by_trigger: list[str] = []
    for index, trigger in enumerate(spec.get("triggers") or []):
        path, params = f"spec.triggers[{index}]", trigger.get("imageChangeParams")
        if not trigger.get("type"):
            problems.append(required(f"{path}.type"))
        elif trigger["type"] == "ImageChange" and params is None:
            problems.append(required(f"{path}.imageChangeParams"))
        elif params is not None:
            by_trigger += params.get("containerNames") or []
            problems += _image_change(params, f"{path}.imageChangeParams")
    known = ("Recreate", "Rolling", "Custom")
    if spec["strategy"].get("type") not in known:
        why = 'unsupported strategy type, use "Custom" instead and specify your own strategy'
        problems.append(invalid("spec.strategy.type", spec["strategy"].get("type", ""), why))
    if spec.get("template") is None:
        problems.append(required("spec.template"))
    else:
        problems += _unset_by_trigger(
            pods.template(spec["template"], pods.by_labels(spec.get("selector"))), spec, by_trigger
        )
    if spec["replicas"] < 0:
        problems.append(invalid("spec.replicas", spec["replicas"], "replicas cannot be negative"))
    if not spec.get("selector"):
        problems.append(invalid("spec.selector", spec.get("selector"), "selector cannot be empty"))
    return problems


def _image_change(params: Obj, path: str) -> list[Cause]:
    problems: list[Cause] = []
    source = params.get("from") or {}
    if not source.get("name"):
        problems.append(required(f"{path}.from"))
    elif source.get("kind") != "ImageStreamTag":
        problems.append(invalid(f"{path}.from.kind", source.get("kind"), "kind must be an ImageStreamTag"))
    if source.get("name") and not re.fullmatch(r"[^:@]+:[^:@]+", source["name"]):
        problems.append(invalid(f"{path}.from.name", source["name"], "must be in the form of <name>:<tag>"))
    if not params.get("containerNames"):
        problems.append(required(f"{path}.containerNames"))
    return problems


def _unset_by_trigger(problems: list[Cause], spec: Obj, by_trigger: list[str]) -> list[Cause]:
    """Drop the problems of images that a trigger will set."""
    containers = spec["template"]["spec"].get("containers") or []
    filled = {
        f"spec.template.spec.containers[{index}].image"
        for index, container in enumerate(containers)
        if container.get("name") in by_trigger
    }
    return [problem for problem in problems if problem.field not in filled]


def _route(obj: Obj) -> list[Cause]:
    spec = obj["spec"]
    problems: list[Cause] = []
    host, path = spec.get("host", ""), spec.get("path", "")
    tls = spec.get("tls")
    if host:
        if named("subdomain", "", host):
            problems.append(invalid("spec.host", host, "host must conform to DNS 952 subdomain conventions"))
        for part in host.split("."):
            problems += [
                invalid("spec.host", host, c.message.split(": ", 2)[2]) for c in named("label", "", part)
            ]
    policies = ["None", "Subdomain"]
    if spec.get("wildcardPolicy") not in policies:
        problems.append(unsupported("spec.wildcardPolicy", spec.get("wildcardPolicy"), policies))
    if path and not path.startswith("/"):
        problems.append(invalid("spec.path", path, "path must begin with /"))
    if path and tls and tls.get("termination") == "passthrough":
        problems.append(invalid("spec.path", path, "passthrough termination does not support paths"))
    problems += _target(spec["to"], "spec.to")
    if spec.get("wildcardPolicy") == "Subdomain" and not host:
        why = "host name not specified for wildcard policy"
        problems.append(invalid("spec.wildcardPolicy", "Subdomain", why))
    if len(spec.get("alternateBackends") or []) > 3:
        problems.append(required("spec.alternateBackends", "cannot specify more than 3 alternate backends"))
    for index, target in enumerate(spec.get("alternateBackends") or []):
        problems += _target(target, f"spec.alternateBackends[{index}]")
    if spec.get("port") is not None and not spec["port"].get("targetPort"):
        problems.append(required("spec.port.targetPort"))
    return problems + (_tls(tls) if tls and any(tls.values()) else [])


def _target(target: Obj, path: str) -> list[Cause]:
    problems: list[Cause] = []
    if not target.get("name"):
        problems.append(required(f"{path}.name"))
    if target.get("kind") != "Service":
        problems.append(invalid(f"{path}.kind", target.get("kind", ""), "must reference a Service"))
    if not 0 <= target.get("weight", 100) <= 256:
        problems.append(
            invalid(f"{path}.weight", target["weight"], "weight must be an integer between 0 and 256")
        )
    return problems


def _tls(tls: Obj) -> list[Cause]:
    problems: list[Cause] = []
    termination, policy = tls.get("termination", ""), tls.get("insecureEdgeTerminationPolicy", "")
    known = ["edge", "passthrough", "reencrypt"]
    if termination not in known:
        problems.append(unsupported("spec.tls.termination", termination, known))
    names = {"certificate": "certificate", "key": "key", "caCertificate": "ca certificate"}
    names["destinationCACertificate"] = "destination ca certificate"
    for field, words in names.items():
        if tls.get(field) and termination == "passthrough":
            why = "passthrough termination does not support certificates"
            problems.append(invalid(f"spec.tls.{field}", f"redacted {words} data", why))
    if termination == "edge" and tls.get("destinationCACertificate"):
        why = "edge termination does not support destination certificates"
        problems.append(
            invalid("spec.tls.destinationCACertificate", "redacted destination ca certificate data", why)
        )
    allowed = ["None", "Redirect"] if termination == "passthrough" else ["None", "Allow", "Redirect"]
    if policy and termination in known and policy not in allowed:
        listed = ", ".join(allowed)
        option = "invalid value for InsecureEdgeTerminationPolicy option"
        why = f"{option}, acceptable values are {listed}, or empty"
        problems.append(invalid("spec.tls.insecureEdgeTerminationPolicy", policy, why))
    return problems


def _build_config(obj: Obj) -> list[Cause]:
    spec = obj["spec"]
    problems: list[Cause] = []
    policies = ("Parallel", "Serial", "SerialLatestOnly")
    if spec.get("runPolicy") not in policies:
        why = "run policy must Parallel, Serial, or SerialLatestOnly"
        problems.append(invalid("spec.runPolicy", spec.get("runPolicy"), why))
    if (spec["source"].get("git") or {"uri": "-"}).get("uri", "") == "":
        problems.append(required("spec.source.git.uri"))
    kinds = ("sourceStrategy", "dockerStrategy", "customStrategy", "jenkinsPipelineStrategy")
    given = [kind for kind in kinds if spec["strategy"].get(kind) is not None]
    if len(given) != 1:
        listed = "sourceStrategy, customStrategy, dockerStrategy, or jenkinsPipelineStrategy"
        why = f"must provide a value for exactly one of {listed}"
        problems.append(invalid("spec.strategy", spec["strategy"], why))
    elif given[0] == "sourceStrategy":
        source = spec["strategy"]["sourceStrategy"].get("from") or {}
        if not source.get("name"):
            problems.append(required("spec.strategy.sourceStrategy.from.name"))
    target = (spec.get("output") or {}).get("to")
    if (
        target
        and target.get("kind") == "ImageStreamTag"
        and not re.fullmatch(r"[^:]+:[^:]+", target.get("name", ""))
    ):
        why = "ImageStreamTag object references must be in the form <name>:<tag>"
        problems.append(invalid("spec.output.to.name", target.get("name", ""), why))
    return problems


def _image_stream(obj: Obj) -> list[Cause]:
    problems: list[Cause] = []
    name = obj["metadata"].get("name", "")
    if name and "/" not in name and not re.fullmatch(STREAM_NAME, name):
        problems.append(invalid("metadata.name", name, f'must match "{STREAM_NAME}"'))
    for tag in obj["spec"].get("tags") or []:
        source = tag.get("from") or {}
        path = f"spec.tags[{tag['name']}]"
        kinds = ["DockerImage", "ImageStreamImage", "ImageStreamTag"]
        if source and source.get("kind") not in kinds:
            why = "valid values are 'DockerImage', 'ImageStreamImage', 'ImageStreamTag'"
            problems.append(invalid(f"{path}.from.kind", source.get("kind", ""), why))
        elif source.get("kind") == kinds[0] and not REFERENCE.fullmatch(source.get("name", "")):
            problems.append(invalid(f"{path}.from.name", source.get("name", ""), "invalid reference format"))
        policy = (tag.get("referencePolicy") or {}).get("type")
        if policy not in (None, "Source", "Local"):
            why = 'valid values are "Source", "Local"'
            problems.append(invalid(f"{path}.referencePolicy.type", policy, why))
    return problems


def _template(obj: Obj) -> list[Cause]:
    problems: list[Cause] = []
    for index, parameter in enumerate(obj.get("parameters") or []):
        name = parameter.get("name", "")
        if not name:
            problems.append(required(f"parameters[{index}].name"))
        elif not re.fullmatch(r"[a-zA-Z0-9_]+", name):
            problems.append(invalid(f"parameters[{index}].name", name, "does not match ^[a-zA-Z0-9_]+$"))
    return problems


CHECKS: dict[str, Callable[[Obj], list[Cause]]] = {
    DEPLOYMENT_CONFIGS: _deployment_config,
    ROUTES: _route,
    BUILD_CONFIGS: _build_config,
    IMAGE_STREAMS: _image_stream,
    "templates.template.openshift.io": _template,
    "processedtemplates.template.openshift.io": _template,
}
