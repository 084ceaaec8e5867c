"""Failed starts from end to end: a real hub, and pods that run in the sandbox. All users start at once."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.sandbox.command import DATABASE, Sandbox, eventually, image_stream

from ..hub_process import CONFIG, HubProcess
from ..proxy_process import running

pytestmark = pytest.mark.sandbox

TOKEN = "the-token-of-this-test"
SHELL = ["/bin/sh", "-c"]
HOME = {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}
# What is set for the user of this name.
STARTS = {
    "crash": {"cmd": [*SHELL, "echo cannot import notebook >&2; exit 3"]},
    "command": {"cmd": ["nosuch-command"]},
    "completed": {"cmd": ["true"]},
    "silent": {"cmd": [*SHELL, "echo sleeping; exec sleep 600"], "http_timeout": 5},
    "invalid": {"image": "quay.io/Upper/Case:1.0"},
    "secret": {"extra_container_config": {"envFrom": [{"secretRef": {"name": "nosuch"}}]}},
    "mount": {
        "volumes": [{"name": "v", "secret": {"secretName": "nosuch"}}],
        "volume_mounts": [{"name": "v", "mountPath": "/v"}],
    },
    "selector": {"node_selector": {"gpu": "yes"}},
    "memory": {"mem_guarantee": "900T"},
    "class": {
        "storage_pvc_ensure": True,
        "storage_class": "nosuch",
        "storage_capacity": "1Gi",
        "volumes": [HOME],
        "volume_mounts": [{"name": "home", "mountPath": "/v"}],
    },
    "init": {"init_containers": [{"name": "first", "image": "tool:16", "command": [*SHELL, "exit 4"]}]},
    "deadline": {"extra_pod_config": {"activeDeadlineSeconds": 1, "terminationGracePeriodSeconds": 0}},
}
OWN = f"""
exec(compile(open({str(CONFIG)!r}).read(), {str(CONFIG)!r}, "exec"))
from jupyterhub_openshift.spawner.diagnosis import scheduling
scheduling.AUTOSCALER_PATIENCE = 3
c.Spawner.consecutive_failure_limit = 1
c.KubeSpawner.profile_list = [
    {{"slug": name, "display_name": name, "kubespawner_override": override}}
    for name, override in {STARTS!r}.items()
]
c.Spawner.cmd = ["sleep", "600"]
c.JupyterHub.services.append({{"name": "test", "api_token": {TOKEN!r}, "admin": True}})
"""


def ask(url: str, method: str = "GET", body: dict | None = None) -> list[str]:
    """The lines of the answer; for progress, until the hub ends it."""
    request = urllib.request.Request(
        url,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"token {TOKEN}"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=180) as response:
        return response.read().decode().splitlines()


class Starts:
    """The hub after all users have tried to start."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log = url, log
        with ThreadPoolExecutor(len(STARTS)) as threads:
            self.events = dict(zip(STARTS, threads.map(self.start, STARTS), strict=True))

    def start(self, name: str) -> list[dict]:
        """Start a user's server and return the progress events."""
        users = f"{self.url}/hub/api/users/{name}"
        ask(users, "POST", {})
        with suppress(urllib.error.HTTPError):  # it failed at once: the progress says why
            ask(f"{users}/server", "POST", {"profile": name})
        lines = ask(f"{users}/server/progress")
        return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]

    def message(self, name: str) -> str:
        """The failure as the last event has it."""
        last = self.events[name][-1]
        assert last.get("failed"), last
        return str(last["message"]).removeprefix("Spawn failed: ")


@pytest.fixture(scope="module")
def starts(tmp_path_factory, configurable_http_proxy) -> Iterator[Starts]:
    folder = tmp_path_factory.mktemp("starts")
    sandbox = Sandbox(folder / "state")
    sandbox.start()
    try:
        sandbox.create(folder, image_stream("tool", **{"16": DATABASE}))
        eventually(lambda: sandbox.get("is/tool")["status"].get("tags"))
        config = folder / "config.py"
        namespace = sandbox.kubectl("config", "view", "--minify", "--output=jsonpath={..namespace}")
        config.write_text(f"{OWN}c.KubeSpawner.namespace = {namespace!r}\n")
        environ = {
            "KUBECONFIG": str(sandbox.state / "kubeconfig"),
            "JUPYTERHUB_AUTHENTICATOR": "dummy",
            "JUPYTERHUB_ALLOW": "everyone",
            "JUPYTERHUB_NOTEBOOK_IMAGE": "tool:16",
        }
        with running(configurable_http_proxy) as proxy:
            hub = HubProcess(proxy, folder, config=config, **environ)
            hub.start()
            try:
                eventually(lambda: answers(hub.url), hub.log.read_text)
                yield Starts(hub.url, hub.log)
            finally:
                hub.stop()
    finally:
        sandbox.stop()


