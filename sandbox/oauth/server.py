"""OpenShift's OAuth server: login, approval, authorization codes and access tokens.

| path | |
|---|---|
| `/oauth/authorize` | redirects to the login, to the approval, or back to the client with a code |
| `/login`, `/oauth/authorize/approve`, `/logout` | forms with a CSRF token, which a cookie holds too |
| `/oauth/token` | exchanges a code for an access token |

It answers as recorded in `tests/sandbox/oauth/oauth.jsonl`, but for the look of its pages.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

from aiohttp import web
from multidict import MultiDictProxy

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.store import Store
from sandbox.authorization import oauth_scopes
from sandbox.authorization.users import Tokens
from sandbox.oauth import access_tokens, pages
from sandbox.oauth.clients import Clients, OAuthError, within
from sandbox.oauth.codes import Codes, check_challenge

Query = Mapping[str, str]


class OAuth:
    """The server behind `https://HOST:PORT`."""

    def __init__(
        self, store: Store, project: Project, tokens: Tokens, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.host = f"oauth-openshift.apps.{project.domain}"
        self.port = 443
        self._store = store
        self._project = project
        self._clients = Clients(store, project, tokens, clock)
        self._sessions: dict[str, str] = {}
        self._approved: dict[tuple[str, str], set[str]] = {}
        self._codes = Codes(self._clients)
        tokens.of_people = lambda token: access_tokens.find_user(store, token)

    @property
    def metadata(self) -> Obj:
        """Return `/.well-known/oauth-authorization-server` (RFC 8414)."""
        issuer = f"https://{self.host}" + ("" if self.port == 443 else f":{self.port}")
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/oauth/authorize",
            "token_endpoint": f"{issuer}/oauth/token",
            "scopes_supported": list(oauth_scopes.SUPPORTED),
            "response_types_supported": ["code", "token"],
            "grant_types_supported": ["authorization_code", "implicit"],
            "code_challenge_methods_supported": ["plain", "S256"],
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Respond to any path."""
        form: MultiDictProxy[Any] = await request.post()
        if request.path == "/oauth/token":
            return self._token(request, {**request.query, **form})
        if request.path == "/oauth/authorize":
            return self._authorize(request)
        if request.path == "/login":
            return self._log_in(request, form) if request.method == "POST" else _login_page(request)
        if request.path == "/oauth/authorize/approve":
            return self._approve(request, form) if request.method == "POST" else self._approval_page(request)
        if request.path == "/logout" and request.method == "POST":
            self._sessions.pop(request.cookies.get("ssn", ""), None)
            response = _redirect(_local(form.get("then", "/")))
            response.del_cookie("ssn")
            return response
        return web.Response(status=404, text="404 page not found\n")

    def _authorize(self, request: web.Request) -> web.Response:
        query = request.query
        try:
            allowed = self._clients.redirect_uris(query.get("client_id", ""), self.port)
            target = query.get("redirect_uri") or allowed[0]
            if not within(target, allowed):
                raise OAuthError("invalid_request")
        except OAuthError as error:
            state = {"state": query["state"]} if "state" in query else {}
            return web.json_response({**error.body, **state}, status=400)
        try:
            _check_authorization(query)
        except OAuthError as error:
            return _redirect(_with_query(target, {**error.body, "state": query.get("state", "")}))
        user = self._user(request)
        if not user:
            return _redirect(f"/login?{_encoded({'then': request.raw_path})}")
        scopes = (query.get("scope") or "user:full").split()
        wrong, denied = oauth_scopes.invalid(scopes), oauth_scopes.denied(scopes, self._project.name)
        if wrong:
            return _redirect(_with_query(target, {"error": "invalid_scope", "error_description": wrong}))
        if denied:
            text = f"scope denied: {' '.join(denied)}"
            return _redirect(_with_query(target, {"error": "access_denied", "error_description": text}))
        if not set(scopes) <= self._approved.get((user, query["client_id"]), set()):
            asked = {"client_id": query["client_id"], "redirect_uri": target, "scope": " ".join(scopes)}
            return _redirect(f"authorize/approve?{_encoded({**asked, 'then': f'..{request.raw_path[6:]}'})}")
        return self._granted(request, user, target, scopes)

    def _granted(self, request: web.Request, user: str, target: str, scopes: list[str]) -> web.Response:
        query, client = request.query, request.query["client_id"]
        state = query.get("state", "")
        if query["response_type"] == "token":
            token = access_tokens.issue(self._store, user, client, scopes, target)
            answer = {**_token_answer(token, scopes), "state": state}
            response = _redirect(f"{target}#{_encoded({key: str(value) for key, value in answer.items()})}")
        else:
            code = self._codes.issue(user, target, scopes, query)
            response = _redirect(_with_query(target, {"code": code, "state": state}))
        self._remember(response, user)
        return response

    def _user(self, request: web.Request) -> str:
        """Return the user name by cookie or by name and password; empty for an unknown user."""
        name, password = _basic(request)
        if name and access_tokens.password_is_right(self._store, name, password):
            return name
        return self._sessions.get(request.cookies.get("ssn", ""), "")

    def _remember(self, response: web.Response, user: str) -> None:
        session = secrets.token_urlsafe(32)
        self._sessions[session] = user
        _set_cookie(response, "ssn", session)

    def _log_in(self, request: web.Request, form: Query) -> web.Response:
        then = _local(form.get("then", "/"))
        if not _csrf_is_right(request, form):
            return _redirect(f"/login?{_encoded({'reason': 'token_expired', 'then': then})}")
        name = form.get("username", "")
        if not access_tokens.password_is_right(self._store, name, form.get("password", "")):
            return _redirect(f"/login?{_encoded({'reason': 'access_denied', 'then': then})}")
        response = _redirect(then)
        self._remember(response, name)
        return response

    def _approval_page(self, request: web.Request) -> web.Response:
        query = {name: request.query.get(name, "") for name in ("then", "client_id", "redirect_uri")}
        user = self._user(request)
        if not user or query["client_id"].count(":") != 3:
            return web.Response(status=400, text="Invalid request\n")
        csrf = request.cookies.get("csrf") or secrets.token_urlsafe(32)
        scopes = request.query.get("scope", "").split()
        text = pages.approval_page({**query, "csrf": csrf, "user_name": user}, scopes)
        return _page(text, csrf)

    def _approve(self, request: web.Request, form: MultiDictProxy[Any]) -> web.Response:
        user = self._user(request)
        then = urlsplit(form.get("then", ""))
        if not _csrf_is_right(request, form) or user != form.get("user_name") or then.netloc or then.scheme:
            return web.Response(status=400, text="Invalid request\n")
        query = dict(parse_qsl(then.query, keep_blank_values=True))
        scopes = form.getall("scope", [])
        if "approve" in form and scopes:
            query["scope"] = " ".join(scopes)
            self._approved.setdefault((user, form["client_id"]), set()).update(scopes)
        else:
            query["error"] = "access_denied"
        return _redirect(f"{then.path}?{_encoded(query)}")

    def _token(self, request: web.Request, given: Query) -> web.Response:
        basic = _basic(request) if "Authorization" in request.headers else None
        try:
            code = self._codes.redeem(given, basic, self.port)
        except OAuthError as error:
            return web.json_response(error.body, status=400)
        token = access_tokens.issue(self._store, code.user, code.client, code.scopes, code.redirect_uri)
        return web.json_response(_token_answer(token, code.scopes))


