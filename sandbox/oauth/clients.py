"""Service accounts as OAuth clients: secrets, and the redirect URIs that their annotations allow.

A reference names a route, whose host and path are taken; a URI beside it changes the path.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import urlsplit

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.resource_keys import ROUTES
from sandbox.apimachinery.store import Store
from sandbox.authorization.users import AUDIENCE, Tokens

URI = "serviceaccounts.openshift.io/oauth-redirecturi."
REFERENCE = "serviceaccounts.openshift.io/oauth-redirectreference."
CACHED = 10  # seconds for which a token review is cached, as by kube-apiserver


class OAuthError(Exception):
    """An error of RFC 6749, section 4.1.2.1 or 5.2."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.body = {"error": error, "error_description": description or _DESCRIPTIONS[error]}


class Clients:
    """The clients: all service accounts of the project."""

    def __init__(self, store: Store, project: Project, tokens: Tokens, clock: Callable[[], float]) -> None:
        self._store = store
        self._tokens = tokens
        self._prefix = f"system:serviceaccount:{project.name}:"
        self._reviewed: dict[str, tuple[float, str]] = {}  # expiry and user name by token
        self._clock = clock

    def redirect_uris(self, client: str, port: int) -> list[str]:
        """Return a client's redirect URIs; `port` is the router's."""
        account = None
        if client.startswith(self._prefix):
            account = self._store.find("serviceaccounts", client.removeprefix(self._prefix))
        if account is None:
            raise OAuthError("unauthorized_client")
        notes = account["metadata"].get("annotations") or {}
        names = {key.rpartition(".")[2] for key in notes if key.startswith((URI, REFERENCE))}
        allowed = [uri for name in sorted(names) if (uri := self._uri(notes, name, port))]
        if not allowed:
            raise OAuthError("server_error")
        return allowed

    def secret_is_right(self, client: str, secret: str) -> bool:
        """Tell whether a client secret is a token of the account, of any audience, or empty."""
        return not secret or self._review(secret) == client

    def _review(self, token: str) -> str:
        """Return the user name of a token; a review is cached, so it may outlive the token's pod."""
        now = self._clock()
        self._reviewed = {known: entry for known, entry in self._reviewed.items() if entry[0] > now}
        if token not in self._reviewed:
            user = self._tokens.user(token, _audience(token))
            if user is None:
                return ""
            self._reviewed[token] = (now + CACHED, user.name)
        return self._reviewed[token][1]

    def _uri(self, notes: Obj, name: str, port: int) -> str:
        given = urlsplit(notes.get(URI + name, ""))
        if given.netloc:
            return given.geturl()
        route = self._store.find(ROUTES, _referenced(notes.get(REFERENCE + name, "")))
        ingress = (route or {}).get("status", {}).get("ingress") or []
        if route is None or not ingress:
            return ""
        scheme = "https" if route["spec"].get("tls") else "http"
        host = ingress[0]["host"] + ("" if port == 443 else f":{port}")
        return f"{scheme}://{host}{given.path or route['spec'].get('path', '')}"


def within(uri: str, allowed: list[str]) -> bool:
    """Tell whether a redirect URI is an allowed one, or below one."""
    asked = urlsplit(uri)
    for one in map(urlsplit, allowed):
        if (asked.scheme, asked.netloc) != (one.scheme, one.netloc) or asked.fragment:
            continue
        base = one.path.rstrip("/")
        if not base:
            return True
        below = asked.path == base or asked.path.startswith(f"{base}/")
        if below and ".." not in asked.path.split("/"):
            return True
    return False


def _referenced(text: str) -> str:
    try:
        reference = json.loads(text)["reference"]
        return str(reference["name"]) if reference["kind"] == "Route" else ""
    except (ValueError, KeyError, TypeError):
        return ""


def _audience(token: str) -> str:
    """Return the first audience of a token, unverified."""
    try:
        payload = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=="))["aud"][0])
    except (ValueError, KeyError, IndexError, TypeError):
        return AUDIENCE


_DESCRIPTIONS = {
    "access_denied": "The resource owner or authorization server denied the request.",
    "invalid_grant": "The provided authorization grant (e.g., authorization code, resource owner "
    "credentials) or refresh token is invalid, expired, revoked, does not match the redirection URI used "
    "in the authorization request, or was issued to another client.",
    "invalid_request": "The request is missing a required parameter, includes an invalid parameter value, "
    "includes a parameter more than once, or is otherwise malformed.",
    "server_error": "The authorization server encountered an unexpected condition that prevented it from "
    "fulfilling the request.",
    "unauthorized_client": "The client is not authorized to request a token using this method.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
    "unsupported_response_type": "The authorization server does not support obtaining a token using this "
    "method.",
}
