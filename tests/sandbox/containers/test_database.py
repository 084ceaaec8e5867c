"""The database's pod ends by itself at any moment of its start, and the next one always works."""

from __future__ import annotations

import time
from pathlib import Path

from sandbox.apimachinery.json_types import Obj
from tests.openshift.rendered import DOCUMENTS
from tests.sandbox.command import Sandbox, eventually

NAME = "database"
NEVER = 600  # a grace period in which a test would fail: the pod has to end by itself


def pod() -> Obj:
    """The pod of the template's database, with its volume, but without its secret."""
    [template] = [
        item
        for item in DOCUMENTS["resources.json"]["items"]
        if item["kind"] == "Template" and item["metadata"]["name"] == "jupyterhub-deployment"
    ]
    [workload] = [
        obj
        for obj in template["objects"]
        if obj["kind"] == "Deployment" and obj["metadata"]["name"].endswith("-db")
    ]
    spec = workload["spec"]["template"]["spec"]
    [container] = spec["containers"]
    env = {"POSTGRESQL_DATABASE": "hub", "POSTGRESQL_USER": "hub", "POSTGRESQL_PASSWORD": "secret"}
    container = {
        key: container[key] for key in ("name", "command", "startupProbe", "readinessProbe", "volumeMounts")
    }
    container |= {"image": "tool:16", "env": [{"name": name, "value": value} for name, value in env.items()]}
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": NAME}}
    spec = {"containers": [container], "volumes": [volume], "terminationGracePeriodSeconds": NEVER}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": NAME}, "spec": spec}


def claim() -> Obj:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": {"name": NAME}, "spec": spec}


def end(sandbox: Sandbox) -> None:
    sandbox.run("delete", "pod", NAME, "--no-wait")
    eventually(lambda: f"pod/{NAME}" not in sandbox.names("pods"))


def log(sandbox: Sandbox) -> str:
    done = sandbox.done("logs", NAME)
    return done.stdout if done.returncode == 0 else ""


def ready(sandbox: Sandbox) -> bool:
    conditions = sandbox.get(f"pod/{NAME}")["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def test_the_database_ends_at_any_moment_of_its_start(sandbox: Sandbox, tmp_path: Path):
    sandbox.create(tmp_path, claim())
    for pause in (0.0, 0.2, 0.5, 0.9, 1.4, 2.0):  # from process 1 to the final server
        sandbox.create(tmp_path, pod())
        eventually(lambda: "running" in state(sandbox))
        time.sleep(pause)
        end(sandbox)
    sandbox.create(tmp_path, pod())
    eventually(lambda: ready(sandbox), lambda: log(sandbox))
    query = "psql --host $HOSTNAME --username hub hub --command 'create table t (x int)'"
    asked = sandbox.process("exec", NAME, "--", "/bin/sh", "-c", f"PGPASSWORD=secret {query}")
    assert asked.stdout == "CREATE TABLE\n", asked.stderr
    end(sandbox)
    sandbox.create(tmp_path, pod())
    eventually(lambda: ready(sandbox), lambda: log(sandbox))
    end(sandbox)
    sandbox.run("delete", "pvc", NAME)


def state(sandbox: Sandbox) -> Obj:
    statuses = sandbox.get(f"pod/{NAME}")["status"].get("containerStatuses") or [{}]
    found: Obj = statuses[0].get("state", {})
    return found
