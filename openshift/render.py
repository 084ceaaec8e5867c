"""Render the JSON sources of this folder into the files that `oc create -f` and `oc apply -k` take.

| in a source | rendered as |
|---|---|
| `"@name@"` | the value of that variable: set by the entry, the template, or `common.json` |
| `"text @name@"` | the text, with the value inserted |
| `"defaults": {...}` | values of variables that an entry does not set |
| a key whose value is null | nothing: the key is left out |
| `"hub"` or `{"source": "hub", ...variables}` in `items` or `objects` | the object in `objects/hub.json` |
| `{"template": "jupyterhub"}` in `items` | the template in `templates/jupyterhub.json` |
| `"base": "jupyterhub-deployment"` in a template | this source merged over that template's source |
| `"env": {"A": "b"}` | the list of `name` and `value` that a container takes |
| an annotation that is not a string | the value as JSON text |
| `"message": [lines]` | one string |
| `{"script": "objects/database.sh"}` | the text of that file without its comments |
| `"more_objects"` | objects before those of the base |

A template declares the parameters that it uses, in the order of `parameters.json`. Each workload gets image
triggers, which roll it out when one of its image stream tags changes. Its `image` is `" "` until a trigger
resolves the tag, so that no node tries to pull an unresolved name from a public registry.
"""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from openshift.plain_manifests import manifests
from openshift.workloads import POD_TEMPLATES, as_deployment_config, with_triggers

Obj = dict[str, Any]

SOURCES = Path(__file__).parent
FILES = {"resources.json": "hub-resources", "notebook/resources.json": "notebook-resources"}
BASE = "openshift/kustomize/base/jupyterhub-workspace.json"
VARIABLE = re.compile(r"@([a-z_]+)@")
PARAMETER = re.compile(r"\$\{\{?([A-Z_]+)\}")


def render(git_url: str | None = None, git_ref: str | None = None) -> dict[str, Obj]:
    """The content of each generated file, by path; a fork passes the Git URL and reference of its own."""
    common = read("common")
    common |= {name: value for name, value in (("git_url", git_url), ("git_ref", git_ref)) if value}
    lists = {path: resources(source, common) for path, source in FILES.items()}
    return lists | {BASE: manifests(template("jupyterhub-workspace", common))}


def resources(source: str, common: Obj) -> Obj:
    """A `List` of objects and templates."""
    document = read(source)
    items = [
        template(item["template"], common) if "template" in item else entry(item, common)
        for item in document["items"]
    ]
    return document | {"items": items}


def template(name: str, common: Obj) -> Obj:
    """A template with its objects and the parameters that they use."""
    source = template_source(name)
    variables = common | source.pop("variables")
    changes = source.pop("parameters", {})
    objects = [entry(item, variables) for item in [*source.pop("more_objects", []), *source.pop("objects")]]
    if variables.get("workload") == "dc":
        objects = [as_deployment_config(obj, fill(variables["dc_strategy"], variables)) for obj in objects]
    filled: Obj = fill(source, variables)
    filled["message"] = "\n".join(filled["message"])
    used = parameters(json.dumps([filled, objects]), changes)
    return filled | {"parameters": used, "objects": objects}


def template_source(name: str) -> Obj:
    """A template's source, merged over the source of its base."""
    source = read(f"templates/{name}")
    base = source.pop("base", None)
    return merge(template_source(base), source) if base else source


def entry(item: str | Obj, variables: Obj) -> Obj:
    """The object that an entry names."""
    item = {"source": item} if isinstance(item, str) else item
    source = read(f"objects/{item['source']}")
    own = {name: value for name, value in item.items() if name != "source"}
    filled: Obj = fill(source, variables | source.pop("defaults", {}) | own)
    annotations = filled["metadata"].get("annotations", {})
    for key, value in annotations.items():
        annotations[key] = value if isinstance(value, str) else json.dumps(value)
    return with_triggers(filled) if filled["kind"] in POD_TEMPLATES else filled


def parameters(text: str, changes: Obj) -> list[Obj]:
    """The parameters that occur in the text, in the order in which a person fills them in."""
    used = set(PARAMETER.findall(text))
    known = read("parameters")
    if unknown := used - known.keys():
        raise KeyError(f"not in parameters.json: {', '.join(sorted(unknown))}")
    chosen = (
        {"name": name} | fields | changes.get(name, {}) for name, fields in known.items() if name in used
    )
    return [
        {key: value for key, value in parameter.items() if value is not None and key != "example"}
        for parameter in chosen
    ]


def examples(name: str) -> dict[str, str]:
    """A value for each parameter of a template, but for those whose values are generated."""
    changes = template_source(name).get("parameters", {})
    merged = {
        parameter: fields | changes.get(parameter, {}) for parameter, fields in read("parameters").items()
    }
    declared = [parameter["name"] for parameter in template(name, read("common"))["parameters"]]
    return {each: merged[each]["example"] for each in declared if "example" in merged[each]}


def fill(value: Any, variables: Obj) -> Any:  # noqa: ANN401 (any JSON)
    """Replace variables in a value, as the table above defines."""
    if isinstance(value, str):
        if whole := VARIABLE.fullmatch(value):
            return fill(deepcopy(variables[whole[1]]), variables)
        return VARIABLE.sub(lambda found: fill(variables[found[1]], variables), value)
    if isinstance(value, list):
        return [fill(item, variables) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"script"}:
        return script(value["script"])
    filled = {key: fill(item, variables) for key, item in value.items()}
    if isinstance(filled.get("env"), dict):
        filled["env"] = [
            {"name": name, "value": text} if isinstance(text, str) else {"name": name, "valueFrom": text}
            for name, text in filled["env"].items()
        ]
    return {key: item for key, item in filled.items() if item is not None}


def script(path: str) -> str:
    """Read a shell script without its comment lines."""
    lines = (SOURCES / path).read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("#")) + "\n"


def merge(base: Obj, top: Obj) -> Obj:
    """Merge two objects recursively; where both have a value, the value of `top` wins."""
    result = base | top
    for key in base.keys() & top.keys():
        if isinstance(base[key], dict) and isinstance(top[key], dict):
            result[key] = merge(base[key], top[key])
    return result


def read(name: str) -> Obj:
    """Load a source by its name."""
    document: Obj = json.loads((SOURCES / f"{name}.json").read_text())
    return document
