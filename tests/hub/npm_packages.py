"""The npm packages of package-lock.json: the hub image's proxy, and axe-core for the tests of its pages.

The proxy's command and page lie beside them, as in the hub image.
"""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.conftest import tool
from tests.paths import CHECKOUT

FILES = ("package.json", "package-lock.json")


def node_modules() -> Path:
    """Installed once for each lock file, by the first worker that needs them."""
    tool("node", "install Node.js 20 or newer")
    digest = hashlib.sha256(b"".join((CHECKOUT / name).read_bytes() for name in FILES)).hexdigest()
    folder = CHECKOUT / ".sandbox" / "npm" / digest[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "installing").open("w") as installing:
        fcntl.flock(installing, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            for name in FILES:
                shutil.copy(CHECKOUT / name, folder)
            npm = [tool("npm", "install npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(npm, cwd=folder, check=True, capture_output=True)
            (folder / "installed").touch()
        for file in (CHECKOUT / "proxy").iterdir():
            shutil.copy(file, folder)
    return folder / "node_modules"


def configurable_http_proxy() -> Path:
    """The command of the hub image's proxy."""
    return node_modules().parent / "configurable-http-proxy"
