"""A project under test, as its user sees it: through `oc`, or what stands for it without a cluster."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from tests.paths import CHECKOUT
from tests.waiting import eventually


@dataclass(frozen=True)
class Project:
    """The last four are of the sandbox; on a cluster kubectl has its own configuration, routes port 443."""

    oc_command: tuple[str, ...]
    kubeconfig: Path | None = None
    port: int = 443
    images: Path | None = None
    pid: int | None = None

    @property
    def on_cluster(self) -> bool:
        """Not the sandbox."""
        return self.pid is None

    def oc(self, *words: str, fails: bool = False) -> str:
        """Run `oc WORDS`; what it prints. With `fails` it must exit not zero, and its error is the answer."""
        ran = subprocess.run(
            [*self.oc_command, *words], cwd=CHECKOUT, capture_output=True, text=True, timeout=900, check=False
        )
        assert (ran.returncode != 0) == fails, (
            f"oc {' '.join(words)}: exit {ran.returncode}\n{ran.stdout}{ran.stderr}"
        )
        return ran.stderr if fails else ran.stdout

    def type(self, *words: str) -> str:
        """Run `oc WORDS` as a person does, after a moment: a first build follows the import of its base."""
        if words[0] == "logs" and words[-1].startswith("bc/"):
            builds = ("builds", "--selector", f"buildconfig={words[-1].removeprefix('bc/')}")
            eventually(f"there is a build of {words[-1]}", lambda: self.get(*builds), seconds=180)
        return self.oc(*words)

    def new_app(self, template: str, workload: str = "deployment", **parameters: str) -> str:
        """`oc new-app`, until proxy and hub are rolled out; what it says."""
        words = [word for name, value in parameters.items() for word in ("--param", f"{name}={value}")]
        said = self.oc("new-app", "--template", template, *words)
        for name in (f"{parameters['APPLICATION_NAME']}-proxy", parameters["APPLICATION_NAME"]):
            self.oc("rollout", "status", f"{workload}/{name}")
        return said

    @property
    def kubectl_command(self) -> list[str]:
        """The real kubectl, with this project's configuration."""
        kubeconfig = [f"--kubeconfig={self.kubeconfig}"] if self.kubeconfig else []
        return [str(Path(sys.executable).parent / "kubectl"), *kubeconfig]

    def kubectl(self, *words: str) -> str:
        """Run `kubectl WORDS`; what it prints."""
        command = [*self.kubectl_command, *words]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert ran.returncode == 0, (
            f"kubectl {' '.join(words)}: exit {ran.returncode}\n{ran.stdout}{ran.stderr}"
        )
        return ran.stdout

    def get(self, resource: str, *words: str) -> Any:
        """An object, or a list's items, as `get -o json` gives it."""
        answer = json.loads(self.kubectl("get", resource, *words, "-o", "json"))
        return answer["items"] if answer["kind"].endswith("List") else answer

    def uid(self) -> int:
        """The first UID of the project's range."""
        namespace = self.get("namespace", self.name())
        return int(
            namespace["metadata"]["annotations"]["openshift.io/sa.scc.uid-range"].split("/")[0].split("-")[0]
        )

    def name(self) -> str:
        """The project's name."""
        return str(self.get("serviceaccount/default")["metadata"]["namespace"])

    def url(self, route: str) -> str:
        """The address a browser opens for a route."""
        spec = self.get(f"route/{route}")["spec"]
        port = f":{self.port}" if self.port != 443 else ""
        return f"https://{spec['host']}{port}/"

    def secret(self, name: str) -> dict[str, str]:
        """A Secret's values in clear."""
        data = self.get(f"secret/{name}")["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def query(self, application: str, sql: str) -> list[Any]:
        """The first column of what the application's database answers."""
        password = self.secret(application)["JUPYTERHUB_DATABASE_PASSWORD"]
        with self.reach(f"{application}-db", 5432) as (host, port):
            connection = psycopg2.connect(
                host=host, port=port, user="jupyterhub", dbname="jupyterhub", password=password
            )
            try:
                with connection.cursor() as cursor:
                    cursor.execute(sql)
                    return [row[0] for row in cursor.fetchall()]
            finally:
                connection.close()

    @contextmanager
    def reach(self, service: str, port: int) -> Iterator[tuple[str, int]]:
        """Where this machine reaches a service: the sandbox's are on loopback, a cluster's are forwarded."""
        if not self.on_cluster:
            yield str(self.get(f"service/{service}")["spec"]["clusterIP"]), port
            return
        forward = [*self.oc_command, "port-forward", f"service/{service}", f":{port}"]
        with subprocess.Popen(forward, stdout=subprocess.PIPE, text=True) as forwarding:
            assert forwarding.stdout
            line = forwarding.stdout.readline()
            yield "127.0.0.1", int(line.split("->")[0].rsplit(":", 1)[1])
            forwarding.terminate()
