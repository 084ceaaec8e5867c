"""Write `types.json`, the fields of every kind that the sandbox serves, from the Go types of the real API.

    python -m sandbox.apimachinery.types_from_go VENDOR > sandbox/apimachinery/types.json

VENDOR is the `vendor` directory of a checkout of openshift/oc: it has `k8s.io/api` and
`github.com/openshift/api`. The notation is explained in `sandbox/apimachinery/schema.py`, which reads it.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

PACKAGES = {
    "k8s.io/apimachinery/pkg/apis/meta/v1": "meta",
    **{
        f"k8s.io/api/{group}/v1": group
        for group in (
            *("core", "apps", "batch", "policy", "networking", "rbac", "storage", "authorization", "events"),
            *("authentication", "coordination", "discovery", "autoscaling"),
        )
    },
    **{
        f"github.com/openshift/api/{group}/v1": f"openshift-{group}"
        for group in ("apps", "authorization", "build", "image", "project", "route", "template", "user")
    },
}
ROOTS = {
    "meta": "DeleteOptions LabelSelector",
    "core": "Pod Service ConfigMap Secret ServiceAccount PersistentVolumeClaim PersistentVolume Namespace "
    "Event ResourceQuota LimitRange ReplicationController Endpoints PodTemplate Node",
    "apps": "Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision",
    "batch": "Job CronJob",
    "autoscaling": "HorizontalPodAutoscaler Scale",
    "policy": "PodDisruptionBudget Eviction",
    "networking": "NetworkPolicy Ingress",
    "rbac": "Role RoleBinding ClusterRole ClusterRoleBinding",
    "storage": "StorageClass",
    "authorization": "SelfSubjectAccessReview SelfSubjectRulesReview LocalSubjectAccessReview "
    "SubjectAccessReview",
    "authentication": "TokenRequest TokenReview SelfSubjectReview",
    "coordination": "Lease",
    "discovery": "EndpointSlice",
    "events": "Event",
    "openshift-apps": "DeploymentConfig DeploymentRequest DeploymentConfigRollback",
    "openshift-authorization": "LocalSubjectAccessReview SubjectAccessReview SubjectAccessReviewResponse "
    "LocalResourceAccessReview SelfSubjectRulesReview Role RoleBinding ClusterRole",
    "openshift-build": "BuildConfig Build BuildRequest",
    "openshift-image": "ImageStream ImageStreamTag ImageStreamImage ImageStreamImport ImageStreamMapping "
    "Image ImageTag ImageSignature",
    "openshift-project": "Project ProjectRequest",
    "openshift-route": "Route",
    "openshift-template": "Template TemplateInstance",
    "openshift-user": "Group User",
}
BASIC = ("string", "bool", "any", "int", "int32", "int64", "float64")
SPECIAL = {
    "meta.Time": "Time",
    "meta.MicroTime": "Time",
    "meta.Duration": "string",
    "time.Duration": "int64",
    "meta.FieldsV1": "any",
    "meta.Fields": "any",
    "resource.Quantity": "Quantity",
    "intstr.IntOrString": "IntOrString",
    "runtime.RawExtension": "any",
    "runtime.Object": "any",
    "types.UID": "string",
    "types.NodeName": "string",
    "core.ResourceList": "map:Quantity",
}
STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.M | re.S)
ALIAS = re.compile(r"^type (\w+) ([\w.\[\]*]+)$", re.M)
FIELD = re.compile(r"^\t(?:(\w+)\s+)?([\w.\[\]*]+)\s+`(.*?)`\s*(?://.*)?$", re.M)
IMPORT = re.compile(r'^\t(?:(\w+) )?"([^"]+)"$', re.M)


def main(vendor: Path) -> None:
    """Print the types that the kinds in ROOTS reach, one a line."""
    structs: dict[str, dict[str, str]] = {}
    aliases: dict[str, str] = {}
    for package, short in PACKAGES.items():
        for path in sorted((vendor / package).glob("*.go")):
            if not path.name.startswith(("zz_", "generated.", "types_swagger")):
                _read(path.read_text(), short, structs, aliases)
    wanted = [f"{group}.{kind}" for group, kinds in ROOTS.items() for kind in kinds.split()]
    reached: dict[str, dict[str, str]] = {}
    while wanted:
        name = wanted.pop()
        if name not in reached and name in structs:
            reached[name] = _flat(name, structs, aliases)
            wanted += [
                type_name for text in reached[name].values() for type_name in re.findall(r"[\w-]+\.\w+", text)
            ]
    lines = [f"{json.dumps(name)}: {json.dumps(fields)}" for name, fields in sorted(reached.items())]
    print("{\n" + ",\n".join(lines) + "\n}")


def _read(text: str, short: str, structs: dict[str, dict[str, str]], aliases: dict[str, str]) -> None:
    imports = {
        alias or path.split("/")[-1]: PACKAGES.get(path, path.split("/")[-1])
        for alias, path in IMPORT.findall(text)
    }

    def absolute(go: str) -> str:
        if go.startswith("[]byte"):
            return "bytes"
        if go.startswith("[]"):
            return "[]" + absolute(go[2:])
        if go.startswith("map[string]"):
            return "map:" + absolute(go[11:])
        if match := re.match(r"map\[(\w+)\]", go):
            return "map:" + absolute(go[match.end() :])
        if go.startswith("*"):
            return "*" + absolute(go[1:])
        if go in BASIC:
            return go
        head, _, tail = go.rpartition(".")
        name = f"{imports.get(head, head)}.{tail}" if head else f"{short}.{tail}"
        return SPECIAL.get(name, name)

    for name, body in STRUCT.findall(text):
        fields = {}
        for _, go, tags in FIELD.findall(body):
            json_tag = re.search(r'json:"([^"]*)"', tags)
            if not json_tag or json_tag[1] == "-":
                continue
            field, *options = json_tag[1].split(",")
            number = re.search(r'protobuf:"\w+,(\d+)', tags)
            numbered = f"#{number[1]}" if number else ""
            if "inline" in options or not field:
                fields[f"+{absolute(go)}"] = numbered
                continue
            merge = re.search(r'patchMergeKey:"(\w+)"', tags)
            strategy = re.search(r'patchStrategy:"([\w,]+)"', tags)
            text_type = (
                ("?" if "omitempty" in options else "")
                + ("0" if "omitzero" in options else "")
                + absolute(go)
            )
            if strategy and "merge" in strategy[1]:
                text_type += "@" + (merge[1] if merge else "")
            if strategy and "retainKeys" in strategy[1]:
                text_type += "!"
            fields[field] = text_type + numbered
        structs[f"{short}.{name}"] = fields
    for name, go in ALIAS.findall(text):
        aliases[f"{short}.{name}"] = absolute(go)


def _flat(name: str, structs: dict[str, dict[str, str]], aliases: dict[str, str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for field, text in structs[name].items():
        if field.startswith("+"):
            inner = field[1:].lstrip("*")
            fields.update(_flat(inner, structs, aliases))
            if text:
                fields[text] = inner
        else:
            fields[field] = re.sub(r"[\w-]+\.\w+", lambda match: _unaliased(match[0], structs, aliases), text)
    return fields


def _unaliased(name: str, structs: dict[str, dict[str, str]], aliases: dict[str, str]) -> str:
    while name in aliases and name not in structs:
        name = aliases[name]
        if "[" in name or ":" in name:
            return re.sub(r"[\w-]+\.\w+", lambda match: _unaliased(match[0], structs, aliases), name)
    return SPECIAL.get(name, name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
