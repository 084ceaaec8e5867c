"""A real hub below a base URL, as the environment or a file sets it, behind the proxy of the templates."""

import pytest
from traitlets.config import Config

from jupyterhub_openshift.base_url import base_url_of
from tests.waiting import eventually

from .browser import Browser, read
from .hub_process import hub_at
from .local_servers import HubApi, write_config
from .proxy_process import running

METRICS_TOKEN = "the-token-with-which-prometheus-reads"
WAYS = {
    "the setting": ({"JUPYTERHUB_BASE_URL": "/jupyter/"}, ""),
    "c.JupyterHub.base_url": ({}, 'c.JupyterHub.base_url = "/jupyter"'),
    "c.JupyterHub.bind_url": ({}, 'c.JupyterHub.bind_url = "http://:8000/jupyter/"'),
}


@pytest.fixture(scope="module", params=WAYS)
def hub(request, tmp_path_factory, configurable_http_proxy):
    """The hub at its base URL, its own port, and its log."""
    folder = tmp_path_factory.mktemp("base-url")
    environ, line = WAYS[request.param]
    config = write_config(folder)
    config.write_text(f"{config.read_text()}{line}\n")
    environ |= {
        "JUPYTERHUB_AUTHENTICATOR": "dummy",
        "JUPYTERHUB_ALLOW": "everyone",
        "JUPYTERHUB_IDLE_TIMEOUT": "2",
        "JUPYTERHUB_METRICS_TOKEN": METRICS_TOKEN,
    }
    with running(configurable_http_proxy) as proxy, hub_at(proxy, folder, config=config, **environ) as log:
        hub = HubApi(f"http://127.0.0.1:{proxy.port}/jupyter")
        Browser().get_until(f"{hub.url}/hub/api/", "version")
        yield hub, f"http://127.0.0.1:{proxy.hub_port}", log


def test_the_probes_of_the_templates_find_the_hub_healthy(hub):
    """They ask the hub itself, with the same path for every hub."""
    _, address, _ = hub
    assert Browser().answer(f"{address}/hub/health")[0] == 200


@pytest.mark.parametrize("path", ["", "/jupyter", "/jupyter/", "/jupyter/hub", "/jupyter/hub/"])
def test_every_way_into_the_hub_ends_at_its_login(hub, path):
    status, _, page = Browser().answer(hub[0].url.removesuffix("/jupyter") + path)
    assert status == 200
    assert 'action="/jupyter/hub/login?next=' in page


def test_the_pages_link_below_the_base_url(hub):
    browser = Browser()
    page = browser.html(f"{hub[0].url}/hub/login")
    token = page.partition('name="_xsrf" value="')[2].partition('"')[0]
    form = {"_xsrf": token, "username": "alice", "password": "x"}
    page = browser.html(f"{hub[0].url}/hub/login?next=%2Fjupyter%2Fhub%2Fhome", form)
    links = {part.partition('"')[0] for part in page.split('href="')[1:]}
    assert {"/jupyter/hub/home", "/jupyter/hub/token"} <= links
    assert [link for link in links if link.startswith(("/hub", "/user"))] == []


def test_the_proxy_shows_the_hubs_page_for_a_server_that_does_not_run(hub):
    """The proxy asks the hub for it, with the same path for every hub."""
    page = Browser().html(f"{hub[1]}/hub/error/503?url=%2Fjupyter%2Fuser%2Fbob%2F")
    assert 'href="/jupyter/hub/home"' in page
    assert "503" in read(page)


def test_prometheus_reads_the_metrics(hub):
    api = hub[0]
    api.tokens["prometheus"] = METRICS_TOKEN
    status, text = api.ask("prometheus", "GET", "/hub/metrics")
    assert (status, "jupyterhub_total_users" in text) == (200, True)


def test_a_server_starts_lets_its_owner_in_and_is_culled(hub):
    api, _, log = hub
    api.create_user("bob")
    api.new_token("bob")
    api.start_server("bob", "bob")
    assert api.enters("bob", "bob")
    eventually("the culler has stopped it", lambda: not api.is_ready("bob"))
    assert "Culling server bob" in log.read_text()


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "/"),
        ({"base_url": "jupyter"}, "/jupyter/"),
        ({"bind_url": "http://:8000"}, "/"),
        ({"bind_url": "http://:8000/a/b"}, "/a/b/"),
        ({"bind_url": "http://:8000/a", "base_url": "/b/"}, "/b/"),
    ],
)
def test_the_base_url_of_a_configuration(settings, url):
    assert base_url_of(Config({"JupyterHub": settings})) == url
