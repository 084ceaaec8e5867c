"""The people who can log in, and the access tokens that the OAuth server issues.

A token is an object of the store, named by its hash; its deletion revokes it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from sandbox.apimachinery.project import Project
from sandbox.apimachinery.resource_keys import RBAC_GROUP, ROLE_BINDINGS, USERS
from sandbox.apimachinery.store import Store
from sandbox.authorization.users import SCOPES, User, person

TOKENS = "oauthaccesstokens.oauth.openshift.io"
GROUPS = "groups.user.openshift.io"
PREFIX = "sha256~"
EXPIRES_IN = 86400
ROLES = {"alice": "", "bob": "view", "carol": "admin"}  # roles in the project; each password is the name


def fill(store: Store, project: Project) -> None:
    """Store the people who can log in, and their roles in the project."""
    for name in (*ROLES, project.requester):
        meta = {"name": name, "uid": str(uuid.uuid4())}
        head = {"kind": "User", "apiVersion": "user.openshift.io/v1", "metadata": meta}
        store.create(USERS, {**head, "identities": [f"htpasswd:{name}"], "groups": None})
    for name, role in ROLES.items():
        if role:
            head = {"kind": "RoleBinding", "apiVersion": f"{RBAC_GROUP}/v1"}
            meta = {"name": f"{name}-{role}", "namespace": project.name}
            subject = {"kind": "User", "apiGroup": RBAC_GROUP, "name": name}
            reference = {"kind": "ClusterRole", "apiGroup": RBAC_GROUP, "name": role}
            store.create(
                ROLE_BINDINGS, {**head, "metadata": meta, "subjects": [subject], "roleRef": reference}
            )


def password_is_right(store: Store, name: str, password: str) -> bool:
    """Tell whether a password is right."""
    return store.find(USERS, name) is not None and password == name


def issue(store: Store, user: str, client: str, scopes: Iterable[str], redirect_uri: str) -> str:
    """Issue an access token."""
    token = new_secret()
    known = store.get(USERS, user)
    store.create(
        TOKENS,
        {
            "kind": "OAuthAccessToken",
            "apiVersion": "oauth.openshift.io/v1",
            "metadata": {"name": object_name(token)},
            "clientName": client,
            "expiresIn": EXPIRES_IN,
            "scopes": list(scopes),
            "redirectURI": redirect_uri,
            "userName": user,
            "userUID": known["metadata"]["uid"],
        },
    )
    return token


def find_user(store: Store, token: str) -> User | None:
    """Return the user of a token with their current groups; None when it is unknown or expired."""
    found = store.find(TOKENS, object_name(token)) if token.startswith(PREFIX) else None
    if found is None:
        return None
    made = datetime.strptime(found["metadata"]["creationTimestamp"], "%Y-%m-%dT%H:%M:%S%z")
    if datetime.now(timezone.utc) > made + timedelta(seconds=found["expiresIn"]):
        return None
    name = found["userName"]
    groups = [g["metadata"]["name"] for g in store.list(GROUPS) if name in (g.get("users") or [])]
    known = person(name)
    return User(name, (*groups, *known.groups), found["userUID"], {SCOPES: found["scopes"]})


def new_secret() -> str:
    """Return a new token or code."""
    return PREFIX + secrets.token_urlsafe(32)


def object_name(token: str) -> str:
    """Return the name of the object that stores a token: its hash."""
    digest = hashlib.sha256(token.removeprefix(PREFIX).encode()).digest()
    return PREFIX + base64.urlsafe_b64encode(digest).decode().rstrip("=")
