"""An OpenID Connect provider of two pages and two people, for real logins."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import threading
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

PEOPLE = {"ada": ["teachers", "staff"], "mallory": ["staff"]}


class Provider:
    """Logs in whom `at_the_door` names; checks the client, its secret and the challenge."""

    def __init__(self, client: str, secret: str, callback: str) -> None:
        self.client, self.secret, self.callback = client, secret, callback
        self.at_the_door = "ada"
        self._codes: dict[str, tuple[str, str]] = {}  # person and challenge
        self._tokens: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Provider:
        self._thread.start()
        self.url: str = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self) -> str:
        app = web.Application()
        app.router.add_get("/{path:.*}/auth", self._auth)
        app.router.add_post("/{path:.*}/token", self._token)
        app.router.add_get("/{path:.*}/userinfo", self._userinfo)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _auth(self, request: web.Request) -> web.Response:
        asked = request.query
        assert (asked["response_type"], asked["client_id"]) == ("code", self.client)
        assert (asked["redirect_uri"], asked["code_challenge_method"]) == (self.callback, "S256")
        assert "openid" in asked["scope"].split()
        code = secrets.token_hex()
        self._codes[code] = self.at_the_door, asked["code_challenge"]
        back = urlencode({"code": code, "state": asked["state"]})
        return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{back}"})

    async def _token(self, request: web.Request) -> web.Response:
        form = dict(parse_qsl(await request.text()))
        person, challenge = self._codes.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        good = base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenge
        if (form["client_id"], form["client_secret"], good) != (self.client, self.secret, True):
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = secrets.token_hex()
        self._tokens[token] = person
        return web.json_response({"access_token": token, "token_type": "Bearer", "scope": "openid profile"})

    async def _userinfo(self, request: web.Request) -> web.Response:
        person = self._tokens[request.headers["Authorization"].removeprefix("Bearer ")]
        return web.json_response({"sub": "1", "preferred_username": person, "groups": PEOPLE[person]})
