"""The processes of a deployment, which can be killed; a supervisor starts them again, as a kubelet does."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from bench.hub.configurations import TOKEN, configuration
from bench.hub.processes import HUB_URL, Database

RESTART = 1.0  # seconds until a process that ended is started again


class Part:
    """A process, its log, and how it is started."""

    def __init__(
        self,
        name: str,
        folder: Path,
        command: list[Any],
        env: Mapping[str, str],
        **more: Any,  # noqa: ANN401
    ) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        self._command, self._env, self._more = [str(word) for word in command], env, more
        self.held = False  # down, and not to be started again yet
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, also again."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env={**os.environ, **self._env}, stdout=log, stderr=log, **self._more
            )

    def kill(self) -> None:
        """As a node that fails: the process and its children end at once."""
        if self.process is None or self.process.poll() is not None:
            return
        process = psutil.Process(self.process.pid)
        for each in [process, *process.children(recursive=True)]:
            each.kill()
        self.process.wait()

    def end(self) -> None:
        """As the kubelet: SIGTERM, then SIGKILL."""
        self.held = True
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def memory(self) -> tuple[int, float] | None:
        """The process, and its resident memory in MB; None while it is down."""
        if self.process is None or self.process.poll() is not None:
            return None
        try:
            return self.process.pid, psutil.Process(self.process.pid).memory_info().rss / 2**20
        except psutil.NoSuchProcess:
            return None


async def supervise(parts: list[Part]) -> None:
    """Start again what has ended."""
    while True:
        for part in parts:
            if not part.held and (part.process is None or part.process.poll() is not None):
                part.start()
        await asyncio.sleep(RESTART)


def make_parts(folder: Path, proxy: Path, delay: float, database: Database) -> dict[str, Part]:
    """The virtual cluster, PostgreSQL, proxy and hub, none of them started."""
    ours = configuration("ours")
    (folder / "data").mkdir()
    cluster = [sys.executable, "-m", "bench.hub.virtual_cluster", folder, delay]
    hub = [sys.executable, "-m", ours.module, "--config", ours.file]
    listens = ["--ip=127.0.0.1", "--port=8000", "--api-ip=127.0.0.1", "--api-port=8001", "--no-x-forward"]
    listens += ["--log-level=error", f"--default-target={HUB_URL}", f"--error-target={HUB_URL}/hub/error"]
    return {
        "cluster": Part("cluster", folder, cluster, {}),
        "database": Part("database", folder, database.command(), {}, cwd="/", **database.user),
        "proxy": Part("proxy", folder, [proxy, *listens], {"CONFIGPROXY_AUTH_TOKEN": TOKEN}),
        "hub": Part(
            "hub", folder, hub, {**ours.environ, "JUPYTERHUB_IDLE_TIMEOUT": "0"}, cwd=folder / "data"
        ),
    }
