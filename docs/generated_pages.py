"""The site: reference pages generated from the code, and the script that renders the drawings."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from openshift.render import examples, render
from tests.hub.npm_packages import node_modules

Obj = dict[str, Any]

MERMAID = "assets/mermaid.js"
FIRST = 10  # parameters of a template that the reference lists first, with examples
COMMANDS = ("", "check", "settings", "backup", "restore")
# Each parameter is in the first group whose prefix its name starts with.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Build": ("GIT_", "CONTEXT_DIR", "BUILDER_IMAGE", "BUILD_"),
    "Generated secrets": ("DATABASE_PASSWORD", "COOKIE_SECRET", "CRYPT_KEY", "CONFIGPROXY_", "METRICS_TOKEN"),
    "Resources of the hub's pods": (
        "JUPYTERHUB_MEMORY",
        "JUPYTERHUB_CPU",
        "PROXY_",
        "DATABASE_",
        "DEPLOYER_",
    ),
    "Images and service account": ("JUPYTERHUB_IMAGE", "SERVICE_ACCOUNT"),
    "Notebook servers": ("NOTEBOOK_", "VOLUME_SIZE", "STORAGE_CLASS", "MAX_SERVERS", "NAMED_SERVERS"),
    "Queue": ("QUEUE_",),
    "Idle servers": ("IDLE_TIMEOUT", "MAX_AGE", "CULL_WARNING"),
    "Login": ("ALLOW", "ADMIN_"),
    "Pages, configuration and logs": ("BASE_URL", "TITLE", "LOGO", "JUPYTERHUB_CONFIG", "LOG_FORMAT"),
    "Backups": ("BACKUP_",),
    "Name": ("APPLICATION_NAME", "JUPYTERHUB_NAME"),
}
ORDER = (
    "Name",
    "Build",
    "Backups",
    "Notebook servers",
    "Idle servers",
    "Queue",
    "Login",
    "Pages, configuration and logs",
    "Images and service account",
    "Resources of the hub's pods",
    "Generated secrets",
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages and Mermaid to the site (an event of MkDocs)."""
    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    if shutil.which("npm"):  # otherwise the theme lets the reader's browser load it from elsewhere
        script = node_modules() / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"
        files.append(File.generated(config, MERMAID, abs_src_path=str(script)))
        config.extra_javascript.insert(0, MERMAID)
    return files


def pages() -> dict[str, str]:
    """The text of each generated page, by its path in the site."""
    return {"reference/templates.md": templates_page(), "reference/command-line.md": command_line_page()}


def templates_page() -> str:
    """Every template with its parameters, in groups."""
    items = [item for document in render().values() for item in document["items"]]
    templates = [item for item in items if item["kind"] == "Template"]
    intro = (
        "# Template parameters\n\n"
        "Pass a parameter with `oc new-app --template NAME --param PARAMETER=VALUE`, "
        "or fill it in when you open the template in the console's catalogue."
    )
    return "\n\n".join([intro, *map(template_section, templates)]) + "\n"


def template_section(template: Obj) -> str:
    """The description and the parameter tables of a template."""
    metadata = template["metadata"]
    annotations = metadata["annotations"]
    about = annotations.get("openshift.io/long-description", annotations["description"])
    values = examples(metadata["name"])
    first = [each for each in template["parameters"] if each["name"] in values][:FIRST]
    grouped: dict[str, list[Obj]] = {group: [] for group in ORDER}
    for parameter in template["parameters"]:
        if parameter not in first:
            grouped[group_of(parameter["name"])].append(parameter)
    tables = [
        f"### {group} {{ #{metadata['name']}-{slug(group)} }}\n\n{table(rows)}"
        for group, rows in grouped.items()
        if rows
    ]
    return "\n\n".join(
        [
            f"## {metadata['name']}",
            f"*{annotations['openshift.io/display-name']}.* {about}",
            f"### First parameters {{ #{metadata['name']}-first }}",
            "These are the parameters that most people change, each with an example:",
            command(metadata["name"], first, values),
            table(first, values),
            *tables,
        ]
    )


def command(template: str, parameters: list[Obj], values: Mapping[str, str]) -> str:
    """A command that passes the example of each parameter."""
    words = [
        f"--param {each['name']}={shlex.quote(values[each['name']])}"
        for each in parameters
        if values[each["name"]] != each.get("value")
    ]
    return "\n".join(["```sh", " \\\n  ".join([f"oc new-app --template {template}", *words]), "```"])


def group_of(name: str) -> str:
    """The heading below which a parameter is listed."""
    return next(group for group, prefixes in GROUPS.items() if name.startswith(prefixes))


def slug(heading: str) -> str:
    """The heading as part of an anchor."""
    return "".join(letter if letter.isalnum() else "-" for letter in heading.lower())


def table(parameters: list[Obj], values: Mapping[str, str] | None = None) -> str:
    """A Markdown table of parameters, with a column for examples if there are some."""
    rows = [["parameter", "default", *(["example"] if values else []), "description"]]
    rows.append(["---"] * len(rows[0]))
    for each in parameters:
        example = [f"`{values[each['name']]}`"] if values else []
        rows.append([f"`{each['name']}`", default(each), *example, cell(each["description"])])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def default(parameter: Obj) -> str:
    """A parameter's default as the table shows it."""
    if parameter.get("generate"):
        return "generated"
    if value := parameter.get("value"):
        return f"`{value}`"
    return "*required*" if parameter.get("required") else "empty"


def cell(text: str) -> str:
    """Text that is safe in a table cell."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def command_line_page() -> str:
    """The help of each command of the package."""
    intro = (
        "# Command line\n\n"
        "The hub image contains the command `python -m jupyterhub_openshift`. "
        "Run it in the hub's pod, for example "
        "`oc exec dc/jupyterhub -- /opt/app-root/bin/python -m jupyterhub_openshift settings`."
    )
    sections = [
        f"## python -m jupyterhub_openshift {command}".rstrip() + f"\n\n```text\n{help_of(command)}```"
        for command in COMMANDS
    ]
    return "\n\n".join([intro, *sections]) + "\n"


def help_of(command: str) -> str:
    """What `--help` prints."""
    words = [sys.executable, "-m", "jupyterhub_openshift", *command.split(), "--help"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout
