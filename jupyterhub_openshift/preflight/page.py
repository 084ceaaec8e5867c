"""The findings of the preflight on the hub's admin page, and how much of each quota is in use.

The template calls `preflight.report()`, which JupyterHub's asynchronous Jinja environment awaits.
"""

import asyncio
from dataclasses import replace
from typing import NamedTuple

from traitlets.config import Config

from ..errors import StartupError
from ..inputs import Inputs
from .capacity import Usage, quota_usage
from .finding import UNKNOWN, Finding
from .run import ask_api, connections, project_checks, server_needs

TIMEOUT = 10  # seconds; the page must not wait longer for the API


class Report(NamedTuple):
    """What the page shows."""

    findings: list[Finding]
    usage: list[Usage]


class Preflight:
    """The variable `preflight` of the templates.

    It has a method, and is no function: JupyterHub calls functions for every page, not only for the admin's.
    """

    def __init__(self, c: Config, inputs: Inputs) -> None:
        self._c, self._inputs = c, inputs

    async def report(self) -> Report:
        """Run the checks in a thread: a StartupError is a SystemExit, which in a task would end the hub."""
        try:
            return await asyncio.wait_for(asyncio.to_thread(report, self._c, self._inputs), TIMEOUT)
        except (TimeoutError, asyncio.TimeoutError):
            return unavailable(f"The checks took more than {TIMEOUT} seconds.")


def add_preflight_to_admin_page(c: Config, inputs: Inputs) -> None:
    """Make the preflight a variable of the templates. Comes last: it reads the whole configuration."""
    if inputs.cluster is not None:
        own = c.JupyterHub.get("template_vars", {})
        c.JupyterHub.template_vars = {"preflight": Preflight(c, inputs), **own}


def report(c: Config, inputs: Inputs) -> Report:
    """Check proxy, login server and project now."""
    if inputs.cluster is None:
        return Report([], [])
    cluster = replace(inputs.cluster, pauses=())
    try:
        findings = asyncio.run(connections(c, inputs))
        facts = ask_api(c, inputs.settings, cluster)
    except StartupError as error:
        return unavailable(str(error))
    findings += project_checks(c, inputs.settings, facts, cluster)
    return Report(findings, quota_usage(facts, server_needs(c)))


def unavailable(reason: str) -> Report:
    """Return a report that says why there is none."""
    return Report([Finding("preflight", UNKNOWN, reason)], [])
