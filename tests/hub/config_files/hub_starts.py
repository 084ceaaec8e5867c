"""Start a real hub with each of several configuration files, and print as JSON which of them start.

    python -m tests.hub.config_files.hub_starts FOLDER PROXY_API_URL FILE...

Each hub is a process of its own, forked from this one after it has imported JupyterHub: that saves the two
seconds that the import takes.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jupyterhub.app import JupyterHub

import jupyterhub_openshift.configure  # noqa: F401 (imported before the fork, for all hubs)
from tests.paths import CHECKOUT
from tests.ports import free_port

from .checking import CONFIG_MAP

STARTED = "JupyterHub is now running"
SECONDS = 60
# The image's configuration, with the files, the database and the ports of a test.
CONFIG = """
from pathlib import Path
from jupyterhub_openshift import inputs
from jupyterhub_openshift.config_files import loader
from jupyterhub_openshift.settings import read_settings
from tests.hub.config_files.checking import CLUSTER
from tests.hub.example_settings import PROJECT

loader.load_config_files.__defaults__ = (Path({root!r}),)
inputs._handed_on.set(inputs.Inputs(read_settings(), CLUSTER, PROJECT))
exec(compile(Path({config!r}).read_text(), {config!r}, "exec"))
if c.JupyterHub.db_url == "sqlite:////opt/app-root/data/jupyterhub.sqlite":
    c.JupyterHub.db_url = "sqlite:///{root}/hub.sqlite"
c.JupyterHub.hub_bind_url = c.JupyterHub.hub_connect_url = "http://127.0.0.1:{port}"
c.ConfigurableHTTPProxy.api_url = {api_url!r}
"""


def start(folder: Path, api_url: str, file: Path) -> str:
    """Return an empty text if a hub starts with the file, otherwise the end of its log."""
    root = folder / "-".join(file.parts[-2:])
    (root / CONFIG_MAP).parent.mkdir(parents=True)
    (root / CONFIG_MAP).write_bytes(file.read_bytes())
    values = {"root": str(root), "config": str(CHECKOUT / "jupyterhub_config.py"), "api_url": api_url}
    (root / "config.py").write_text(CONFIG.format(**values, port=free_port()))
    log = root / "log"
    child = os.fork()
    if not child:
        _run_hub(root, log)
    try:
        for _ in range(SECONDS * 10):
            ended, _status = os.waitpid(child, os.WNOHANG)
            text = log.read_text() if log.exists() else ""
            if STARTED in text:
                return ""
            if ended:
                return text[-2000:] or "it ended without a word"
            time.sleep(0.1)
        return f"it did not start in {SECONDS} seconds: {text[-2000:]}"
    finally:
        _end(child)


def _run_hub(root: Path, log: Path) -> None:
    """Become a hub; never returns."""
    code = 1
    try:
        os.setsid()
        os.chdir(root)
        file = os.open(log, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, 1)
        os.dup2(file, 2)
        JupyterHub.launch_instance([f"--config={root}/config.py"])
        code = 0
    except SystemExit as stop:
        print(stop, file=sys.stderr, flush=True)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def _end(child: int) -> None:
    """Kill the hub and its services; it may have ended already."""
    for wait in (lambda: os.killpg(child, signal.SIGKILL), lambda: os.waitpid(child, 0)):
        try:
            wait()
        except (ProcessLookupError, ChildProcessError):
            continue


def verdicts(folder: Path, api_url: str, files: list[Path]) -> Iterator[tuple[str, str]]:
    """Yield file and log, two hubs at a time."""
    with ThreadPoolExecutor(2) as threads:
        yield from zip(
            map(str, files), threads.map(lambda file: start(folder, api_url, file), files), strict=True
        )


if __name__ == "__main__":
    where, api, *paths = sys.argv[1:]
    print(json.dumps(dict(verdicts(Path(where), api, [Path(path) for path in paths]))))
