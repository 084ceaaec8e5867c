"""A real configurable-http-proxy that tests start, kill and start again."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from tests.ports import free_port

TOKEN = "the-proxy-token"


class ProxyProcess:
    """A proxy that can be stopped and started again on the same ports."""

    def __init__(self, command: Path) -> None:
        self.port, self.api_port = free_port(), free_port()
        self._command = [
            command, "--ip=127.0.0.1", f"--port={self.port}",
            "--api-ip=127.0.0.1", f"--api-port={self.api_port}",
            "--default-target=http://127.0.0.1:1", "--log-level=error",
        ]  # fmt: skip

    def start(self) -> None:
        environ = {"PATH": os.environ["PATH"], "CONFIGPROXY_AUTH_TOKEN": TOKEN}
        self._process = subprocess.Popen(self._command, env=environ)

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
def running(command: Path) -> Iterator[ProxyProcess]:
    """A proxy for one test."""
    proxy = ProxyProcess(command)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
