"""The sandbox as its user has it: a process, and the commands that talk to it."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.apimachinery.json_types import Obj
from sandbox.cli import main
from tests.paths import CHECKOUT
from tests.processes import pid_of_test_run

KUBECTL = Path(sys.executable).with_name("kubectl")
DATABASE = "quay.io/sclorg/postgresql-16-c9s:latest"  # the smallest image that the sandbox brings
PYTHON = "registry.access.redhat.com/ubi9/python-312:latest"
PATIENCE = 60


@dataclass
class Sandbox:
    """One that runs, or may run, in a state directory."""

    state: Path

    def run(self, *words: str, code: int = 0) -> str:
        """`python -m sandbox WORDS`; what it prints, or its errors when another exit code is expected."""
        done = self.done(*words)
        assert done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stderr if code else done.stdout

    def done(self, *words: str) -> subprocess.CompletedProcess[str]:
        """In this process, which saves a second each time; `up` and `down` in one of their own."""
        argv = ["--state", str(self.state), *words]
        if words[0] in ("up", "down"):
            return self.process(*words)
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            try:
                code = main.main(argv)
            except SystemExit as exit_now:  # argparse
                code = int(exit_now.code or 0)
        return subprocess.CompletedProcess(argv, code, out.getvalue(), err.getvalue())

    def process(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sandbox", "--state", str(self.state), *words]
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=100, check=False)

    def kubectl(self, *words: str, admin: bool = False) -> str:
        """The real kubectl, as the developer or as the cluster's admin."""
        kubeconfig = self.state / ("admin.kubeconfig" if admin else "kubeconfig")
        command = [str(KUBECTL), f"--kubeconfig={kubeconfig}", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout

    def oc(self, *words: str, code: int = 0) -> str:
        """The real oc, where it is on the PATH; otherwise kubectl, or for `new-app` the sandbox's own."""
        path = shutil.which("oc")
        if not path and words[0] == "new-app":
            return self.run(*words, code=code)
        command = [path or str(KUBECTL), f"--kubeconfig={self.state / 'kubeconfig'}", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr if code else done.stdout

    def get(self, *words: str) -> Any:
        """An object, or the items of a list."""
        answer = json.loads(self.run("get", *words, "--output", "json"))
        return answer["items"] if answer["kind"] == "List" else answer

    def names(self, *words: str) -> list[str]:
        """What `get --output name` lists."""
        return self.run("get", *words, "--output", "name").split()

    def create(self, folder: Path, *objects: Obj) -> str:
        """`create -f` of a file with these objects."""
        file = folder / "objects.json"
        file.write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": list(objects)}))
        return self.run("create", "--filename", str(file))

    def start(self, *options: str) -> None:
        """Start it for this test run: it ends with the run, even when that is killed."""
        self.run("up", "--detach", "--port", "0", *(options or ("--while-pid", str(pid_of_test_run()))))

    def stop(self) -> None:
        self.done("down")


def eventually(condition: Callable[[], Any], tell: Callable[[], Any] = str) -> Any:
    """The first true answer, within a bound."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"it did not happen: {tell()}"
        time.sleep(0.1)
    return answer


def image_stream(name: str, **tags: str) -> Obj:
    """Tags from a registry."""
    listed = [{"name": tag, "from": {"kind": "DockerImage", "name": source}} for tag, source in tags.items()]
    return {
        "kind": "ImageStream",
        "apiVersion": "image.openshift.io/v1",
        "metadata": {"name": name},
        "spec": {"lookupPolicy": {"local": True}, "tags": listed},
    }


def pod_template(app: str, script: str = "exec sleep 600", **spec: Any) -> Obj:
    """A pod that runs a shell script."""
    container = {"name": "main", "image": "tool:16", "command": ["/bin/sh", "-c", script]}
    container |= spec.pop("container", {})
    spec = {"terminationGracePeriodSeconds": 0, "containers": [container], **spec}
    return {"metadata": {"labels": {"app": app}}, "spec": spec}


def deployment(name: str, script: str = "exec sleep 600", **spec: Any) -> Obj:
    """A Deployment of such pods."""
    template = pod_template(name, script, **spec.pop("pod", {}))
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template, **spec},
    }


def deployment_config(name: str, script: str = "exec sleep 600", **spec: Any) -> Obj:
    """A DeploymentConfig of such pods, with both triggers."""
    template = pod_template(name, script, **spec.pop("pod", {}))
    template["spec"]["containers"][0]["image"] = " "
    image = {
        "automatic": True,
        "containerNames": ["main"],
        "from": {"kind": "ImageStreamTag", "name": "tool:16"},
    }
    triggers = [{"type": "ConfigChange"}, {"type": "ImageChange", "imageChangeParams": image}]
    return {
        "kind": "DeploymentConfig",
        "apiVersion": "apps.openshift.io/v1",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "replicas": 1,
            "selector": {"app": name},
            "triggers": triggers,
            "template": template,
            **spec,
        },
    }
