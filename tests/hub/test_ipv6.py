"""On a cluster with IPv6 alone, each part listens, and finds the others, at IPv6 addresses."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyterhub_openshift.cluster.api import find_cluster
from jupyterhub_openshift.configure import HUB_PORT
from tests.paths import CHECKOUT
from tests.ports import free_port
from tests.waiting import eventually

from .browser import Browser
from .hub_process import command
from .local_servers import write_config
from .proxy_process import TOKEN

pytestmark = pytest.mark.hub


def listens(port: int) -> bool:
    with socket.socket(socket.AF_INET6) as client:
        return client.connect_ex(("::1", port)) == 0


@contextmanager
def process(args, **options):
    with subprocess.Popen(args, **options) as running:
        try:
            yield
        finally:
            running.terminate()


def proxy_command(executable: Path, ports: dict[str, int]) -> list[str]:
    """The command of the templates' proxy, with ports of the test, and a hub at an IPv6 address."""
    manifest = json.loads((CHECKOUT / "openshift/objects/proxy.json").read_text())
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    _, *arguments = container["command"]
    text = json.dumps(arguments).replace("${APPLICATION_NAME}", "[::1]")
    for own, port in ports.items():
        text = text.replace(own, str(port))
    return [str(executable), *json.loads(text)]


def test_a_browser_reaches_the_hub_through_the_proxy(configurable_http_proxy, tmp_path):
    ports = {"8080": free_port(), "8001": free_port(), str(HUB_PORT): free_port()}
    public, api, hub = ports.values()
    options = (
        f"--JupyterHub.hub_bind_url=http://:{hub}",  # as the hub's configuration has it, with another port
        f"--JupyterHub.hub_connect_url=http://[::1]:{hub}",
        f"--ConfigurableHTTPProxy.api_url=http://[::1]:{api}",
    )
    environ = {"JUPYTERHUB_AUTHENTICATOR": "dummy", "CONFIGPROXY_AUTH_TOKEN": TOKEN}
    started = command(tmp_path, *options, config=write_config(tmp_path), **environ)
    proxy = proxy_command(configurable_http_proxy, ports)
    with (
        (tmp_path / "log").open("w") as log,
        process(proxy, env={"PATH": os.environ["PATH"], "CONFIGPROXY_AUTH_TOKEN": TOKEN}),
        process(**started, stdout=log, stderr=log),
    ):
        eventually("the hub listens", lambda: listens(hub))
        Browser().get_until(f"http://[::1]:{public}/hub/api/", "version")
        page = Browser().html(f"http://[::1]:{public}/")
        assert 'action="/hub/login?next=' in page


def test_the_api_is_found_at_an_ipv6_address(api):
    environ = {"KUBERNETES_SERVICE_HOST": "fd02::1", "KUBERNETES_SERVICE_PORT": "443"}
    cluster = find_cluster(api.account, environ, pauses=())
    assert cluster
    assert cluster.configuration.host == "https://[fd02::1]:443"
