"""The interface between the API's handlers and what serves a resource.

As `rest.Storage` in `k8s.io/apiserver/pkg/registry/rest`: one object serves one resource or subresource,
whether it stores objects, shows them in another form, or only answers a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sandbox.apimachinery import errors
from sandbox.apimachinery.json_types import Json, Obj
from sandbox.authorization.users import User
from sandbox.registry.patches import patched


class Context(NamedTuple):
    """Who asks, in which namespace, with which query; a dry run stores nothing."""

    user: User
    namespace: str = ""
    query: Mapping[str, str] = {}
    dry_run: bool = False


class Storage:
    """One resource. A verb whose method is not overridden is refused with 405."""

    watched = ""
    """The key in the store of the objects whose events a watch shows."""

    def is_open_to_all(self, body: Json) -> bool:
        """Tell whether a request needs no permission of its own."""
        return False

    def get(self, name: str, context: Context) -> Obj:
        """Return one object; StatusError 404 when there is none."""
        raise errors.method_not_allowed()

    def list(self, context: Context) -> list[Obj]:
        """Return all objects that the user may see."""
        raise errors.method_not_allowed()

    def shown(self, stored: Obj) -> Obj:
        """Convert a stored object of the key `watched` into one of this resource."""
        return stored

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Create an object, or answer the question that it asks; `name` is that of a subresource's parent."""
        raise errors.method_not_allowed()

    def update(self, name: str, obj: Obj, context: Context) -> Obj:
        """Replace an object."""
        raise errors.method_not_allowed()

    def patch(self, name: str, patch: Json, media_type: str, context: Context) -> Obj:
        """Change an object by a patch."""
        return self.update(name, patched(self.get(name, context), patch, media_type), context)

    def delete(self, name: str, options: Obj, context: Context) -> Obj:
        """Delete an object; return it or a Status, as the API does."""
        raise errors.method_not_allowed()
