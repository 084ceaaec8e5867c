"""The commands `create`, `new-app` and `policy`."""

from __future__ import annotations

import argparse
import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from sandbox.apimachinery import resources
from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import CLUSTER_ROLES, RBAC_GROUP, ROLE_BINDINGS, ROUTES
from sandbox.builds.sources import own_addresses
from sandbox.cli.client import UnknownKind
from sandbox.cli.get import server_error
from sandbox.cli.shell import Shell, UsageError, qualified

TEMPLATES = "templates.template.openshift.io"
FETCH_TIMEOUT = 30
INDENT = "    "


def add_parsers(commands: Any) -> None:  # noqa: ANN401
    """Add the parsers of this module's commands."""
    create = commands.add_parser(
        "create", help="create objects", description="Create objects from a JSON file, or a service account."
    )
    create.add_argument("what", nargs="*", metavar="serviceaccount NAME", help="a service account")
    create.add_argument(
        "-f",
        "--filename",
        metavar="FILE",
        help="a JSON file or an https address; this project's own address is read from this folder",
    )
    create.set_defaults(run=run_create)
    app = commands.add_parser(
        "new-app",
        help="deploy a template",
        description="Process a template of the project and create its objects.",
    )
    app.add_argument("name", nargs="?", metavar="TEMPLATE", help="the template, also by --template")
    app.add_argument("--template", metavar="NAME", help="the template")
    app.add_argument(
        "-p",
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a value for a parameter; may be repeated",
    )
    app.set_defaults(run=run_new_app)
    policy = commands.add_parser(
        "policy", help="give a role", description="Give a role of the project to users or service accounts."
    )
    actions = policy.add_subparsers(required=True, metavar="add-role-to-user")
    add = actions.add_parser(
        "add-role-to-user", help="give a role", description="Give a role in this project."
    )
    add.add_argument("role", metavar="ROLE", help="view, edit or admin")
    add.add_argument("users", nargs="*", metavar="USER", help="who gets it")
    add.add_argument(
        "-z",
        "--serviceaccount",
        action="append",
        default=[],
        metavar="NAME",
        help="a service account that gets it",
    )
    add.set_defaults(run=run_add_role)


async def run_create(shell: Shell, args: argparse.Namespace) -> int:
    """Run `create -f FILE` or `create serviceaccount NAME`."""
    if args.filename and not args.what:
        return await _create_file(shell, args.filename)
    if len(args.what) == 2 and args.what[0] in ("serviceaccount", "sa"):
        account = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {"name": args.what[1]}}
        try:
            await shell.client.create(account)
        except StatusError as refusal:
            raise UsageError(f"failed to create serviceaccount: {refusal.message}") from refusal
        shell.say(f"serviceaccount/{args.what[1]} created")
        return 0
    raise UsageError(
        "name a file (create -f resources.json) or a service account (create serviceaccount jupyterhub)"
    )


async def _create_file(shell: Shell, filename: str) -> int:
    content = await asyncio.to_thread(read, filename, shell.checkout)
    items = content.get("items", []) if content.get("kind") == "List" else [content]
    code = 0
    for item in items:
        try:
            resource, obj = await shell.client.create(item)
            shell.say(f"{qualified(resource, obj['metadata']['name'])} created")
        except StatusError as refusal:
            text = server_error(refusal).replace(": ", f': error when creating "{filename}": ', 1)
            shell.warn(text)
            code = 1
        except UnknownKind as problem:
            named = str(item.get("metadata", {}).get("name", ""))
            shell.warn(f'error: unable to recognize "{filename}" ({named}): {problem}')
            code = 1
    return code


def read(filename: str, checkout: Path) -> Obj:
    """Read a JSON object from a file or an address; the checkout stands for its own repository's address."""
    try:
        if filename.startswith(("https://", "http://")):
            here = _in_checkout(filename, checkout)
            text = here.read_text() if here else _fetch(filename)
        else:
            text = Path(filename).read_text()
    except FileNotFoundError:
        raise UsageError(f'the path "{filename}" does not exist') from None
    except OSError as problem:
        raise UsageError(f'the path "{filename}" cannot be read: {problem}') from problem
    try:
        content: Obj = json.loads(text)
    except ValueError as problem:
        raise UsageError(
            f"error parsing {filename}: {problem} (the sandbox reads JSON, not YAML)"
        ) from problem
    return content


def _in_checkout(address: str, checkout: Path) -> Path | None:
    """Find the checkout's file for the raw address of a file in its own repository."""
    steps = urllib.parse.urlsplit(address).path.strip("/").split("/")
    own = {urllib.parse.urlsplit(each).path.strip("/") for each in own_addresses(checkout)}
    if len(steps) < 4 or "/".join(steps[:2]).lower() not in own:
        return None
    file = checkout.joinpath(*steps[3:])  # steps[2] is the branch
    return file if file.is_file() else None


def _fetch(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=FETCH_TIMEOUT) as answer:  # noqa: S310
            return str(answer.read().decode())
    except (urllib.error.URLError, TimeoutError) as problem:
        raise UsageError(f'unable to read URL "{address}", {problem}') from problem