def answers(url: str) -> bool:
    try:
        return bool(ask(f"{url}/hub/api/"))
    except OSError:
        return False


COMMAND = "For administrators: oc get events --field-selector involvedObject.name=jupyterhub-nb-"
ADMINISTRATOR = "Ask an administrator of this hub."


@pytest.mark.parametrize(
    ("name", "paragraphs"),
    [
        (
            "crash",
            [
                f"Your server's program ended with exit code 3 before your server was ready. {ADMINISTRATOR}",
                "The last lines of its log:",
                "    cannot import notebook",
                f"{COMMAND}crash",
            ],
        ),
        (
            "command",
            [
                "The start command of your server was not found in the image (exit code 127). "
                f"{ADMINISTRATOR}",
                "The last lines of its log:",
                "    /usr/bin/container-entrypoint: line 3: exec: nosuch-command: not found",
                f"{COMMAND}command",
            ],
        ),
        (
            "completed",
            [
                f"Your server's program ended with exit code 0 before your server was ready. {ADMINISTRATOR}",
                f"{COMMAND}completed",
            ],
        ),
        (
            "silent",
            [
                "Your server runs, but did not answer within 5 seconds. Its start command may not start a "
                f"notebook server. {ADMINISTRATOR}",
                "The last lines of its log:",
                "    sleeping",
                f"{COMMAND}silent",
            ],
        ),
        (
            "invalid",
            [
                f'"quay.io/Upper/Case:1.0" is not a valid name of an image. {ADMINISTRATOR}',
                f"{COMMAND}invalid",
            ],
        ),
        (
            "secret",
            [
                'Your server needs its environment from a secret, but the secret "nosuch" does not exist. '
                f"{ADMINISTRATOR}",
                "For administrators: oc describe secret nosuch",
            ],
        ),
        (
            "mount",
            [
                'Your server needs a volume with a secret, but the secret "nosuch" does not exist. '
                f"{ADMINISTRATOR}",
                "For administrators: oc describe secret nosuch",
            ],
        ),
        (
            "selector",
            [
                "No node of the cluster can run your server: 1 node does not have the labels that the server "
                f"requires (gpu=yes). {ADMINISTRATOR}",
                f"{COMMAND}selector",
            ],
        ),
        (
            "memory",
            [
                f"No node of the cluster can run your server: 1 node has too little memory. {ADMINISTRATOR}",
                f"{COMMAND}memory",
            ],
        ),
        (
            "class",
            [
                f'The storage class "nosuch" of your volume does not exist. {ADMINISTRATOR}',
                "For administrators: oc describe pvc claim-class",
            ],
        ),
        (
            "init",
            [
                'The init container "first", which runs before your server, ended with exit code 4. '
                f"{ADMINISTRATOR}",
                f"{COMMAND}init",
            ],
        ),
        (
            "deadline",
            [
                "Your server was ended, because it reached the deadline that its pod has "
                f"(activeDeadlineSeconds). {ADMINISTRATOR}",
                f"{COMMAND}deadline",
            ],
        ),
    ],
)
def test_the_user_reads_why_the_server_did_not_start(starts, name, paragraphs):
    assert starts.message(name).split("\n\n") == paragraphs


def test_the_progress_never_goes_back_before_the_failure(starts):
    for events in starts.events.values():
        shown = [event["progress"] for event in events if "progress" in event]
        assert shown == sorted(shown)


def test_no_failure_leaves_a_traceback_or_counts_towards_the_hubs_failure_limit(starts):
    """The limit is one failure: a hub that had counted any would have ended."""
    log = starts.log.read_text()
    assert "Traceback" not in log
    assert "never retrieved" not in log
    assert ask(f"{starts.url}/hub/api/")
