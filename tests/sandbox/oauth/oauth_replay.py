"""Replay of the recorded OAuth exchanges against the sandbox's OAuth server and API.

Placeholders such as `<code>` and `<cookie-ssn>` are filled in by logging in and approving as needed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestServer
from yarl import URL

from sandbox.apimachinery.json_types import Obj
from sandbox.apiserver.http import application
from sandbox.oauth import access_tokens

from .oauth_project import CALLBACK, CLIENT, PREPARATIONS, REFERENCE, ROUTE, URI, Recorded

RECORDINGS = [json.loads(line) for line in (Path(__file__).parent / "oauth.jsonl").read_text().splitlines()]
BOTH = "user:info user:check-access"
VERIFIER = "v" * 43


class Replay(Recorded):
    """The two servers, with browsers and a hub as clients."""

    def __init__(self) -> None:
        super().__init__()
        self.code = ""
        self.approving: Obj = {}
        self.cookies: dict[str, dict[str, str]] = {}
        self.prepared: set[str] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.oauth.answer)
        servers = [TestServer(app), TestServer(application(self.api, self.tokens, oauth=self.oauth))]
        for server in servers:
            await server.start_server()
        self.at = {"OAUTH": str(servers[0].make_url("/")), "API": str(servers[1].make_url("/"))}
        async with ClientSession(cookie_jar=DummyCookieJar()) as self.session:
            yield
        for server in servers:
            await server.close()

    async def ask(self, record: Obj) -> Obj:
        """Return the response to a recorded request, with the recorder's placeholders in it."""
        self._prepare(record["name"])
        wanted = record["request"]
        if "code=" in record["response_headers"].get("Location", "") and self.approving:
            await self._approve(wanted["query"]["scope"].split())
        if "code" in (wanted.get("form") or wanted.get("query") or {}):
            await self._get_code(record)
        who = re.search(r"alice|bob|carol", record["as"])
        answer = await self._send(record, who[0] if who else "")
        if record["name"] == "logout":
            self.cookies.clear()
        location = answer["location"]
        self.approving = (
            {"path": location, "user": who[0] if who else ""}
            if location.startswith("authorize/approve")
            else {}
        )
        return answer

    async def _send(self, record: Obj, who: str) -> Obj:
        wanted = record["request"]
        form = wanted.get("form")
        pairs = list(form.items()) if isinstance(form, dict) else form
        filled = [(name, await self._filled(str(value), who)) for name, value in pairs] if pairs else None
        body = json.dumps(wanted["body"]) if "body" in wanted else None
        headers = {name: await self._filled(value, who) for name, value in wanted.get("headers", {}).items()}
        if record["url"].startswith("API") and record["as"] != "anonymous":
            headers["Authorization"] = f"Bearer {self._bearer(record)}"
        elif "Basic" in headers.get("Authorization", ""):
            text = re.search(r"<base64 of (.*)>", headers["Authorization"], re.DOTALL)
            headers["Authorization"] = f"Basic {base64.b64encode(text[1].encode()).decode()}" if text else ""
        place, _, path = record["url"].partition("/")
        path = path.replace("<token-object-name>", access_tokens.object_name(self.token))
        query = {name: await self._filled(value, who) for name, value in wanted.get("query", {}).items()}
        url = f"{self.at[place]}{path}" + (f"?{urlencode(query)}" if query else "")
        if filled is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(filled)
        elif body:
            headers["Content-Type"] = "application/json"
        async with self.session.request(
            record["method"], URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
        ) as response:
            text_of_answer = await response.text()
            is_json = response.content_type == "application/json"
            return {
                "status": response.status,
                "location": response.headers.get("Location", ""),
                "body": json.loads(text_of_answer) if is_json else None,
            }

    async def _filled(self, text: str, who: str) -> str:
        for found in re.findall(r"<([a-z0-9_-]+)>", text):
            text = text.replace(f"<{found}>", await self._value(found, who))
        return text

    async def _value(self, name: str, who: str) -> str:
        if name in ("csrf", "cookie-csrf", "cookie-ssn"):
            cookies = await self._cookies(who)
            return cookies["ssn" if name == "cookie-ssn" else "csrf"]
        if name.startswith("password-"):
            return name.removeprefix("password-")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
        issue = self.tokens.issue

        values: dict[str, Callable[[], str]] = {
            "code": lambda: self.code,
            "code_verifier": lambda: VERIFIER,
            "code_challenge": lambda: challenge,
            "jupyterhub-hub-token": lambda: (
                self.of_pod if "deleted-token-secret" in self.doing else issue("jupyterhub-hub")
            ),
            "projected-token": lambda: self.of_pod,
            "other-token": lambda: issue("other"),
            "bound-token": lambda: issue("jupyterhub-hub"),
            "bound-token-10m": lambda: issue("jupyterhub-hub", 600),
            "bound-token-to-secret": lambda: issue("jupyterhub-hub"),
            "bound-token-other-audience": self._for_others,
            "bound-token-of-other-sa": lambda: issue("other"),
            "expired-token": lambda: issue("jupyterhub-hub", -3600),
            "tampered-token": lambda: issue("jupyterhub-hub")[:-4] + "AAAA",
            "token": lambda: self.token,
        }
        return values.get(name, lambda: "")()

    def _for_others(self) -> str:
        return self.tokens.issue("jupyterhub-hub", audiences=["https://oauth.hub.example"])

    def _bearer(self, record: Obj) -> str:
        """Return the token of the recorded user for a request to the API."""
        if record["name"] == "secret/other-audience-against-api":
            return self._for_others()
        if record["name"].startswith("invalid-token/"):
            known = access_tokens.issue(self.store, "alice", CLIENT, ["user:info"], CALLBACK)
            return {"garbage": "x", "object-name": access_tokens.object_name(known)}.get(
                record["name"].rpartition("/")[2], access_tokens.new_secret()
            )
        if record["name"] in ("expiry/after", "expiry/after-unused", "revoke/after-delete-unused-token"):
            token = access_tokens.issue(self.store, "alice", CLIENT, BOTH.split(), CALLBACK)
            self.store.modify(
                access_tokens.TOKENS, access_tokens.object_name(token), lambda obj: obj.update(expiresIn=-1)
            )
            return token
        who = re.fullmatch(r"hub\(token of (\w+), (.*)\)", record["as"])
        if who:
            return access_tokens.issue(self.store, who[1], CLIENT, who[2].split(), CALLBACK)
        if record["as"].startswith("developer"):
            return "developer's"
        if record["name"] == "expiry/before":
            return access_tokens.issue(self.store, "alice", CLIENT, BOTH.split(), CALLBACK)
        return self.tokens.issue("jupyterhub-hub")

    async def _cookies(self, who: str) -> dict[str, str]:
        """Return the cookies of a browser that is logged in."""
        if who not in self.cookies:
            form = {"then": "/", "csrf": "c", "username": who, "password": who}
            async with self.session.post(
                f"{self.at['OAUTH']}login", data=form, headers={"Cookie": "csrf=c"}, allow_redirects=False
            ) as response:
                self.cookies[who] = {"csrf": "c", "ssn": response.cookies["ssn"].value}
        return self.cookies[who]

    async def _approve(self, scopes: list[str]) -> None:
        """Approve, as the person did before the recorded request."""
        asked = {name: value for name, (value,) in parse_qs(urlsplit(self.approving["path"]).query).items()}
        await self._click(self.approving["user"], asked["then"], scopes)

    async def _click(self, who: str, then: str, scopes: list[str]) -> None:
        cookies = await self._cookies(who)
        form = [
            ("then", then),
            ("csrf", "c"),
            ("user_name", who),
            ("client_id", CLIENT),
            ("approve", "Allow"),
        ]
        header = "; ".join(f"{name}={value}" for name, value in cookies.items())
        await self.session.post(
            f"{self.at['OAUTH']}oauth/authorize/approve",
            data=[*form, *(("scope", scope) for scope in scopes)],
            headers={"Cookie": header},
            allow_redirects=False,
        )

    async def _get_code(self, record: Obj) -> None:
        """Return a code of alice, with the scopes of the recorded token."""
        name = record["name"]
        if name in ("secret/code-unknown", "secret/code-survives-wrong-secret-2"):
            return  # that of the exchange before
        scope = (
            (record["response"] or {}).get("scope", BOTH) if isinstance(record["response"], dict) else BOTH
        )
        query = {"response_type": "code", "client_id": CLIENT, "redirect_uri": CALLBACK, "scope": scope}
        if "pkce" in name and "without-challenge" not in name:
            query |= {
                "code_challenge": await self._value("code_challenge", ""),
                "code_challenge_method": "S256",
            }
        annotations = self.annotate({URI: "/hub/oauth_callback", REFERENCE: ROUTE})
        who = "alice" if scope == BOTH else "bob" if "partial" in name else "carol"
        await self._click(who, "../authorize", scope.split())
        header = "; ".join(f"{key}={value}" for key, value in (await self._cookies(who)).items())
        async with self.session.get(
            URL(f"{self.at['OAUTH']}oauth/authorize?{urlencode(query)}", encoded=True),
            headers={"Cookie": header},
            allow_redirects=False,
        ) as response:
            self.code = parse_qs(urlsplit(response.headers["Location"]).query)["code"][0]
        self.annotate(annotations)

    def _prepare(self, name: str) -> None:
        """Prepare what the recorder had prepared."""
        self.doing = name
        for pattern, act in PREPARATIONS.items():
            if re.match(pattern, name) and pattern not in self.prepared:
                self.prepared.add(pattern)
                act(self)
