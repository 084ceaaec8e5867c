"""Check a custom image: the requirements that its packages declare, and that JupyterLab and a kernel start.

Only what breaks the server fails the build. A package that misses a version that it asks for is a warning.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from install_packages import server_requirements, shorten
from packaging.requirements import Requirement

START_TIMEOUT = 120  # seconds; a build's CPU may be small
MOST_WARNINGS = 10


def main() -> int:
    """Print what is wrong; return 1 if the server does not work."""
    broken = {text for owner, needed in server_requirements() if (text := unsatisfied(owner, needed))}
    others = {text for owner, needed in all_requirements() if (text := unsatisfied(owner, needed))} - broken
    for text in sorted(others)[:MOST_WARNINGS]:
        print(f"WARNING: {text}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as home:
        failure = "\n".join(sorted(broken)) or start_server(Path(home)) or start_kernel(Path(home))
    if failure:
        print(*shorten(failure), sep="\n", file=sys.stderr)
    return 1 if failure else 0


def unsatisfied(owner: str, needed: Requirement) -> str:
    """Say which version is missing, if any."""
    try:
        found = version(needed.name)
    except PackageNotFoundError:
        found = ""
    if found and needed.specifier.contains(found, prereleases=True):
        return ""
    return f"{owner} needs {needed.name}{needed.specifier}, but {found or 'no version'} is installed"


def all_requirements() -> Iterator[tuple[str, Requirement]]:
    """Yield what the installed packages declare, without their extras."""
    for found in distributions(path=[sysconfig.get_path("purelib")]):
        for needed in map(Requirement, found.requires or []):
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                yield f"{found.name} {found.version}", needed


def start_server(home: Path) -> str:
    """Start JupyterLab and ask it; return its log if it does not answer."""
    words = ["-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    log = home / "log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, *words], cwd=home, env=environment(home), stdout=output, stderr=output
        )
    try:
        end = time.monotonic() + START_TIMEOUT
        while server.poll() is None and time.monotonic() < end:
            if answers(home):
                return ""
            time.sleep(0.2)
        return last_lines(log.read_text()) or "JupyterLab does not answer."
    finally:
        server.kill()
        server.wait()


def answers(home: Path) -> bool:
    """Return whether the server of this home answers a request of its owner."""
    for file in (home / "runtime").glob("jpserver-*.json"):
        try:
            info = json.loads(file.read_text())
            request = urllib.request.Request(f"{info['url']}api/status")  # noqa: S310 (on loopback)
            request.add_header("Authorization", f"token {info['token']}")
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(request, timeout=10):
                return True
        except (OSError, ValueError):
            return False
    return False


def start_kernel(home: Path) -> str:
    """Run a cell in a Python kernel; return what goes wrong."""
    code = (
        "from jupyter_client.manager import start_new_kernel\n"
        f"manager, client = start_new_kernel(startup_timeout={START_TIMEOUT})\n"
        "client.execute_interactive('1 + 1', timeout=60)\n"
        "manager.shutdown_kernel(now=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    return last_lines(done.stderr) or "A kernel does not start." if done.returncode else ""


def last_lines(log: str) -> str:
    """Return the end of a log, where the reason stands."""
    return "\n".join(log.splitlines()[-12:])


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which Jupyter writes to a temporary home only."""
    mine = {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime"), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**os.environ, **mine}


if __name__ == "__main__":
    sys.exit(main())
