"""Setting an owner requires permission to delete the object; the texts are those of kube-apiserver 1.36."""

from __future__ import annotations

import pytest

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.resource_keys import ROLE_BINDINGS, ROLES
from sandbox.authorization.users import ADMIN, service_account
from sandbox.registry.api import Api
from tests.sandbox.projects import HUB, PROJECT, an_api, binding

ACCOUNT = service_account(PROJECT.name, "narrow")
RULES = [
    {"apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": ["patch"]},
    {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["owned"], "verbs": ["delete"]},
]
MAY_NOT_DELETE = "cannot set an ownerRef on a resource you can't delete: , <nil>"
MAY_NOT_BLOCK = (
    "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on"
    ": , <nil>"
)


@pytest.fixture
def api() -> Api:
    """An API with an account that may patch secrets and config maps, and delete one config map."""
    api = an_api()
    api.create(ROLES, {"metadata": {"name": "narrow"}, "rules": RULES}, ADMIN)
    subject = {"kind": "ServiceAccount", "name": "narrow", "namespace": PROJECT.name}
    api.create(ROLE_BINDINGS, binding("narrow", "Role", subject), ADMIN)
    for resource in ("secrets", "configmaps"):
        api.create(resource, {"metadata": {"name": "owned"}}, ADMIN)
    api.create("configmaps", {"metadata": {"name": "other"}}, ADMIN)
    return api


def owned(api: Api, resource: str, name: str = "owned", user=ACCOUNT, **reference: bool) -> str:
    """Set an owner; return the owner, or the refusal."""
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "hub", "uid": "1", **reference}
    patch = {"metadata": {"ownerReferences": [owner]}}
    try:
        changed = api.patch(resource, name, "application/merge-patch+json", patch, user)
    except StatusError as refusal:
        assert (refusal.code, refusal.reason) == (403, "Forbidden")
        return refusal.message
    return str(changed["metadata"]["ownerReferences"][0]["name"])


def test_setting_an_owner_requires_permission_to_delete_the_object(api: Api) -> None:
    assert owned(api, "secrets") == f'secrets "owned" is forbidden: {MAY_NOT_DELETE}'
    assert owned(api, "configmaps", "other") == f'configmaps "other" is forbidden: {MAY_NOT_DELETE}'
    assert owned(api, "configmaps") == "hub"


def test_blocking_an_owners_deletion_requires_permission_on_its_finalizers(api: Api) -> None:
    assert (
        owned(api, "configmaps", blockOwnerDeletion=True)
        == f'configmaps "owned" is forbidden: {MAY_NOT_BLOCK}'
    )
    assert owned(api, "configmaps", blockOwnerDeletion=False) == "hub"


def test_other_changes_require_no_further_permission(api: Api) -> None:
    assert owned(api, "secrets", user=HUB) == "hub"
    patch = {"metadata": {"labels": {"a": "b"}}}
    changed = api.patch("secrets", "owned", "application/merge-patch+json", patch, ACCOUNT)
    assert (changed["metadata"]["labels"], len(changed["metadata"]["ownerReferences"])) == ({"a": "b"}, 1)
