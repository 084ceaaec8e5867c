"""From the sources in this folder to the files that `oc create -f` takes.

| in a source | becomes |
|---|---|
| `"@name@"` | that variable: of the entry that names the source, of the template, or of `common.json` |
| `"text @name@"` | the text with the variable in it |
| `"defaults": {...}` | the variables that an entry may leave out |
| a key whose value is null | nothing |
| `"items"`, `"objects"`: `"hub"` or `{"source": "hub", ...variables}` | the object of `objects/hub.json` |
| `"template": "jupyterhub"` among the items | the template of `templates/jupyterhub.json` |
| `"base": "jupyterhub-deployment"` in a template | that template's source, overlaid with this one |
| `"env": {"A": "b"}` | the list that a container has |
| an annotation that is no text | its JSON |
| `"message": [lines]` | one text |
| `"more_objects"` | before those of the base |

A template declares those of `parameters.json`, in their order, that it uses. A workload gets triggers that
roll it out when one of its images, which are image stream tags, changes. Until such an image is there the
workload's is `" "`, so that no node looks for it in a public registry.
"""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from openshift.workloads import as_deployment_config, with_triggers

Obj = dict[str, Any]

SOURCES = Path(__file__).parent
FILES = {"resources.json": "hub-resources", "notebook/resources.json": "notebook-resources"}
VARIABLE = re.compile(r"@([a-z_]+)@")
PARAMETER = re.compile(r"\$\{\{?([A-Z_]+)\}")


def render(git_url: str | None = None, git_ref: str | None = None) -> dict[str, Obj]:
    """The content of each generated file, by its path; for a fork with its own Git address."""
    common = read("common")
    common |= {name: value for name, value in (("git_url", git_url), ("git_ref", git_ref)) if value}
    return {path: resources(source, common) for path, source in FILES.items()}


def resources(source: str, common: Obj) -> Obj:
    """A list of objects and templates."""
    document = read(source)
    items = [
        template(item["template"], common) if "template" in item else entry(item, common)
        for item in document["items"]
    ]
    return document | {"items": items}


def template(name: str, common: Obj) -> Obj:
    """A template with its objects and the parameters that these use."""
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
    """A template's source over that of its base."""
    source = read(f"templates/{name}")
    base = source.pop("base", None)
    return overlaid(template_source(base), source) if base else source


def entry(item: str | Obj, variables: Obj) -> Obj:
    """The object that an entry names."""
    item = {"source": item} if isinstance(item, str) else item
    source = read(f"objects/{item['source']}")
    own = {name: value for name, value in item.items() if name != "source"}
    filled: Obj = fill(source, variables | source.pop("defaults", {}) | own)
    annotations = filled["metadata"].get("annotations", {})
    for key, value in annotations.items():
        annotations[key] = value if isinstance(value, str) else json.dumps(value)
    return with_triggers(filled) if filled["kind"] == "Deployment" else filled


def parameters(text: str, changes: Obj) -> list[Obj]:
    """The parameters that occur in the text, as a person fills them in."""
    used = set(PARAMETER.findall(text))
    known = read("parameters")
    if unknown := used - known.keys():
        raise KeyError(f"not in parameters.json: {', '.join(sorted(unknown))}")
    chosen = (
        {"name": name} | fields | changes.get(name, {}) for name, fields in known.items() if name in used
    )
    return [{key: value for key, value in parameter.items() if value is not None} for parameter in chosen]


def fill(value: Any, variables: Obj) -> Any:  # noqa: ANN401 (any JSON)
    """The value with its variables replaced, as the table above says."""
    if isinstance(value, str):
        if whole := VARIABLE.fullmatch(value):
            return fill(deepcopy(variables[whole[1]]), variables)
        return VARIABLE.sub(lambda found: fill(variables[found[1]], variables), value)
    if isinstance(value, list):
        return [fill(item, variables) for item in value]
    if not isinstance(value, dict):
        return value
    filled = {key: fill(item, variables) for key, item in value.items()}
    if isinstance(filled.get("env"), dict):
        filled["env"] = [
            {"name": name, "value": text} if isinstance(text, str) else {"name": name, "valueFrom": text}
            for name, text in filled["env"].items()
        ]
    return {key: item for key, item in filled.items() if item is not None}


def overlaid(base: Obj, top: Obj) -> Obj:
    """Both; where both have an object they are laid over each other again, otherwise the top's counts."""
    merged = base | top
    for key in base.keys() & top.keys():
        if isinstance(base[key], dict) and isinstance(top[key], dict):
            merged[key] = overlaid(base[key], top[key])
    return merged


def read(name: str) -> Obj:
    """A source."""
    document: Obj = json.loads((SOURCES / f"{name}.json").read_text())
    return document
