"""`projects`: the namespaces that a user may get, as OpenShift's own kind."""

from __future__ import annotations

from sandbox.apimachinery import errors
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import PROJECTS
from sandbox.authorization.rbac import Ask
from sandbox.registry.api import Api, Stored
from sandbox.registry.rest import Context, Storage

NAMESPACES = "namespaces"
ONLY_ONE = "the sandbox has this one project only; stop the sandbox instead"


class Projects(Storage):
    """Shows namespaces as projects."""

    watched = NAMESPACES

    def __init__(self, api: Api) -> None:
        self._store = api.store
        self._rbac = api.rbac

    def get(self, name: str, context: Context) -> Obj:
        """Return the project of a namespace."""
        namespace = self._store.find(NAMESPACES, name)
        if namespace is None:
            raise errors.not_found(PROJECTS, name)
        return self.shown(namespace)

    def list(self, context: Context) -> list[Obj]:
        """Return the projects that the user may get."""
        projects = [self.shown(namespace) for namespace in self._store.list(NAMESPACES)]
        return [project for project in projects if self._may_get(project["metadata"]["name"], context)]

    def shown(self, stored: Obj) -> Obj:
        """Convert a Namespace into a Project."""
        return {**stored, "kind": "Project", "apiVersion": "project.openshift.io/v1"}

    def delete(self, name: str, options: Obj, context: Context) -> Obj:
        """Refuse: the sandbox cannot go on without its project."""
        raise errors.forbidden(PROJECTS, name, ONLY_ONE)

    def _may_get(self, name: str, context: Context) -> bool:
        return self._rbac.decide(context.user, Ask("get", "", NAMESPACES, name, name)).allowed


class Namespaces(Stored):
    """The stored namespaces, which cannot be deleted."""

    def delete(self, name: str, options: Obj, context: Context) -> Obj:
        """Refuse: the sandbox cannot go on without its namespace."""
        raise errors.forbidden(NAMESPACES, name, ONLY_ONE)


class ProjectRequests(Storage):
    """`projectrequests`: what `oc new-project` creates."""

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Refuse, as a cluster does whose admins create all projects."""
        why = "You may not request a new project via this API."
        raise errors.forbidden("projectrequests.project.openshift.io", "", why)
