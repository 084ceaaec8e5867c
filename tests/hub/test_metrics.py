"""Metrics of a real hub, requested as Prometheus does."""

import urllib.error
import urllib.request

import pytest

from .browser import Browser
from .hub_process import hub_at
from .proxy_process import TOKEN, running

METRICS_TOKEN = "3e" * 32


@pytest.fixture(scope="module")
def hub(tmp_path_factory, configurable_http_proxy):
    folder = tmp_path_factory.mktemp("metrics")
    with (
        running(configurable_http_proxy) as proxy,
        hub_at(proxy, folder, JUPYTERHUB_METRICS_TOKEN=METRICS_TOKEN) as log,
    ):
        url = f"http://127.0.0.1:{proxy.port}/hub"
        Browser().get_until(f"{url}/api/", "version")
        yield url
    assert METRICS_TOKEN not in log.read_text()


def ask(url: str, authorization: str = "") -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Authorization": authorization} if authorization else {})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("scheme", ["Bearer", "token"])
def test_the_metrics_token_reads_the_metrics(hub, scheme):
    status, text = ask(f"{hub}/metrics", f"{scheme} {METRICS_TOKEN}")
    assert status == 200
    assert "\njupyterhub_running_servers " in text


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", f"Bearer {TOKEN}"])
def test_without_the_metrics_token_the_metrics_are_forbidden(hub, authorization):
    status, text = ask(f"{hub}/metrics", authorization)
    assert (status, "jupyterhub_running_servers" in text) == (403, False)


@pytest.mark.parametrize("path", ["api/users", "api/services", "api/proxy", "api/info"])
def test_the_metrics_token_grants_nothing_else(hub, path):
    assert ask(f"{hub}/{path}", f"Bearer {METRICS_TOKEN}")[0] == 403
