"""`authentication.k8s.io`: reviews of tokens and of oneself."""

from __future__ import annotations

from sandbox.apimachinery.json_types import Obj
from sandbox.authorization.users import AUDIENCE, Tokens
from sandbox.registry.rest import Context, Storage


class TokenReviews(Storage):
    """`tokenreviews`."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Answer with the user of the token, for the first audience that fits."""
        spec = obj["spec"]
        for audience in spec.get("audiences") or [AUDIENCE]:
            if user := self._tokens.user(spec.get("token", ""), audience):
                status = {"authenticated": True, "user": user.info(), "audiences": [audience]}
                return {**obj, "status": status}
        return {**obj, "status": {"user": {}, "error": "invalid bearer token"}}


class SelfSubjectReviews(Storage):
    """`selfsubjectreviews`, for `kubectl auth whoami`."""

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Answer with the user who asks."""
        return {**obj, "status": {"userInfo": context.user.info()}}
