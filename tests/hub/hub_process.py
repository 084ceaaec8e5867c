"""A real JupyterHub with our configuration, as a process; the cluster's API is a stand-in."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.environment import inherited
from tests.paths import CHECKOUT

from .proxy_process import TOKEN, ProxyProcess
from .standin import StandIn

CONFIG = CHECKOUT / "jupyterhub_config.py"


def command(folder: Path, *options: str, config: Path = CONFIG, **environ: str) -> dict:
    """JupyterHub with our configuration file, as in the image; without a database host, one file."""
    hub = [sys.executable, "-m", "jupyterhub", "--config", str(config)]
    if "JUPYTERHUB_DATABASE_HOST" not in environ:
        options = (f"--JupyterHub.db_url=sqlite:///{folder}/hub.sqlite", *options)
    base = {"HOME": str(folder), "PYTHONPATH": str(CHECKOUT), **inherited()}
    return {"args": [*hub, *options], "env": {**base, **environ}, "cwd": folder}


class HubProcess:
    """A hub behind a proxy, which can be killed and started again on the same port."""

    def __init__(
        self, proxy: ProxyProcess, folder: Path, *more: str, config: Path = CONFIG, **environ: str
    ) -> None:
        address = f"http://127.0.0.1:{proxy.hub_port}"
        options = [
            f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{proxy.api_port}",
            f"--JupyterHub.hub_bind_url={address}",
            f"--JupyterHub.hub_connect_url={address}",
            *more,
        ]
        self.url = f"http://127.0.0.1:{proxy.port}"
        self.log = folder / "log"
        self._command = command(folder, *options, config=config, CONFIGPROXY_AUTH_TOKEN=TOKEN, **environ)

    def start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(**self._command, stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Send SIGTERM, as the kubelet does, and kill what does not end."""
        self.process.terminate()
        try:
            self.process.wait(60)
        finally:
            self.kill()


@contextmanager
def hub_at(
    proxy: ProxyProcess, folder: Path, *more: str, config: Path = CONFIG, **environ: str
) -> Iterator[Path]:
    """The log of a hub for one test."""
    hub = HubProcess(proxy, folder, *more, config=config, **environ)
    hub.start()
    try:
        yield hub.log
    finally:
        hub.stop()


def kubeconfig(api: StandIn, folder: Path) -> Path:
    """A file with which the hub's service account reaches the stand-in, in the namespace `default`."""
    context = {"cluster": "it", "user": "hub", "namespace": "default"}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "contexts": [{"name": "it", "context": context}],
        "clusters": [
            {
                "name": "it",
                "cluster": {
                    "server": f"https://127.0.0.1:{api.port}",
                    "certificate-authority": str(api.account / "ca.crt"),
                },
            }
        ],
        "users": [{"name": "hub", "user": {"token": "the-token"}}],
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return file


def no_image_stream(api: StandIn, recorded: dict[str, dict]) -> None:
    """An empty project, in which no notebook can start."""
    empty = {"metadata": {"resourceVersion": "1"}, "items": []}
    for kind in ("pods", "events", "persistentvolumeclaims", "secrets"):
        api.answers["GET", f"/api/v1/namespaces/default/{kind}"] = (200, empty)
    missing = recorded["image stream not found"]
    stream = "/apis/image.openshift.io/v1/namespaces/default/imagestreams/nosuch"
    api.answers["GET", stream] = (missing["status"], missing["response"])
