"""The connections on the spawn page: a tick for each, from the template `connections.html`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jinja2 import Environment, FileSystemLoader

from .connections import FIELD, Connection


def connection_choices(offered: Sequence[Connection], ticked: object, templates: Iterable[str]) -> str:
    """Return the HTML of the choices; empty if there are none.

    `ticked` has the names of the last choice, which a client of JupyterHub's API may have made.
    """
    if not offered:
        return ""
    names = ticked if isinstance(ticked, list) else []
    environment = Environment(loader=FileSystemLoader(list(templates)), autoescape=True)
    return environment.get_template("connections.html").render(connections=offered, field=FIELD, ticked=names)
