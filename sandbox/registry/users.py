"""`users`: the people who have logged in, and `users/~`, the user who asks."""

from __future__ import annotations

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import USERS
from sandbox.registry.api import Stored
from sandbox.registry.rest import Context


class Users(Stored):
    """The stored users, one of which may be named `~`."""

    def get(self, name: str, context: Context) -> Obj:
        """Return a user; `~` for the one who asks, known by login or not."""
        if name != "~":
            return super().get(name, context)
        user = context.user
        meta = {"name": user.name, **({"uid": user.uid} if user.uid else {})}
        head = {"kind": "User", "apiVersion": "user.openshift.io/v1", "metadata": meta, "identities": None}
        return {**head, **(self.api.store.find(USERS, user.name) or {}), "groups": sorted(user.groups)}
