"""The login and approval pages of the OAuth server; their forms have OpenShift's fields."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from sandbox.authorization.oauth_scopes import DESCRIPTIONS

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 1rem/1.5 sans-serif; max-width: 32rem; margin: 10vh auto; padding: 0 1rem }}
input, button {{ font: inherit; padding: .3rem .6rem }} label {{ display: block; margin: .5rem 0 }}</style>
</head><body><main><h1>{title}</h1>
{body}
</main></body></html>
"""
REASONS = {
    "access_denied": "Invalid login or password. Please try again.",
    "token_expired": "The login form has expired. Please try again.",
}


def login_page(then: str, csrf: str, reason: str) -> str:
    """Return the login page."""
    problem = f'<p role="alert">{escape(REASONS.get(reason, reason))}</p>' if reason else ""
    body = f"""{problem}<form action="/login" method="POST">
{_hidden({"then": then, "csrf": csrf})}
<label>Username <input required name="username" id="inputUsername" autocomplete="username"></label>
<label>Password <input required type="password" name="password" id="inputPassword"></label>
<button type="submit">Log in</button>
</form>
<p>The sandbox knows alice (no role in the project), bob (view) and carol (admin).
A password is the name.</p>"""
    return PAGE.format(title="Log in to your account", body=body)


def approval_page(fields: Mapping[str, str], scopes: list[str]) -> str:
    """Return the page that asks to approve a client's scopes."""
    _, _, project, name = fields["client_id"].split(":")
    boxes = "\n".join(
        f'<label><input type="checkbox" checked name="scope" value="{escape(scope)}"> <b>{escape(scope)}</b> '
        f"{escape(DESCRIPTIONS.get(scope, ''))}</label>"
        for scope in scopes
    )
    body = f"""<form action="approve" method="POST">
{_hidden(fields)}
<p>Service account <b>{escape(name)}</b> in project <b>{escape(project)}</b>
is requesting permission to access your account (<b>{escape(fields["user_name"])}</b>)</p>
{boxes}
<p>You will be redirected to {escape(fields["redirect_uri"])}</p>
<button name="approve" value="Allow selected permissions">Allow selected permissions</button>
<button name="deny" value="Deny">Deny</button>
</form>"""
    return PAGE.format(title="Authorize Access", body=body)


def _hidden(fields: Mapping[str, str]) -> str:
    return "\n".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items()
    )