async def run_new_app(shell: Shell, args: argparse.Namespace) -> int:
    """Run `new-app --template NAME`; unlike `oc` it does not print generated values, which may be secrets."""
    name = args.template or args.name
    if not name:
        raise UsageError("You must specify a template, for example: new-app --template jupyterhub")
    try:
        template = await shell.client.get(TEMPLATES, name)
    except StatusError as refusal:
        if refusal.code == 404:
            text = f'no match for "{name}"\n\nThe templates of this project are listed by: get templates'
            raise UsageError(text) from refusal
        raise
    _set_parameters(template, args.param)
    try:
        path = f"/apis/template.openshift.io/v1/namespaces/{shell.client.namespace}/processedtemplates"
        processed = await shell.client.request("POST", path, template)
    except StatusError as refusal:
        text = f'error processing template "{shell.client.namespace}/{name}": {refusal.message}'
        raise UsageError(text) from refusal
    _describe(shell, processed)
    shell.say("--> Creating resources ...")
    failed = False
    for obj in processed["objects"]:
        _mark(obj)
        try:
            resource, _ = await shell.client.create(obj)
        except (StatusError, UnknownKind) as problem:
            shell.warn(f"{INDENT}error: {problem}")
            failed = True
            continue
        kind, _, _ = qualified(resource, "").rpartition("/")
        shell.say(f'{INDENT}{kind} "{obj["metadata"]["name"]}" created')
    shell.say("--> Failed" if failed else "--> Success")
    if failed:
        return 1
    await _access(shell, processed["objects"])
    return 0


def _set_parameters(template: Obj, params: list[str]) -> None:
    known = {parameter["name"]: parameter for parameter in template.get("parameters") or []}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals:
            raise UsageError(f'invalid parameter assignment in "{template["metadata"]["name"]}": "{param}"')
        if name not in known:
            raise UsageError(f'unexpected parameter name "{name}"')
        known[name]["value"] = value
        known[name].pop("generate", None)


def _describe(shell: Shell, template: Obj) -> None:
    meta = template["metadata"]
    notes = meta.get("annotations") or {}
    namespace = shell.client.namespace
    shell.say(f'--> Deploying template "{namespace}/{meta["name"]}" to project {namespace}\n')
    about = [text for text in (notes.get("description"), template.get("message")) if text]
    if about:
        shell.say(f"     {notes.get('openshift.io/display-name', meta['name'])}\n     ---------")
    for text in about:
        for line in text.removesuffix("\n").split("\n"):
            shell.say(f"     {line}")
        shell.say()
    parameters = template.get("parameters") or []
    if parameters:
        shell.say("     * With parameters:")
        for parameter in parameters:
            shown = parameter.get("displayName") or parameter["name"]
            value = "(generated)" if parameter.get("generate") else parameter.get("value", "")
            shell.say(f"        * {shown}={value}")
        shell.say()


def _mark(obj: Obj) -> None:
    """Annotate an object and its pod template as `oc new-app` does."""
    for meta in (obj.setdefault("metadata", {}), obj.get("spec", {}).get("template", {}).get("metadata")):
        if isinstance(meta, dict):
            meta.setdefault("annotations", {})["openshift.io/generated-by"] = "OpenShiftNewApp"


async def _access(shell: Shell, objects: list[Obj]) -> None:
    for obj in objects:
        if obj.get("kind") == "Route":
            route = await shell.client.get(ROUTES, obj["metadata"]["name"])
            shell.say(f"{INDENT}Access your application via route '{route['spec']['host']}'")
        elif obj.get("kind") == "BuildConfig":
            shell.say(
                f"{INDENT}Build scheduled, use 'logs -f bc/{obj['metadata']['name']}' to track its progress."
            )
    shell.say(f"{INDENT}Run 'get all' to view your app.")


async def run_add_role(shell: Shell, args: argparse.Namespace) -> int:
    """Create a RoleBinding named after its role, or extend the existing one."""
    if not args.users and not args.serviceaccount:
        raise UsageError(
            "name a user or a service account, for example: policy add-role-to-user edit -z jupyterhub"
        )
    namespace = shell.client.namespace
    wanted = [{"kind": "User", "apiGroup": RBAC_GROUP, "name": user} for user in args.users]
    wanted += [
        {"kind": "ServiceAccount", "namespace": namespace, "name": each} for each in args.serviceaccount
    ]
    bindings = (await shell.client.get(ROLE_BINDINGS))["items"]
    same = [
        b for b in bindings if b["roleRef"]["kind"] == "ClusterRole" and b["roleRef"]["name"] == args.role
    ]
    if not any(all(subject in (b.get("subjects") or []) for subject in wanted) for b in same):
        await _warn_of_missing(shell, args)
        taken = {binding["metadata"]["name"] for binding in bindings}
        free = (f"{args.role}-{number}" for number in range(len(taken) + 1))
        name = args.role if args.role not in taken else next(each for each in free if each not in taken)
        await shell.client.create(
            {
                "kind": "RoleBinding",
                "apiVersion": f"{RBAC_GROUP}/v1",
                "metadata": {"name": name},
                "roleRef": {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": args.role},
                "subjects": wanted,
            }
        )
    names = [*args.users, *args.serviceaccount]
    shown = f'"{names[0]}"' if len(names) == 1 else json.dumps(names).replace(", ", " ")
    shell.say(f"clusterrole.{RBAC_GROUP}/{args.role} added: {shown}")
    return 0


async def _warn_of_missing(shell: Shell, args: argparse.Namespace) -> None:
    for account in args.serviceaccount:
        try:
            await shell.client.get("serviceaccounts", account)
        except StatusError as refusal:
            if refusal.code != 404:
                raise
            shell.warn(f"Warning: ServiceAccount '{account}' not found")
    cluster_role = resources.of(CLUSTER_ROLES)
    try:
        await shell.client.request("GET", shell.client.path(cluster_role, args.role))
    except StatusError as refusal:
        if refusal.code == 404:
            shell.warn(f"Warning: role '{args.role}' not found")
