"""Delete and redeploy after a failure at each stage: nothing is left over, against the sandbox's API.

The hub's image is a small one without the hub, so that its pod exists but does not start. The preflight runs
here with that pod's environment, name and service account, as it would in its init container.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.paths import CHECKOUT
from tests.ports import free_port
from tests.sandbox.command import DATABASE, Sandbox, eventually, image_stream

from .commands import COMMAND, run

PROJECT = "jupyterhub-sandbox"
KINDS = "all,pvc,secrets,configmaps,networkpolicies,poddisruptionbudgets"
# No minutes of waiting; and the configuration files are in a folder of the test.
QUICKLY = """
import sys
from pathlib import Path
from jupyterhub_openshift.cluster import api
from jupyterhub_openshift.config_files import loader
from jupyterhub_openshift.preflight import database
api.find_cluster.__defaults__ = (*api.find_cluster.__defaults__[:2], ())
database.check_database.__defaults__ = ((),)
loader.load_config_files.__defaults__ = (Path(sys.argv.pop(1)),)
"""
# template: parameters, and the command with which its documentation deletes it
TEMPLATES = {
    "jupyterhub": "all,pvc",
    "jupyterhub-workspace": "all,pvc,serviceaccount,role,rolebinding",
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A project with the templates, small images, and the service account of the README."""
    folder = tmp_path_factory.mktemp("deletion")
    sandbox = Sandbox(folder / "state")
    sandbox.start()
    try:
        resources = json.loads((CHECKOUT / "resources.json").read_text())["items"]
        templates = [item for item in resources if item["kind"] == "Template"]
        streams = {"jupyterhub": "latest", "jupyterhub-postgresql": "16", "minimal-notebook": "3.12"}
        images = [image_stream(name, **{tag: DATABASE}) for name, tag in streams.items()]
        sandbox.create(folder, *templates, *images)
        sandbox.kubectl("create", "serviceaccount", "jupyterhub")
        grant(sandbox)
        yield sandbox
    finally:
        sandbox.stop()


def grant(sandbox: Sandbox) -> None:
    account = f"--serviceaccount={PROJECT}:jupyterhub"
    sandbox.kubectl("create", "rolebinding", "edit", "--clusterrole=edit", account)


class Hub:
    """One deployment of a template, and its preflight."""

    def __init__(self, sandbox: Sandbox, folder: Path, template: str, name: str) -> None:
        self.sandbox, self.folder, self.template, self.name = sandbox, folder, template, name

    def deploy(self, **parameters: str) -> str:
        words = [f"{key}={value}" for key, value in {"APPLICATION_NAME": self.name, **parameters}.items()]
        options = [word for text in words for word in ("--param", text)]
        return self.sandbox.oc("new-app", "--template", self.template, *options)

    def pod(self) -> dict[str, Any]:
        """The hub's pod, once the workload's controllers have created it."""
        selector = f"app={self.name},component=hub"
        return eventually(lambda: next(iter(self.sandbox.get("pods", "--selector", selector)), None))

    def check(self, **environ: str) -> subprocess.CompletedProcess:
        """Run the preflight as the pod's init container would."""
        pod = self.pod()
        container = pod["spec"]["initContainers"][0]
        account = self.folder / "account"
        account.mkdir(exist_ok=True)
        token = self.sandbox.kubectl("create", "token", pod["spec"]["serviceAccountName"])
        (account / "token").write_text(token.strip())
        (account / "namespace").write_text(PROJECT)
        (account / "ca.crt").write_bytes((self.sandbox.state / "ca/ca.crt").read_bytes())
        (self.folder / "configs").mkdir(exist_ok=True)
        data = self.sandbox.get(f"configmap/{self.name}-cfg")["data"]["jupyterhub_config.py"]
        (self.folder / "configs/jupyterhub_config.py").write_text(data)
        secret = self.sandbox.get(f"secret/{self.name}")["data"]
        server = re.search(r"127\.0\.0\.1:(\d+)", (self.sandbox.state / "kubeconfig").read_text())
        environ = {
            **{key: base64.b64decode(value).decode() for key, value in secret.items()},
            **{item["name"]: item.get("value", "") for item in container["env"]},
            "HOSTNAME": pod["metadata"]["name"],
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": server[1],
            "JUPYTERHUB_DATABASE_HOST": "",
            **environ,
        }
        return run("-c", QUICKLY + COMMAND, str(self.folder), str(account), "check", **environ)

    def delete(self, kinds: str = "") -> None:
        kinds = kinds or TEMPLATES[self.template]
        quickly = ("--wait=false", "--grace-period=1")
        self.sandbox.oc("delete", kinds, *quickly, "--selector", f"app={self.name}")

    def left(self) -> list[str]:
        return self.sandbox.names(KINDS, "--selector", f"app={self.name}")

    def is_gone(self) -> None:
        eventually(lambda: not self.left(), self.left)


