"""Authentication by bearer token, and impersonation (`kubectl --as`).

As `k8s.io/apiserver/pkg/endpoints/filters/{authentication,impersonation}.go`.
"""

from __future__ import annotations

from multidict import CIMultiDictProxy

from sandbox.apimachinery.errors import StatusError, unauthorized
from sandbox.authorization.rbac import Ask, Rbac
from sandbox.authorization.users import ANONYMOUS, AUTHENTICATED, Tokens, User, service_account

PREFIX = "system:serviceaccount:"


def authenticate(headers: CIMultiDictProxy[str], tokens: Tokens, rbac: Rbac) -> User:
    """Return the user of the token; StatusError 401 for an unknown one, 403 for a forbidden impersonation."""
    kind, _, token = headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not token:
        return ANONYMOUS
    user = tokens.user(token.strip())
    if user is None:
        raise unauthorized()
    return _impersonated(user, headers, rbac)


def _impersonated(user: User, headers: CIMultiDictProxy[str], rbac: Rbac) -> User:
    """Return the user whom the headers name; it takes the verb `impersonate` on them and on each group."""
    name, groups = headers.get("Impersonate-User", ""), headers.getall("Impersonate-Group", [])
    if not name:
        if groups:
            raise StatusError(
                500, "InternalError", "Internal error occurred: requested groups without a user"
            )
        return user
    if name.startswith(PREFIX):
        namespace, _, account = name.removeprefix(PREFIX).partition(":")
        rbac.require(user, Ask("impersonate", "", "serviceaccounts", account, namespace))
        other = service_account(namespace, account)
    else:
        rbac.require(user, Ask("impersonate", "", "users", name))
        other = User(name, (AUTHENTICATED,))
    for group in groups:
        rbac.require(user, Ask("impersonate", "", "groups", group))
    return User(other.name, tuple(dict.fromkeys((*groups, *other.groups)))) if groups else other
