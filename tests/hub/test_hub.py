"""A real JupyterHub with our configuration and a real proxy; the cluster is answers from recordings."""

import http.cookiejar
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import ANY

import yaml

from tests.ports import free_port

from .conftest import REPO, read
from .standin import StandIn
from .test_proxy import TOKEN, running

CONFIG = REPO / "jupyterhub_config.py"


def command(folder: Path, *options: str, config: Path = CONFIG, **environ: str) -> dict:
    """JupyterHub with our configuration file, as in the image; without a database host, one file."""
    hub = [sys.executable, "-m", "jupyterhub", "--config", str(config)]
    if "JUPYTERHUB_DATABASE_HOST" not in environ:
        options = (f"--JupyterHub.db_url=sqlite:///{folder}/hub.sqlite", *options)
    base = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(REPO)}
    return {"args": [*hub, *options], "env": {**base, **environ}, "cwd": folder}


def test_a_bad_environment_ends_the_hub_with_a_line_each_and_no_traceback(tmp_path):
    environ = {"JUPYTERHUB_NOTEBOOK_MEMORY": "lots", "JUPYTERHUB_IDLE_TIMOUT": "60"}
    done = subprocess.run(**command(tmp_path, **environ), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (
        1,
        "3 settings of this hub cannot be used:\n"
        "  CONFIGPROXY_AUTH_TOKEN: is not set. "
        "An example that works: CONFIGPROXY_AUTH_TOKEN=$(openssl rand -hex 32)\n"
        "  JUPYTERHUB_IDLE_TIMOUT=60: there is no such setting. "
        "An example that works: JUPYTERHUB_IDLE_TIMEOUT=3600\n"
        "  JUPYTERHUB_NOTEBOOK_MEMORY=lots: is not a Kubernetes quantity (a number, then nothing, m, k, "
        "M, G, T, Ki, Mi, Gi or Ti). An example that works: JUPYTERHUB_NOTEBOOK_MEMORY=512Mi\n",
    )


def test_a_pod_without_a_service_account_ends_the_hub_with_a_line(tmp_path):
    environ = {
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": "1",
        "CONFIGPROXY_AUTH_TOKEN": TOKEN,
    }
    done = subprocess.run(**command(tmp_path, **environ), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (
        1,
        "This pod has no usable service account in /var/run/secrets/kubernetes.io/serviceaccount "
        "(Service token file does not exist.); the hub needs one. "
        "An example that works, in the deployment: serviceAccountName: jupyterhub\n",
    )


@contextmanager
def hub_at(proxy, folder: Path, *more: str, config: Path = CONFIG, **environ: str):
    """A hub behind a proxy, with its own log file."""
    port = free_port()
    options = [
        f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{proxy.api_port}",
        f"--JupyterHub.hub_bind_url=http://127.0.0.1:{port}",
        f"--JupyterHub.hub_connect_url=http://127.0.0.1:{port}",
        *more,
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            **command(folder, *options, config=config, CONFIGPROXY_AUTH_TOKEN=TOKEN, **environ),
            stdout=log,
            stderr=log,
        )
    try:
        yield folder / "log"
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()


class Browser:
    """Keeps cookies and follows redirects."""

    def __init__(self) -> None:
        jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))

    def get(self, url: str) -> str:
        """A page as it is read."""
        return read(self.html(url))

    def html(self, url: str, form: dict[str, str] | None = None) -> str:
        """A page as it is written; with a form, the answer to it."""
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            with self._opener.open(url, data) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            return str(error.read().decode())
        except OSError:
            return ""

    def log_in(self, url: str, name: str) -> str:
        """With the form of a hub that asks for a name and any password; ends at its home page."""
        url += "/hub/login?next=%2Fhub%2Fhome"
        token = re.search(r'name="_xsrf" value="([^"]+)"', self.html(url))[1]
        return self.html(url, {"_xsrf": token, "username": name, "password": "x"})

    def get_until(self, url: str, text: str, seconds: int = 60) -> str:
        for _ in range(seconds * 4):
            if text in (page := self.get(url)):
                return page
            time.sleep(0.25)
        raise AssertionError(f"{text!r} never came, but:\n{page}")


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
    for kind in ("pods", "events"):
        api.answers["GET", f"/api/v1/namespaces/default/{kind}"] = (200, empty)
    missing = recorded["image stream not found"]
    stream = "/apis/image.openshift.io/v1/namespaces/default/imagestreams/nosuch"
    api.answers["GET", stream] = (missing["status"], missing["response"])


def test_a_stranger_becomes_a_temporary_user_and_reads_why_no_notebook_starts(
    api,
    recorded,
    tmp_path,
    configurable_http_proxy,
):
    """Two of them, to see that they are two. Idle ones are removed with their last server, and a page that is
    left open is told that its server has stopped, or, when a person reloads it, starts a new one."""
    no_image_stream(api, recorded)
    environ = {
        "KUBECONFIG": str(kubeconfig(api, tmp_path)),
        "JUPYTERHUB_NOTEBOOK_IMAGE": "nosuch:1.0",
        "JUPYTERHUB_IDLE_TIMEOUT": "2",
    }
    with running(configurable_http_proxy) as proxy, hub_at(proxy, tmp_path, **environ) as log:
        url = f"http://127.0.0.1:{proxy.port}"
        Browser().get_until(f"{url}/hub/health", "")
        sentence = (
            'There is no image stream "nosuch" in the project default. '
            "This command lists those that there are: oc get imagestreams"
        )
        for browser in (Browser(), Browser()):
            browser.get_until(url, sentence)

        for _ in range(240):
            if log.read_text().count("Culling user") >= 2:
                break
            time.sleep(0.25)
        text = log.read_text()
        assert text.count("User logged in: ") == 2
        assert text.count("Culling user") >= 2
        gone = re.findall(r"Culling user (\S+)", text)[0]
        stopped = {"message": ANY}
        assert json.loads(browser.html(f"{url}/user/{gone}/api/contents")) == stopped
        assert log.read_text().count("User logged in: ") == 2
        browser.get_until(f"{url}/user/{gone}/lab", sentence)

        text = log.read_text()
        assert TOKEN not in text
        assert "Traceback" not in text