@pytest.fixture(params=TEMPLATES)
def hub(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Iterator[Hub]:
    name = request.node.callspec.id.replace("jupyterhub", "hub")
    hub = Hub(sandbox, tmp_path, request.param, f"{name}-{id(request) % 1000}"[-23:].lstrip("-"))
    yield hub
    hub.delete()


def owned(done: subprocess.CompletedProcess) -> int:
    return done.stderr.count(" now owns the ")


def test_a_bad_setting_leaves_nothing_over_and_the_next_deployment_has_the_new_one(hub: Hub) -> None:
    hub.deploy(NOTEBOOK_MEMORY="lots")
    done = hub.check()
    assert (done.returncode, owned(done)) == (1, 7), done.stderr
    assert "JUPYTERHUB_NOTEBOOK_MEMORY=lots: is not a Kubernetes quantity" in done.stderr
    hub.delete()
    hub.is_gone()

    assert "already exists" not in hub.deploy(NOTEBOOK_MEMORY="256Mi")
    done = hub.check()
    assert owned(done) == 7, done.stderr
    assert "own objects       pass" in done.stdout


@pytest.mark.parametrize("hub", ["jupyterhub-workspace"], indirect=True)
def test_a_bad_configuration_file_leaves_nothing_over(hub: Hub) -> None:
    hub.deploy(JUPYTERHUB_CONFIG="c.KubeSpawner.imagee = 1")
    done = hub.check()
    assert (done.returncode, owned(done)) == (1, 7), done.stderr
    assert "c.KubeSpawner.imagee" in done.stderr.splitlines()[-1]
    hub.delete()
    hub.is_gone()


@pytest.mark.parametrize("hub", ["jupyterhub"], indirect=True)
def test_an_unreachable_database_leaves_nothing_over(hub: Hub) -> None:
    hub.deploy()
    port = str(free_port())
    done = hub.check(JUPYTERHUB_DATABASE_HOST="127.0.0.1", JUPYTERHUB_DATABASE_PORT=port)
    assert (done.returncode, owned(done)) == (1, 7), done.stderr
    assert f"The database at 127.0.0.1:{port} did not let the user jupyterhub in" in done.stderr
    hub.delete()
    hub.is_gone()


def rest_of(done: subprocess.CompletedProcess, name: str) -> str:
    """What the command of the log deletes."""
    (kinds,) = re.findall(
        rf"`oc delete all,pvc --selector app={name}` will not delete what has no owner; "
        rf"this does: oc delete (\S+) --selector app={name}\n",
        done.stderr,
    )
    return str(kinds)


def test_without_the_right_to_set_owners_the_log_has_the_command_that_deletes_the_rest(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    hub = Hub(sandbox, tmp_path, "jupyterhub", "no-rights")
    hub.deploy()
    sandbox.kubectl("delete", "rolebinding", "edit")
    try:
        done = hub.check()
    finally:
        grant(sandbox)
    assert (done.returncode, owned(done)) == (1, 0), done.stderr
    assert "oc policy add-role-to-user edit -z jupyterhub" in done.stderr.splitlines()[-1]
    hub.delete()
    assert hub.left()
    hub.delete(rest_of(done, "no-rights"))
    hub.is_gone()


def test_while_the_api_does_not_answer_the_log_has_the_command_that_deletes_the_rest(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    hub = Hub(sandbox, tmp_path, "jupyterhub", "api-away")
    hub.deploy()
    done = hub.check(KUBERNETES_SERVICE_PORT=str(free_port()))
    assert (done.returncode, owned(done)) == (1, 0), done.stderr
    hub.delete()
    hub.delete(rest_of(done, "api-away"))
    hub.is_gone()


def test_without_an_image_of_the_hub_the_documented_command_deletes_the_rest(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    hub = Hub(sandbox, tmp_path, "jupyterhub", "no-image")
    hub.deploy(JUPYTERHUB_IMAGE="nosuch:latest")
    hub.delete()
    documented = "oc delete secret,configmap,networkpolicy,poddisruptionbudget --selector app=jupyterhub"
    assert documented in (CHECKOUT / "docs/troubleshooting.md").read_text()
    assert hub.left()
    hub.delete(documented.split()[2])
    hub.is_gone()


def test_a_second_hub_of_a_name_does_not_start_and_its_deletion_leaves_the_first(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    first = Hub(sandbox, tmp_path, "jupyterhub", "twice")
    first.deploy()
    done = first.check()
    assert "own objects       pass" in done.stdout, done.stdout + done.stderr

    second = Hub(sandbox, tmp_path, "jupyterhub-workspace", "twice")
    assert "already exists" in sandbox.oc(
        *("new-app", "--template", second.template, "--param", "APPLICATION_NAME=twice"), code=1
    )
    pods = ("pods", "--selector", "app=twice,component=hub,pod-template-hash")
    second.pod = lambda: eventually(lambda: next(iter(sandbox.get(*pods)), None))
    done = second.check()
    sentence = (
        "The DeploymentConfig twice, DeploymentConfig twice-proxy and DeploymentConfig twice-db belong to "
        "another deployment with the name twice, whose database and route this hub would share. "
        "Delete this one, and deploy it with another APPLICATION_NAME: "
    )
    command = "oc delete deployment/twice deployment/twice-proxy deployment/twice-db"
    assert done.returncode == 1
    assert f"{sentence}{command}" in done.stderr.splitlines()
    sandbox.kubectl(*command.split()[1:])
    assert eventually(lambda: sandbox.names("deployments,replicasets", "-l", "app=twice") == [])
    assert len(sandbox.names("deploymentconfigs", "-l", "app=twice")) == 3
