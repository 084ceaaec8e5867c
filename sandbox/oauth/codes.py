"""Authorization codes: issue, redemption and PKCE, as in RFC 6749 and RFC 7636."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from sandbox.oauth import access_tokens
from sandbox.oauth.clients import Clients, OAuthError

Query = Mapping[str, str]

SECONDS = 300
CHALLENGE = re.compile(r"[-A-Za-z0-9._~]{43,128}")
NOT_FOR_SERVICE_ACCOUNTS = ("client_credentials", "password", "assertion")


@dataclass(frozen=True)
class Code:
    """An authorization request that a user has approved."""

    client: str
    user: str
    scopes: list[str]
    redirect_uri: str
    challenge: str
    method: str
    until: float


class Codes:
    """The codes that were not redeemed yet."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._codes: dict[str, Code] = {}

    def issue(self, user: str, target: str, scopes: list[str], query: Query) -> str:
        """Issue a code for an authorization request."""
        code = access_tokens.new_secret()
        challenge, method = query.get("code_challenge", ""), query.get("code_challenge_method", "plain")
        until = time.monotonic() + SECONDS
        self._codes[code] = Code(query["client_id"], user, scopes, target, challenge, method, until)
        return code

    def redeem(self, given: Query, basic: tuple[str, str] | None, port: int) -> Code:
        """Redeem a code, once, for its client only."""
        if given.get("grant_type") != "authorization_code":
            known = given.get("grant_type") in NOT_FOR_SERVICE_ACCOUNTS
            raise OAuthError("access_denied" if known else "unsupported_grant_type")
        if basic is None and not {"client_id", "client_secret"} <= given.keys():
            raise OAuthError("invalid_request")
        client, secret = map(unquote_plus, basic) if basic else (given["client_id"], given["client_secret"])
        self._clients.redirect_uris(client, port)
        code = self._codes.get(given.get("code", ""))
        if not self._clients.secret_is_right(client, secret) or code is None or code.until < time.monotonic():
            raise OAuthError("unauthorized_client")
        if code.client != client:
            raise OAuthError("invalid_grant")
        if given.get("redirect_uri", "") != code.redirect_uri:
            raise OAuthError("invalid_request")
        if code.challenge:
            _check_verifier(code, given.get("code_verifier", ""))
        return self._codes.pop(given["code"])


def check_challenge(query: Query) -> None:
    """Raise OAuthError when the code challenge of an authorization request is invalid."""
    challenge, method = query.get("code_challenge", ""), query.get("code_challenge_method", "plain")
    if challenge and method not in ("plain", "S256"):
        unknown = "code_challenge_method transform algorithm not supported (rfc7636)"
        raise OAuthError("invalid_request", unknown)
    if challenge and not CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "code_challenge invalid (rfc7636)")


def _check_verifier(code: Code, verifier: str) -> None:
    if not CHALLENGE.fullmatch(verifier):
        raise OAuthError("invalid_request")
    digest = hashlib.sha256(verifier.encode()).digest()
    hashed = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not hmac.compare_digest(hashed if code.method == "S256" else verifier, code.challenge):
        raise OAuthError("invalid_grant")
