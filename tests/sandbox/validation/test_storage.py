"""What the API refuses of claims and storage classes, with the messages of Kubernetes 1.36."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.apimachinery.json_types import Obj
from sandbox.authorization.users import ADMIN
from tests.sandbox.projects import an_api, refusal

CLASSES, CLAIMS = "storageclasses.storage.k8s.io", "persistentvolumeclaims"


def invalid(resource: str, obj: Obj) -> str:
    """Return what follows `is invalid: ` in the refusal."""
    return refusal(an_api(), resource, obj, ADMIN).message.partition(" is invalid: ")[2]


def test_a_storage_class_is_validated() -> None:
    wrong = {"metadata": {"name": "c"}, "reclaimPolicy": "Recycle", "volumeBindingMode": "Later"}
    assert invalid(CLASSES, wrong) == (
        "[provisioner: Required value, "
        'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain", '
        'volumeBindingMode: Unsupported value: "Later": '
        'supported values: "Immediate", "WaitForFirstConsumer"]'
    )


def test_a_storage_class_cannot_change() -> None:
    api = an_api()
    made = api.create(CLASSES, {"metadata": {"name": "c"}, "provisioner": "x.y/z"}, ADMIN)
    assert (made["reclaimPolicy"], made["volumeBindingMode"]) == ("Delete", "Immediate")
    changed = {**made, "provisioner": "a", "volumeBindingMode": "WaitForFirstConsumer"}
    with pytest.raises(Exception, match="is invalid") as caught:
        api.update(CLASSES, changed, ADMIN)
    assert str(caught.value).partition(" is invalid: ")[2] == (
        "[provisioner: Forbidden: updates to provisioner are forbidden., "
        'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable]'
    )


def a_claim(**spec: Any) -> Obj:
    resources = {"requests": {"storage": "1Gi"}}
    return {
        "metadata": {"name": "c"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": resources, **spec},
    }


def test_a_data_source_is_written_in_both_fields() -> None:
    source = {"kind": "PersistentVolumeClaim", "name": "other"}
    for field in ("dataSource", "dataSourceRef"):
        spec = an_api().create(CLAIMS, a_claim(**{field: source}), ADMIN)["spec"]
        both = [{**spec[each], "apiGroup": None} for each in ("dataSource", "dataSourceRef")]
        assert both == [{**source, "apiGroup": None}] * 2


def test_a_data_source_is_validated() -> None:
    pod = {"kind": "Pod", "name": ""}
    claim = {"kind": "PersistentVolumeClaim", "name": "b"}
    assert invalid(CLAIMS, a_claim(dataSource=pod, dataSourceRef=claim)) == (
        "[spec.dataSource.name: Required value, "
        'spec.dataSource: Invalid value: "Pod": '
        "must be 'PersistentVolumeClaim' when referencing the default apiGroup, "
        'spec: Invalid value: "spec.dataSource": must match dataSourceRef]'
    )
