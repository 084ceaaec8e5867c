"""Failing starts of many users at once: a real hub, and pods that run in the sandbox."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.sandbox.command import DATABASE, Sandbox, eventually, image_stream

from ..hub_process import CONFIG, HubProcess
from ..proxy_process import running

TOKEN = "the-token-of-this-test"
SHELL = ["/bin/sh", "-c"]
HOME = {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}
# The program ends once, as if a service that it needs were late; then it answers.
LATE = "test -e /v/seen || { touch /v/seen; exit 1; }; exec python3 -m http.server --bind $(hostname) 8080"
# What is set for the user of this name.
STARTS = {
    "late": {
        "cmd": [*SHELL, LATE],
        "volumes": [{"name": "v", "emptyDir": {}}],
        "volume_mounts": [{"name": "v", "mountPath": "/v"}],
    },
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
PLAIN = 'c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"\n'
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
    with urllib.request.urlopen(request, timeout=600) as response:
        return response.read().decode().splitlines()


class Starts:
    """The hub after all users have tried to start."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log = url, log
        with ThreadPoolExecutor(len(STARTS)) as threads:
            found = dict(zip(STARTS, threads.map(self.start, STARTS), strict=True))
        self.events = {name: events for name, (events, _) in found.items()}
        self.seconds = {name: seconds for name, (_, seconds) in found.items()}  # from request to failure

    def start(self, name: str) -> tuple[list[dict], float]:
        """Start a user's server; return the progress events, and the seconds until they end."""
        users = f"{self.url}/hub/api/users/{name}"
        ask(users, "POST", {})
        began = time.monotonic()
        with suppress(urllib.error.HTTPError):  # it failed at once: the progress says why
            ask(f"{users}/server", "POST", {"profile": name})
        lines = eventually(lambda: progress(f"{users}/server/progress"))
        events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
        return events, time.monotonic() - began

    def message(self, name: str) -> str:
        """The failure as the last event has it."""
        last = self.events[name][-1]
        assert last.get("failed"), last
        return str(last["message"]).removeprefix("Spawn failed: ")


def progress(url: str) -> list[str]:
    """The lines of the progress; empty while the hub deletes the pod of a failed start and answers 400."""
    try:
        return ask(url)
    except urllib.error.HTTPError as error:
        if error.code != 400:
            raise
        return []


@contextmanager
def failed_starts(folder: Path, proxy_command: Path, extra_config: str = "") -> Iterator[Starts]:
    """A sandbox and a hub in which all users have tried to start."""
    sandbox = Sandbox(folder / "state")
    sandbox.start()
    try:
        sandbox.create(folder, image_stream("tool", **{"16": DATABASE}))
        eventually(lambda: sandbox.get("is/tool")["status"].get("tags"))
        config = folder / "config.py"
        namespace = sandbox.kubectl("config", "view", "--minify", "--output=jsonpath={..namespace}")
        config.write_text(f"{OWN}c.KubeSpawner.namespace = {namespace!r}\n{extra_config}")
        environ = {
            "KUBECONFIG": str(sandbox.state / "kubeconfig"),
            "JUPYTERHUB_AUTHENTICATOR": "dummy",
            "JUPYTERHUB_ALLOW": "everyone",
            "JUPYTERHUB_NOTEBOOK_IMAGE": "tool:16",
        }
        with running(proxy_command) as proxy:
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
