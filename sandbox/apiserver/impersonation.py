"""`--as` and `--as-group`: asking in somebody else's name.

As `k8s.io/apiserver/pkg/endpoints/filters/impersonation.go`: it takes the verb `impersonate` on the other.
"""

from __future__ import annotations

from multidict import CIMultiDictProxy

from sandbox.apimachinery.errors import StatusError
from sandbox.authorization.rbac import Ask, Rbac
from sandbox.authorization.users import AUTHENTICATED, User, service_account

PREFIX = "system:serviceaccount:"


def impersonated(user: User, headers: CIMultiDictProxy[str], rbac: Rbac) -> User:
    """Who asks, seen by the headers; StatusError 403 for those who may not."""
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
