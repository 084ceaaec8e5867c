"""A real configurable-http-proxy that tests start, kill and start again."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from tests.ports import free_port, listens
from tests.waiting import eventually

TOKEN = "the-proxy-token"


class ProxyProcess:
    """A proxy that can be stopped and started again on the same ports."""

    def __init__(self, command: Path, **environ: str) -> None:
        self.port, self.api_port, self.hub_port = free_port(), free_port(), free_port()
        hub = f"http://127.0.0.1:{self.hub_port}"
        self._command = [
            command, "--ip=127.0.0.1", f"--port={self.port}",
            "--api-ip=127.0.0.1", f"--api-port={self.api_port}",
            f"--default-target={hub}", f"--error-target={hub}/hub/error",
            "--no-x-forward", "--log-level=error",
        ]  # fmt: skip

        self._environ = {"PATH": os.environ["PATH"], "CONFIGPROXY_AUTH_TOKEN": TOKEN, **environ}

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, env=self._environ)

    def wait_until_ready(self) -> None:
        eventually("the proxy listens", lambda: listens(self.port))

    def stop(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def pause(self) -> None:
        """It keeps its routes and its connections, and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    async def routes(self) -> dict[str, str]:
        """Path and target of each; empty while it is away."""
        url = f"http://127.0.0.1:{self.api_port}/api/routes"
        try:
            async with aiohttp.request("GET", url, headers={"Authorization": f"token {TOKEN}"}) as response:
                return {path: route["target"] for path, route in (await response.json()).items()}
        except aiohttp.ClientError:
            return {}


@contextmanager
def running(command: Path, **environ: str) -> Iterator[ProxyProcess]:
    """A proxy for one test."""
    proxy = ProxyProcess(command, **environ)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
