"""Claims are bound by their class and its binding mode; one that cannot be bound says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox import seed
from sandbox.apimachinery.json_types import Obj
from sandbox.authorization.users import ADMIN
from sandbox.controllers.loop import Cluster
from sandbox.controllers.volumes import Volumes
from sandbox.registry.api import Api
from sandbox.scheduler.scheduler import Scheduler
from tests.sandbox.projects import PROJECT, a_pod, an_api

OURS = "kubernetes.io/host-path"


@pytest.fixture
def api() -> Api:
    api = an_api()
    api.store.create("nodes", seed.node())
    return api


@pytest.fixture
def volumes(api: Api) -> Volumes:
    return Volumes(Cluster(api.store, api, PROJECT, Path("unused")))


def claim(api: Api, name: str, storage_class: str | None) -> Obj:
    spec: Obj = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    spec |= {} if storage_class is None else {"storageClassName": storage_class}
    return api.create("persistentvolumeclaims", {"metadata": {"name": name}, "spec": spec}, ADMIN)


def storage_class(api: Api, name: str, provisioner: str = OURS, **more: Any) -> None:
    found = {"kind": "StorageClass", "metadata": {"name": name}, "provisioner": provisioner, **more}
    api.create("storageclasses.storage.k8s.io", found, ADMIN)


def phase(api: Api, name: str) -> str:
    return str(api.store.get("persistentvolumeclaims", name)["status"]["phase"])


def events(api: Api, name: str) -> list[tuple[str, str, str]]:
    found = api.store.list("events", field_selector=f"involvedObject.name={name}")
    return [(event["type"], event["reason"], event["message"]) for event in found]


def test_a_claim_of_the_default_class_is_bound_at_once(api: Api, volumes: Volumes):
    claim(api, "home", None)
    volumes.reconcile()
    assert phase(api, "home") == "Bound"


@pytest.mark.parametrize(
    ("storage", "event"),
    [
        ("nosuch", ("Warning", "ProvisioningFailed", 'storageclass.storage.k8s.io "nosuch" not found')),
        (
            "",
            (
                *("Normal", "FailedBinding"),
                "no persistent volumes available for this claim and no storage class is set",
            ),
        ),
        (
            "ceph",
            (
                *("Normal", "ExternalProvisioning"),
                "Waiting for a volume to be created either by the external provisioner 'rbd.csi.ceph.com' or "
                "manually by the system administrator. If volume creation is delayed, please verify that the "
                "provisioner is running and correctly registered.",
            ),
        ),
    ],
)
def test_a_claim_that_cannot_be_bound_stays_pending_and_says_why(
    api: Api, volumes: Volumes, storage: str, event: tuple[str, str, str]
):
    storage_class(api, "ceph", "rbd.csi.ceph.com")
    claim(api, "home", storage)
    for _ in range(2):
        volumes.reconcile()
    assert (phase(api, "home"), events(api, "home")) == ("Pending", [event])


def test_a_claim_is_bound_when_its_class_appears(api: Api, volumes: Volumes):
    claim(api, "home", "later")
    volumes.reconcile()
    storage_class(api, "later")
    volumes.reconcile()
    assert phase(api, "home") == "Bound"


def test_a_claim_that_waits_for_its_first_consumer_is_bound_with_the_pod(api: Api, volumes: Volumes):
    storage_class(api, "lazy", volumeBindingMode="WaitForFirstConsumer")
    claim(api, "home", "lazy")
    volumes.reconcile()
    waiting = ("Normal", "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
    assert (phase(api, "home"), events(api, "home")) == ("Pending", [waiting])
    volume = {"name": "home", "persistentVolumeClaim": {"claimName": "home"}}
    api.create("pods", a_pod("one", volumes=[volume]), ADMIN)
    scheduler = Scheduler(volumes.cluster)
    scheduler.reconcile()
    assert not api.store.get("pods", "one")["spec"].get("nodeName")
    volumes.reconcile()
    assert phase(api, "home") == "Bound"
    scheduler.reconcile()
    assert api.store.get("pods", "one")["spec"]["nodeName"] == "sandbox"


def test_a_slow_class_binds_later(api: Api, volumes: Volumes):
    storage_class(api, "slow", parameters={"delay": "30"})
    claim(api, "home", "slow")
    left = volumes.reconcile()
    assert left is not None and 25 < left <= 30
    assert (phase(api, "home"), events(api, "home")) == ("Pending", [])
