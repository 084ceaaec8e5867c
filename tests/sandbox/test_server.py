"""The sandbox's process: it starts once, says what is in its way, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.paths import COMMAND
from tests.paths import CHECKOUT
from tests.sandbox.command import DATABASE, Sandbox, deployment, eventually, image_stream


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox for one test, not yet started."""
    sandbox = Sandbox(tmp_path / "state")
    yield sandbox
    sandbox.stop()


def pid(sandbox: Sandbox) -> int:
    return int(json.loads((sandbox.state / "instance.json").read_text())["pid"])


def with_a_pod(sandbox: Sandbox, folder: Path, mark: str, *options: str) -> None:
    """Start it, and in it a pod whose process can be recognised on the machine."""
    sandbox.start(*options)
    sandbox.create(folder, image_stream("tool", **{"16": DATABASE}))
    eventually(lambda: sandbox.get("is/tool")["status"].get("tags"))
    sandbox.create(folder, deployment("app", f"exec sleep {mark}"))
    sandbox.run("rollout", "status", "deployment/app")
    assert processes(mark)


def processes(mark: str) -> list[str]:
    found = (process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"]))
    return [" ".join(cmdline) for cmdline in found if cmdline[-1:] == [mark]]


def left_in(state: Path) -> list[str]:
    """What is there beside images, caches, logs and the certificate authority."""
    return sorted(
        file.name for file in state.iterdir() if file.name not in ("ca", "cache", "images", "log", "lock")
    )


def test_the_sandbox_starts_reports_its_addresses_and_stops_with_every_pod(own: Sandbox, tmp_path: Path):
    with_a_pod(own, tmp_path, "987601")
    lines = own.run("status").splitlines()
    assert [line.split()[0] for line in lines] == ["process", "project", "API", "KUBECONFIG", "pods"]
    assert lines[0].split()[1] == str(pid(own))
    assert lines[3].split()[1] == str(own.state / "kubeconfig")
    assert lines[4] == "pods         1 Running"
    assert own.run("down") == "stopped\n"
    assert processes("987601") == []
    assert left_in(own.state) == []
    assert own.done("status").stdout == "no sandbox is running\n"
    assert own.run("down") == "no sandbox is running\n"


def test_after_a_crash_no_pod_survives_and_the_next_start_cleans_up(own: Sandbox, tmp_path: Path):
    with_a_pod(own, tmp_path, "987602")
    os.kill(pid(own), signal.SIGKILL)
    eventually(lambda: not processes("987602"), lambda: processes("987602"))
    status = "no sandbox is running\n"  # once the kernel has let go of what the process held
    eventually(lambda: own.done("status").stdout == status, lambda: own.done("status").stdout)
    own.start()
    assert list((own.state / "pods").iterdir()) == []
    assert own.run("get", "deployments") == ""


def test_sandbox_and_pods_end_when_the_process_that_they_were_started_for_is_killed(
    own: Sandbox, tmp_path: Path
):
    starter = subprocess.Popen(["sleep", "600"])  # as a test run: it may end without any cleaning up
    try:
        with_a_pod(own, tmp_path, "987603", "--while-pid", str(starter.pid))
        sandbox = psutil.Process(pid(own))
    finally:
        starter.kill()
    eventually(lambda: not processes("987603"), lambda: processes("987603"))
    eventually(lambda: not sandbox.is_running(), lambda: sandbox)
    assert left_in(own.state) == []
    starter.wait()


def test_a_sandbox_for_a_process_that_has_ended_does_not_start(own: Sandbox):
    ended = subprocess.Popen(["true"])
    ended.wait()
    said = own.run("up", "--detach", "--port", "0", "--while-pid", str(ended.pid), code=1)
    assert said == f"error: the process {ended.pid} of --while-pid has ended already\n"


def test_a_second_sandbox_in_the_same_state_directory_is_refused(own: Sandbox):
    own.start()
    said = own.run("up", code=1)
    where = f"a sandbox is already running in {own.state} (process {pid(own)})"
    assert said == f"error: {where}; stop it with: {COMMAND} down\n"


def test_a_taken_port_is_reported_with_another_one_to_use(own: Sandbox):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        routes, api = (
            own.run("up", "--port", str(port), code=1),
            own.run("up", "--api-port", str(port), code=1),
        )
    way_out = f"error: port {port} is taken by another program; choose another one, for example"
    assert routes == f"{way_out} --port {port + 1} (make run PORT={port + 1})\n"
    assert api == f"{way_out} --api-port {port + 1}\n"
    assert left_in(own.state) == []


def test_only_the_user_can_read_the_tokens_and_keys_of_the_sandbox(own: Sandbox):
    own.start()
    for name in ("kubeconfig", "admin.kubeconfig", "ca/ca.key", "ca/api.pem", "ca/routes.pem"):
        assert stat.S_IMODE((own.state / name).stat().st_mode) == 0o600, name


def test_the_api_accepts_only_its_own_tokens(own: Sandbox):
    own.start()
    kubeconfig = own.state / "kubeconfig"
    config = json.loads(kubeconfig.read_text())
    token = config["users"][0]["user"]["token"]
    config["users"][0]["user"]["token"] = "guessed"
    kubeconfig.write_text(json.dumps(config))
    assert own.run("get", "pods", code=1) == "Error from server (Unauthorized): Unauthorized\n"
    assert token not in (own.state / "log" / "sandbox.log").read_text()


def test_the_sandbox_listens_on_loopback_only(own: Sandbox):
    own.start()
    listening = {
        each.laddr.ip for each in psutil.Process(pid(own)).net_connections() if each.status == "LISTEN"
    }
    assert listening
    assert [address for address in listening if not address.startswith("127.")] == []


def test_state_of_the_user_is_ignored_by_git():
    assert re.search(r"^/\.sandbox/$", (CHECKOUT / ".gitignore").read_text(), re.MULTILINE)
