"""The commands `get` and `delete`."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from sandbox import lock
from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import ROUTES
from sandbox.apimachinery.resources import Resource
from sandbox.cli.client import TABLE
from sandbox.cli.shell import Shell, UsageError, named_objects, qualified

GAP = 3  # between two columns
LEAST = 6  # of a column, with its gap
POLL = 0.2


def add_parsers(commands: Any) -> None:  # noqa: ANN401
    """Add the parsers of this module's commands."""
    get = commands.add_parser(
        "get", help="show objects", description="Show objects, as the server prints them."
    )
    get.add_argument("what", nargs="+", metavar="RESOURCE", help="pods, dc, route/NAME, all, is,bc ...")
    _selector(get)
    get.add_argument("-o", "--output", choices=["wide", "name", "json"], help="more columns, names, or JSON")
    get.add_argument("--no-headers", action="store_true", help="leave the line with the columns' names out")
    get.set_defaults(run=run_get)
    delete = commands.add_parser(
        "delete",
        help="delete objects",
        description="Delete objects by name, or by label, and wait until they are gone.",
    )
    delete.add_argument("what", nargs="+", metavar="RESOURCE", help="pod NAME, route/NAME, all,pvc ...")
    _selector(delete)
    delete.add_argument("--all", action="store_true", dest="every", help="all objects of the type")
    delete.add_argument("--ignore-not-found", action="store_true", help="what is not there is fine")
    delete.add_argument("--no-wait", action="store_true", help="return while they are still stopping")
    delete.set_defaults(run=run_delete)


def _selector(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-l", "--selector", default="", metavar="app=NAME", help="only objects with these labels"
    )


async def run_get(shell: Shell, args: argparse.Namespace) -> int:
    """Print the server's tables, one for each type."""
    asked, code = named_objects(args.what), 0
    if args.output == "json":
        return await _get_json(shell, asked, args.selector, single=len(asked) == 1)
    shown = 0
    several = len({resource.key for resource, _ in asked}) > 1
    for resource, name in asked:
        try:
            table = await _table(shell, resource, name, args.selector)
        except StatusError as refusal:
            shell.warn(server_error(refusal))
            code = 1
            continue
        rows = table.get("rows") or []
        if args.output == "name":
            for row in rows:
                shell.say(qualified(resource, row["object"]["metadata"]["name"]))
        elif rows:
            if several and shown:
                shell.say()
            prefix = qualified(resource, "") if several else ""
            wide, headers = args.output == "wide", not args.no_headers
            shell.say(layout(table, prefix=prefix, wide=wide, headers=headers))
            if resource.key == ROUTES:
                _warn_of_port(shell, rows)
        shown += len(rows)
    if not shown and not code:
        shell.warn(f"No resources found in {shell.client.namespace} namespace.")
    return code


def _warn_of_port(shell: Shell, rows: list[Obj]) -> None:
    """Print the address of a single route: unlike a cluster's, the sandbox's router has a port of its own."""
    instance = lock.running(shell.client.state)
    if instance and len(rows) == 1:
        host = rows[0]["cells"][1]
        shell.warn(f"In a browser: https://{host}:{instance.route_port}")


async def _get_json(shell: Shell, asked: list[tuple[Resource, str]], selector: str, *, single: bool) -> int:
    items: list[Obj] = []
    for resource, name in asked:
        path = shell.client.path(resource, name)
        answer = await shell.client.request("GET", path, params=_query(selector, name))
        if name and single:
            shell.say(json.dumps(answer, indent=4, sort_keys=True))
            return 0
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        items += [answer] if name else [{**kind, **item} for item in answer["items"]]
    listed = {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}
    shell.say(json.dumps(listed, indent=4, sort_keys=True))
    return 0


async def _table(shell: Shell, resource: Resource, name: str, selector: str) -> Obj:
    path = shell.client.path(resource, name)
    return await shell.client.request("GET", path, params=_query(selector, name), headers={"Accept": TABLE})


def _query(selector: str, name: str) -> dict[str, str]:
    return {"labelSelector": selector} if selector and not name else {}


def layout(table: Obj, *, prefix: str = "", wide: bool = False, headers: bool = True) -> str:
    """Format a Table in the column layout of `oc` and `kubectl`."""
    columns = table["columnDefinitions"]
    shown = [i for i, column in enumerate(columns) if wide or column.get("priority", 0) == 0]
    lines = [[columns[i]["name"].upper() for i in shown]] if headers else []
    for row in table["rows"]:
        cells = ["" if row["cells"][i] is None else str(row["cells"][i]) for i in shown]
        lines.append([prefix + cells[0], *cells[1:]])
    widths = [max(LEAST, GAP + max(len(line[i]) for line in lines)) for i in range(len(shown))]
    return "\n".join(
        "".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines
    )


async def run_delete(shell: Shell, args: argparse.Namespace) -> int:
    """Delete each object, report it, and wait until all are gone."""
    asked, code = named_objects(args.what), 0
    if any(not name for _, name in asked) and not (args.selector or args.every):
        raise UsageError("resource(s) were provided, but no name was specified")
    gone: list[tuple[Resource, str, str]] = []
    for resource, name in asked:
        if "delete" not in resource.verbs:
            continue
        try:
            for each in [name] if name else await _names(shell, resource, args.selector):
                uid = await _delete(shell, resource, each, missing_is_fine=not name or args.ignore_not_found)
                if uid:
                    gone.append((resource, each, uid))
        except StatusError as refusal:
            shell.warn(server_error(refusal))
            code = 1
    if not gone and not code:
        shell.say("No resources found")
    for deleted in [] if args.no_wait else gone:
        while await _is_there(shell, *deleted):  # noqa: ASYNC110 - it is the server's to say
            await asyncio.sleep(POLL)
    return code


async def _names(shell: Shell, resource: Resource, selector: str) -> list[str]:
    query = _query(selector, "")
    listed = await shell.client.request("GET", shell.client.path(resource), params=query)
    return [item["metadata"]["name"] for item in listed["items"]]


async def _delete(shell: Shell, resource: Resource, name: str, *, missing_is_fine: bool) -> str:
    path = shell.client.path(resource, name)
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
    try:
        before = await shell.client.request("GET", path)
        await shell.client.request("DELETE", path, options)
    except StatusError as refusal:
        if refusal.code == 404 and missing_is_fine:
            return ""
        raise
    kind, _, _ = qualified(resource, name).rpartition("/")
    shell.say(f'{kind} "{name}" deleted from {shell.client.namespace} namespace')
    return str(before["metadata"]["uid"])


async def _is_there(shell: Shell, resource: Resource, name: str, uid: str) -> bool:
    try:
        found = await shell.client.request("GET", shell.client.path(resource, name))
    except StatusError as refusal:
        if refusal.code == 404:
            return False
        raise
    return bool(found["metadata"]["uid"] == uid)


def server_error(refusal: StatusError) -> str:
    """Format a refusal as `oc` does."""
    return (
        f"Error from server ({refusal.reason}): {refusal.message}"
        if refusal.reason
        else f"Error from server: {refusal.message}"
    )
