"""Process and create the templates with the real clients.

`kubectl` is always there. `oc` is in no package registry: where it is not on the PATH, its part is skipped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.apiserver import discovery
from tests.openshift.rendered import FILES, PLAIN, TEMPLATES, Obj, process, required, unusual
from tests.paths import CHECKOUT

KUBECTL = str(Path(sys.executable).parent / "kubectl")
CLIENTS = {"kubectl": KUBECTL, "oc": shutil.which("oc")}
GENERATED = {
    "DATABASE_PASSWORD": "p",
    "COOKIE_SECRET": "c",
    "CRYPT_KEY": "k",
    "CONFIGPROXY_AUTH_TOKEN": "t",
    "METRICS_TOKEN": "m",
}


MONITORING = "monitoring.coreos.com/v1"  # of a cluster with OpenShift's monitoring, which the sandbox has not
MONITORED: Obj = {
    "kind": "APIResourceList",
    "groupVersion": MONITORING,
    "resources": [
        {"name": "prometheusrules", "namespaced": True, "kind": "PrometheusRule", "verbs": ["create"]},
        {"name": "servicemonitors", "namespaced": True, "kind": "ServiceMonitor", "verbs": ["create"]},
    ],
}


class Discovery(BaseHTTPRequestHandler):
    """The discovery API, the only one that a client with `--dry-run=client` uses."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.split("?")[0].strip("/").removeprefix("apis/").removeprefix("api/")
        version = {"groupVersion": MONITORING, "version": "v1"}
        monitoring = {"name": "monitoring.coreos.com", "versions": [version], "preferredVersion": version}
        groups = discovery.groups()
        answers = {
            "api": discovery.core_versions(""),
            "apis": groups | {"groups": [*groups["groups"], monitoring]},
            "version": discovery.VERSION,
            MONITORING: MONITORED,
        }
        answer: Any = answers.get(path) or discovery.resources(path)
        body = json.dumps(answer or {}).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Do not log requests."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # a client asks for all groups at once


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    with Server(("127.0.0.1", 0), Discovery) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    found = CLIENTS[request.param]
    if found is None:
        pytest.skip(f"{request.param} is not on the PATH")
    return found


@pytest.fixture
def oc() -> str:
    found = CLIENTS["oc"]
    if found is None:
        pytest.skip("oc is not on the PATH: processed by the sandbox's reading of templates only")
    return found


def given(name: str, values: str) -> dict[str, str]:
    """Parameter values, including those that would be generated."""
    declared = {parameter["name"] for parameter in TEMPLATES[name]["parameters"]}
    fixed = {key: value for key, value in GENERATED.items() if key in declared}
    return fixed | (required(name) if values == "defaults" else unusual(name))


def created(client: str, api: str, home: Path, document: Obj, *words: str) -> list[str]:
    """The lines that `create --dry-run=client -f -` prints, sorted."""
    command = [
        client,
        f"--server={api}",
        "create",
        "--dry-run=client",
        "--validate=ignore",
        *words,
        "-f",
        "-",
    ]
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "KUBECONFIG": str(home / "none")}
    text = json.dumps(document)
    ran = subprocess.run(command, input=text, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return sorted(ran.stdout.splitlines())


def named(objects: list[Obj]) -> list[str]:
    """The lines that a client prints for the objects that it creates."""
    groups = {obj["kind"]: obj["apiVersion"].rpartition("/")[0] for obj in objects}
    kind = {key: key.lower() + (f".{group}" if group else "") for key, group in groups.items()}
    return sorted(f"{kind[obj['kind']]}/{obj['metadata']['name']} created (dry run)" for obj in objects)


@pytest.mark.parametrize("values", ["defaults", "unusual"])
def test_a_client_creates_the_objects_of_the_templates(
    client: str, values: str, api: str, tmp_path: Path
) -> None:
    objects = [obj for name in TEMPLATES for obj in process(name, **given(name, values))]
    document = {"kind": "List", "apiVersion": "v1", "items": objects}
    assert created(client, api, tmp_path, document) == named(objects)


@pytest.mark.parametrize("path", FILES)
def test_a_client_creates_image_streams_builds_and_templates(
    client: str, path: str, api: str, tmp_path: Path
) -> None:
    document = json.loads((CHECKOUT / path).read_text())
    assert created(client, api, tmp_path, document) == named(document["items"])


def test_one_selector_excludes_the_objects_that_only_an_admin_may_create(
    client: str, api: str, tmp_path: Path
) -> None:
    objects = process("jupyterhub-workspace", SERVICE_ACCOUNT="ours")
    document = {"kind": "List", "apiVersion": "v1", "items": objects}
    kept = created(client, api, tmp_path, document, "--selector=app.kubernetes.io/component!=access")
    assert kept == named([o for o in objects if o["kind"] not in ("ServiceAccount", "Role", "RoleBinding")])


@pytest.mark.parametrize("values", ["defaults", "unusual"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_oc_process_renders_the_same_objects_as_the_sandbox(
    oc: str, name: str, values: str, tmp_path: Path
) -> None:
    parameters = given(name, values)
    assert processed_by(oc, name, parameters, tmp_path) == process(name, **parameters)


def test_oc_generates_secrets_of_the_declared_form(oc: str, tmp_path: Path) -> None:
    secret = next(obj for obj in processed_by(oc, "jupyterhub", {}, tmp_path) if obj["kind"] == "Secret")
    lengths = {name: len(value) for name, value in secret["stringData"].items()}
    assert lengths == {
        "JUPYTERHUB_DATABASE_PASSWORD": 32,
        "JUPYTERHUB_COOKIE_SECRET": 64,
        "JUPYTERHUB_CRYPT_KEY": 64,
        "JUPYTERHUB_METRICS_TOKEN": 64,
        "CONFIGPROXY_AUTH_TOKEN": 64,
    }


def test_the_documented_command_makes_scipy_build_after_minimal(oc: str, tmp_path: Path) -> None:
    scipy = next(
        obj for obj in PLAIN if (obj["kind"], obj["metadata"]["name"]) == ("BuildConfig", "scipy-notebook")
    )
    command = scipy["metadata"]["annotations"]["kubernetes.io/description"].partition("oc set triggers ")[2]
    (tmp_path / "build.json").write_text(json.dumps(scipy))
    context = {"name": "x", "context": {"cluster": "x", "user": "x", "namespace": "x"}}
    nowhere = {"name": "x", "cluster": {"server": "http://127.0.0.1:1"}}
    config: Obj = {"apiVersion": "v1", "kind": "Config", "current-context": "x"}
    config |= {"contexts": [context], "clusters": [nowhere], "users": [{"name": "x", "user": {}}]}
    (tmp_path / "config").write_text(json.dumps(config))
    words = [*command.split()[1:], "--local", "-f", str(tmp_path / "build.json"), "-o", "json"]
    environment = {"KUBECONFIG": str(tmp_path / "config"), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(
        [oc, "set", "triggers", *words], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout)["spec"]["triggers"] == [{"type": "ImageChange", "imageChange": {}}]


def processed_by(oc: str, name: str, parameters: dict[str, str], directory: Path) -> list[Obj]:
    path = directory / "template.json"
    path.write_text(json.dumps(TEMPLATES[name]))
    words = [f"--param={key}={value}" for key, value in parameters.items()]
    command = [oc, "process", "--local", "-f", str(path), *words]
    items: list[Obj] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[
        "items"
    ]
    return items
