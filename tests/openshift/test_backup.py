"""The template of backups: what its pods may do, and what outlives the hub."""

from __future__ import annotations

import json

from tests.openshift.network import Host, Pod, allowed
from tests.openshift.rendered import Obj, kinds, process
from tests.openshift.test_network import INSTANCE, PEERS, PORTS, parts
from tests.openshift.test_pods import restricted_violations

OBJECTS = process("jupyterhub-backup", APPLICATION_NAME=INSTANCE, BACKUP_COPIES="14")
JOBS = kinds(OBJECTS, "CronJob")


def pod(job: Obj) -> Obj:
    template: Obj = job["spec"]["jobTemplate"]["spec"]["template"]
    return template


def test_one_job_runs_on_a_schedule_and_the_other_only_on_request() -> None:
    backup, restore = JOBS["jupyterhub-backup"], JOBS["jupyterhub-restore"]
    assert (backup["spec"]["schedule"], backup["spec"]["suspend"]) == ("0 3 * * *", False)
    assert restore["spec"]["suspend"] is True
    module = ["/opt/app-root/bin/python", "-m", "jupyterhub_openshift"]
    commands = {name: pod(job)["spec"]["containers"][0]["command"] for name, job in JOBS.items()}
    assert commands == {
        "jupyterhub-backup": [*module, "backup", "--folder=/backups", "--keep=14"],
        "jupyterhub-restore": [*module, "restore", "--folder=/backups"],
    }


def test_the_pods_are_restricted_and_have_neither_a_token_nor_an_unresolved_image() -> None:
    for job in JOBS.values():
        spec = pod(job)["spec"]
        assert restricted_violations(spec) == []
        assert spec["automountServiceAccountToken"] is False
        assert spec["containers"][0]["image"] == " "
        (trigger,) = json.loads(job["metadata"]["annotations"]["image.openshift.io/triggers"])
        path = 'spec.jobTemplate.spec.template.spec.containers[?(@.name=="backup")].image'
        assert trigger == {"from": {"kind": "ImageStreamTag", "name": "jupyterhub:latest"}, "fieldPath": path}


def test_a_backup_reaches_the_database_and_nothing_else() -> None:
    policies = [
        *kinds(process("jupyterhub", APPLICATION_NAME=INSTANCE), "NetworkPolicy").values(),
        *kinds(OBJECTS, "NetworkPolicy").values(),
    ]
    own = parts("jupyterhub", INSTANCE)
    backup = Pod(pod(JOBS["jupyterhub-backup"])["metadata"]["labels"])
    everyone: dict[str, Pod | Host] = {**PEERS, **own}
    reached = {
        name: ports
        for name, target in everyone.items()
        if (ports := {port for port in PORTS if allowed(policies, backup, target, port)} - {53, 5353})
    }
    assert reached == {"database": {5432}}
    assert not any(allowed(policies, source, backup, port) for source in own.values() for port in PORTS)
    assert not allowed(policies, own["notebook"], own["database"], 5432)


def test_backups_outlive_the_hub_whose_delete_command_selects_its_label() -> None:
    for obj in OBJECTS:
        assert obj["metadata"]["labels"]["app"] == "jupyterhub-backup"
        assert "ownerReferences" not in obj["metadata"]