def _check_authorization(query: Query) -> None:
    if query.get("response_type") not in ("code", "token"):
        raise OAuthError("unsupported_response_type")
    if query.get("error"):
        raise OAuthError("access_denied")
    check_challenge(query)


def _login_page(request: web.Request) -> web.Response:
    csrf = request.cookies.get("csrf") or secrets.token_urlsafe(32)
    query = request.query
    return _page(pages.login_page(query.get("then", "/"), csrf, query.get("reason", "")), csrf)


def _page(text: str, csrf: str) -> web.Response:
    response = web.Response(text=text, content_type="text/html")
    _set_cookie(response, "csrf", csrf)
    return response


def _set_cookie(response: web.Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", httponly=True, secure=True)


def _csrf_is_right(request: web.Request, form: Query) -> bool:
    cookie = request.cookies.get("csrf", "")
    return bool(cookie) and hmac.compare_digest(cookie.encode(), str(form.get("csrf", "")).encode())


def _basic(request: web.Request) -> tuple[str, str]:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


def _token_answer(token: str, scopes: list[str]) -> Obj:
    known = {"access_token": token, "expires_in": access_tokens.EXPIRES_IN}
    return {**known, "scope": " ".join(scopes), "token_type": "Bearer"}


def _local(then: str) -> str:
    """Return a redirect target on this server; a form must not redirect elsewhere."""
    return then if then.startswith("/") and not then.startswith(("//", "/\\")) else "/"


def _with_query(target: str, query: Query) -> str:
    return f"{target}{'&' if urlsplit(target).query else '?'}{_encoded(query)}"


def _encoded(query: Query) -> str:
    """Encode a query in the order of the names, as Go does."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in sorted(query.items()))


def _redirect(location: str) -> web.Response:
    return web.Response(status=302, headers={"Location": location})
