"""Users, service accounts and their bearer tokens."""

from __future__ import annotations

import hmac
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import jwt

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.store import Store

BOUND_TO = ("serviceaccount", "pod", "secret")
AUDIENCE = "https://kubernetes.default.svc"
AUTHENTICATED = "system:authenticated"
OAUTH = "system:authenticated:oauth"
SCOPES = "scopes.authorization.openshift.io"  # the key in a user's extra of the token's scopes


@dataclass(frozen=True)
class User:
    """A user with groups, as RBAC sees one."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: dict[str, list[str]] = field(default_factory=dict, hash=False)

    def info(self) -> Obj:
        """Return the `UserInfo`, as in a TokenReview."""
        parts = {"username": self.name, "uid": self.uid, "groups": list(self.groups), "extra": self.extra}
        return {key: value for key, value in parts.items() if value}


ADMIN = User("admin", ("system:cluster-admins", OAUTH, AUTHENTICATED))
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))


def person(name: str) -> User:
    """Return the user of a person who has logged in."""
    return User(name, (OAUTH, AUTHENTICATED))


def service_account(namespace: str, name: str, uid: str = "") -> User:
    """Return the user of a service account."""
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", AUTHENTICATED)
    return User(f"system:serviceaccount:{namespace}:{name}", groups, uid)


class Tokens:
    """Bearer tokens: fixed ones for people, signed ones (JWT, HS256) for service accounts."""

    def __init__(self, store: Store, project: Project, key: bytes, people: dict[str, User]) -> None:
        self._store = store
        self._project = project
        self._key = key
        self._people = people
        self.of_people: Callable[[str], User | None] = lambda token: None  # set by the OAuth server

    def issue(
        self, account: str, seconds: int = 3607, audiences: list[str] | None = None, bound: Obj | None = None
    ) -> str:
        """Issue a token for a service account; bound to a pod or a secret, it ends with that."""
        issued = int(time.time())
        uid = self._store.get("serviceaccounts", account)["metadata"]["uid"]
        names: Obj = {"namespace": self._project.name, "serviceaccount": {"name": account, "uid": uid}}
        if bound:
            meta = bound["metadata"]
            names[bound["kind"].lower()] = {"name": meta["name"], "uid": meta["uid"]}
        claims: Obj = {"aud": audiences or [AUDIENCE], "exp": issued + seconds, "iat": issued, "nbf": issued}
        claims |= {"iss": AUDIENCE, "jti": str(uuid.uuid4()), "kubernetes.io": names}
        claims["sub"] = f"system:serviceaccount:{self._project.name}:{account}"
        return jwt.encode(claims, self._key, algorithm="HS256")

    def user(self, token: str, audience: str = AUDIENCE) -> User | None:
        """Return the user of a token; None when it is unknown, expired, or its account or pod is gone."""
        for known, someone in self._people.items():
            if hmac.compare_digest(known.encode(), token.encode()):
                return someone
        if (logged_in := self.of_people(token)) and audience == AUDIENCE:
            return logged_in
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"], audience=audience)
        except jwt.InvalidTokenError:
            return None
        names = claims["kubernetes.io"]
        account = names["serviceaccount"]
        kinds = [kind for kind in BOUND_TO if kind in names]
        alive = all(self._alive(f"{kind}s", names[kind]) for kind in kinds)
        return service_account(names["namespace"], account["name"], account["uid"]) if alive else None

    def _alive(self, resource: str, reference: Obj) -> bool:
        found = self._store.look_at(resource, reference["name"])
        return bool(found and found["metadata"]["uid"] == reference["uid"])
