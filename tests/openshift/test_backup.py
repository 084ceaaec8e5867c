"""The template of backups: what its pods may do, and what outlives the hub."""

from __future__ import annotations

from tests.openshift.rendered import job_pod, kinds, process

OBJECTS = process("jupyterhub-backup", BACKUP_COPIES="14")
JOBS = kinds(OBJECTS, "CronJob")


def test_one_job_runs_on_a_schedule_and_the_other_only_on_request() -> None:
    backup, restore = JOBS["jupyterhub-backup"], JOBS["jupyterhub-restore"]
    assert (backup["spec"]["schedule"], backup["spec"]["suspend"]) == ("0 3 * * *", False)
    assert restore["spec"]["suspend"] is True
    module = ["/opt/app-root/bin/python", "-m", "jupyterhub_openshift"]
    commands = {name: job_pod(job)["spec"]["containers"][0]["command"] for name, job in JOBS.items()}
    assert commands == {
        "jupyterhub-backup": [*module, "backup", "--folder=/backups", "--keep=14"],
        "jupyterhub-restore": [*module, "restore", "--folder=/backups"],
    }


def test_backups_outlive_the_hub_whose_delete_command_selects_its_label() -> None:
    for obj in OBJECTS:
        assert obj["metadata"]["labels"]["app"] == "jupyterhub-backup"
        assert "ownerReferences" not in obj["metadata"]
