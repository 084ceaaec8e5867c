"""A real JupyterHub with our configuration and a real proxy; the cluster is answers from recordings."""

import json
import re
import subprocess
import time
from unittest.mock import ANY

import pytest

from jupyterhub_openshift.errors import PRODUCT

from .browser import Browser
from .hub_process import command, hub_at, kubeconfig, no_image_stream
from .proxy_process import TOKEN, running

pytestmark = pytest.mark.hub


def test_a_bad_environment_ends_the_hub_with_a_line_per_setting_and_no_traceback(tmp_path):
    environ = {"JUPYTERHUB_NOTEBOOK_MEMORY": "lots", "JUPYTERHUB_IDLE_TIMOUT": "60"}
    done = subprocess.run(**command(tmp_path, **environ), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (
        1,
        f"[jupyterhub-openshift] {PRODUCT}\n"
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
        f"[jupyterhub-openshift] {PRODUCT}\n"
        "This pod has no usable service account in /var/run/secrets/kubernetes.io/serviceaccount "
        "(Service token file does not exist.); the hub needs one. "
        "An example that works, in the deployment: serviceAccountName: jupyterhub\n",
    )


def test_a_temporary_user_is_told_why_no_server_starts(
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
            'The project default has no image stream "nosuch". '
            "This command lists the image streams: oc get imagestreams"
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
