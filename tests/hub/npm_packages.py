"""The npm packages of package-lock.json: the hub image's proxy, and axe-core for the tests of its pages."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.conftest import tool
from tests.paths import CHECKOUT

FILES = ("package.json", "package-lock.json")


def node_modules() -> Path:
    """Installed once for each lock file, whichever worker comes first."""
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
    return folder / "node_modules"
