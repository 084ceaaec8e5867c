"""A project with an API but no controllers, for tests of what the API itself decides."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import seed
from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.resource_keys import ROLE_BINDINGS
from sandbox.apimachinery.store import Store
from sandbox.authorization.users import ADMIN, User, person, service_account
from sandbox.registry.api import Api

PROJECT = Project("rec", uid_first=1000190000, domain="real.test")
DEVELOPER = person("developer")
HUB = service_account(PROJECT.name, "jupyterhub")


def an_api() -> Api:
    """Return the project's API, with a service account `jupyterhub` that has the role `edit`."""
    store = Store()
    seed.fill(store, PROJECT)
    api = Api(store, PROJECT)
    api.create("serviceaccounts", {"metadata": {"name": "jupyterhub"}}, ADMIN)
    subject = {"kind": "ServiceAccount", "name": "jupyterhub", "namespace": PROJECT.name}
    api.create(ROLE_BINDINGS, binding("edit", "ClusterRole", subject), ADMIN)
    return api


def binding(role: str, kind: str, subject: Obj) -> Obj:
    """Return a RoleBinding named after its role."""
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role}
    return {"metadata": {"name": role}, "subjects": [subject], "roleRef": reference}


def a_pod(name: str = "x", *, container: Obj | None = None, **spec: Any) -> Obj:
    """Return a pod of one container."""
    main = {"name": "main", "image": "busybox:1", **(container or {})}
    return {"metadata": {"name": name}, "spec": {"containers": [main], **spec}}


def refusal(api: Api, resource: str, obj: Obj, user: User = HUB) -> StatusError:
    """Return the refusal of a new object."""
    with pytest.raises(StatusError) as caught:
        api.create(resource, obj, user)
    return caught.value
