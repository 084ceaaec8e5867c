"""A real hub that people log in to with the sandbox's OAuth server: its forms, redirects and cookies."""

from __future__ import annotations

import asyncio
import html
import http.client
import json
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import pytest

from sandbox.server import Options, running
from tests.environment import inherited
from tests.paths import CHECKOUT
from tests.ports import free_port

from ..browser import read
from ..proxy_process import TOKEN
from ..proxy_process import running as proxy_running

BINDINGS = "rolebindings.rbac.authorization.k8s.io"
CONFIG = """
from functools import partial
from pathlib import Path
import jupyterhub_openshift.authenticator.project_authenticator as authenticator
from jupyterhub_openshift.cluster import api as cluster
from jupyterhub_openshift.cluster.ca_bundles import trusted

account = Path({account!r})  # where the kubelet would have it is not ours here
cluster.find_cluster.__defaults__ = (account, *cluster.find_cluster.__defaults__[1:])
authenticator.ProjectAuthenticator.token_file = account / "token"
authenticator.trusted = lambda: trusted([account / "ca.crt"])
names = {{"oauth-openshift.apps.localhost": "127.0.0.1"}}  # as in the /etc/hosts of a pod
authenticator.SimpleAsyncHTTPClient = partial(authenticator.SimpleAsyncHTTPClient, hostname_mapping=names)
exec(compile(Path({config!r}).read_text(), {config!r}, "exec"))
c.Authenticator.auth_refresh_age = 1
c.JupyterHub.spawner_class = "simple"  # nothing is started
"""


class Sandbox:
    """The sandbox's servers in a thread, and the hub's service account in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.account = folder / "account"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Sandbox:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(60)
        self.account.mkdir()
        (self.account / "namespace").write_text(self.project)
        (self.account / "ca.crt").write_bytes((self.folder / "state/ca/ca.crt").read_bytes())
        self.trust = ssl.create_default_context(cafile=str(self.account / "ca.crt"))
        admin = json.loads((self.folder / "state/admin.kubeconfig").read_text())
        self._token = admin["users"][0]["user"]["token"]
        note = "serviceaccounts.openshift.io/oauth-redirect"
        reference = {"kind": "OAuthRedirectReference", "reference": {"kind": "Route", "name": "jupyterhub"}}
        callback = {f"{note}uri.first": "/hub/oauth_callback"}
        annotations = {**callback, f"{note}reference.first": json.dumps(reference)}
        meta = {"name": "jupyterhub", "annotations": annotations}
        self.create("/api/v1", "serviceaccounts", {"metadata": meta})
        subject = {"kind": "ServiceAccount", "name": "jupyterhub", "namespace": self.project}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}
        binding = {"metadata": {"name": "edit"}, "subjects": [subject], "roleRef": role}
        self.create("/apis/rbac.authorization.k8s.io/v1", "rolebindings", binding)
        spec = {"to": {"kind": "Service", "name": "jupyterhub"}, "tls": {"termination": "edge"}}
        body = {"metadata": {"name": "jupyterhub"}, "spec": spec}
        route = self.create("/apis/route.openshift.io/v1", "routes", body)
        self.host = f"{route['spec']['host']}:{self.options.route_port}"
        self.rotate()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _start(self) -> None:
        options = Options(self.folder / "state", CHECKOUT, route_port=free_port())
        self._running = running(options)
        self.options = await self._running.__aenter__()
        self.project = self.options.project.name

    async def _stop(self) -> None:
        await self._running.__aexit__(None, None, None)

    def rotate(self) -> None:
        """A new token for the hub's account."""
        path = f"/api/v1/namespaces/{self.project}/serviceaccounts/jupyterhub/token"
        (self.account / "token").write_text(self.ask("POST", path, {"spec": {}})["status"]["token"])

    def create(self, api: str, resource: str, body: dict) -> dict:
        return self.ask("POST", f"{api}/namespaces/{self.project}/{resource}", body)

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        connection = http.client.HTTPSConnection("127.0.0.1", self.options.api_port, context=self.trust)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = json.loads(connection.getresponse().read())
        assert answer.get("status") != "Failure", answer
        return answer


class Browser:
    """Follows redirects between the hub and OpenShift, keeps cookies, and fills in forms."""

    def __init__(self, sandbox: Sandbox, hub_port: int) -> None:
        self.sandbox, self.hub_port = sandbox, hub_port
        self.cookies: dict[str, dict[str, str]] = {}
        self.url = ""

    def get(self, path: str) -> tuple[int, str]:
        return self._ask("GET", urljoin(self.url or f"https://{self.sandbox.host}/", path))

    def submit(self, page: str, **values: str) -> tuple[int, str]:
        """The page's form, with what is filled in; a value None leaves a field out."""
        action = re.search(r'<form action="([^"]+)"', page)[1]
        fields = [
            (name, html.unescape(value))
            for name, value in re.findall(r'<input[^>]*name="(\w+)" value="([^"]*)"', page)
            if values.get(name, value) is not None
        ]
        return self._ask("POST", urljoin(self.url, action), urlencode([*fields, *values.items()]))

    def _ask(self, method: str, url: str, body: str | None = None) -> tuple[int, str]:
        for _ in range(20):
            self.url, parts = url, urlsplit(url)
            jar = self.cookies.setdefault(parts.netloc, {})
            headers = {"Host": parts.netloc, "Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())}
            if parts.netloc == self.sandbox.host:  # what the router and the proxy would add
                headers["X-Forwarded-Proto"] = "https"
                connection = http.client.HTTPConnection("127.0.0.1", self.hub_port)
            else:
                context = self.sandbox.trust
                connection = http.client.HTTPSConnection("localhost", parts.port, context=context)
                context.check_hostname = False
            if body:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
            answer = connection.getresponse()
            text = html.unescape(answer.read().decode())
            for line in answer.headers.get_all("Set-Cookie") or []:
                for name, morsel in SimpleCookie(line).items():
                    jar[name] = morsel.value
            if answer.status not in (301, 302, 303):
                return answer.status, text
            url, method, body = urljoin(url, answer.headers["Location"]), "GET", None
        raise AssertionError(f"redirected in circles: {url}")


@contextmanager
def hub_in(sandbox: Sandbox, proxy, folder: Path) -> Iterator[int]:
    port = free_port()
    config = folder / "config.py"
    config.write_text(
        CONFIG.format(account=str(sandbox.account), config=str(CHECKOUT / "jupyterhub_config.py"))
    )
    command = [sys.executable, "-m", "jupyterhub", "--config", str(config)]
    command += [f"--JupyterHub.db_url=sqlite:///{folder}/hub.sqlite"]
    command += [f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{proxy.api_port}"]
    command += [f"--JupyterHub.hub_{kind}_url=http://127.0.0.1:{port}" for kind in ("bind", "connect")]
    environ = {
        **inherited(),
        "HOME": str(folder),
        "PYTHONPATH": str(CHECKOUT),
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": str(sandbox.options.api_port),
        "CONFIGPROXY_AUTH_TOKEN": TOKEN,
        "JUPYTERHUB_AUTHENTICATOR": "openshift",
        "JUPYTERHUB_CRYPT_KEY": "0f" * 32,
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environ, cwd=folder, stdout=log, stderr=log)
    try:
        wait_for(port, process, folder / "log")
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    for _ in range(240):
        assert process.poll() is None, log.read_text()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/hub/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.25)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def place(tmp_path_factory, configurable_http_proxy):
    folder = tmp_path_factory.mktemp("login")
    with (
        Sandbox(folder) as sandbox,
        proxy_running(configurable_http_proxy) as proxy,
        hub_in(sandbox, proxy, folder) as port,
    ):
        yield sandbox, port, folder / "log"


def log_in(place, name: str) -> tuple[Browser, int, str]:
    """A new browser in which someone logs in and approves; where that ends."""
    browser = Browser(*place[:2])
    _, page = browser.get("/hub/oauth_login?next=%2Fhub%2Fhome")
    status, page = browser.submit(page, username=name, password=name)
    if "Authorize Access" in page:
        status, page = browser.submit(page, approve="Allow selected permissions")
    return browser, status, page


def test_a_viewer_of_the_project_logs_in_and_is_no_admin(place):
    browser, status, page = log_in(place, "bob")
    assert (status, urlsplit(browser.url).path) == (200, "/hub/home"), page
    assert browser.get("/hub/admin")[0] in (403, 404)


def test_an_admin_of_the_project_sees_the_admin_page(place):
    browser, status, page = log_in(place, "carol")
    assert status == 200, page
    assert browser.get("/hub/admin")[0] == 200


def test_people_without_access_are_told_which_project_it_is_and_whom_to_ask(place):
    project = place[0].project
    _, status, page = log_in(place, "alice")
    assert status == 403
    assert (
        f'You are logged in to OpenShift as "alice", who has no access to the project {project}. '
        "Only people with access to the project may use this hub. "
        "Ask an administrator of the project to run: "
        f"oc policy add-role-to-user view alice -n {project}"
    ) in read(page)


def test_people_who_deny_the_scopes_are_told_what_to_do(place):
    browser = Browser(*place[:2])
    _, page = browser.get("/hub/oauth_login")
    _, page = browser.submit(page, username="developer", password="developer")
    status, page = browser.submit(page, deny="Deny")
    assert status == 403
    text = "You did not allow this hub to read your user name. Log in again and allow it."
    assert text in read(page)


def test_a_rotated_token_does_not_break_the_login(place):
    place[0].rotate()
    _, status, page = log_in(place, "bob")
    assert status == 200, page


def test_logging_out_deletes_the_token_at_openshift(place):
    sandbox = place[0]
    browser, _, _ = log_in(place, "carol")
    tokens = "/apis/oauth.openshift.io/v1/oauthaccesstokens"
    before = {t["metadata"]["name"] for t in sandbox.ask("GET", tokens)["items"]}
    _, page = browser.get("/hub/logout")
    assert "Your session at OpenShift goes on" in page
    after = {t["metadata"]["name"] for t in sandbox.ask("GET", tokens)["items"]}
    assert len(before - after) == 1


def test_a_viewer_whose_role_binding_is_removed_loses_access_at_the_next_refresh(place):
    sandbox = place[0]
    browser, status, _ = log_in(place, "bob")
    assert status == 200
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{sandbox.project}/rolebindings/bob-view"
    sandbox.ask("DELETE", path)
    for _ in range(40):
        browser.get("/hub/home")
        if urlsplit(browser.url).path != "/hub/home":
            break
        time.sleep(0.25)
    assert urlsplit(browser.url).path == "/hub/login"
    assert dict(parse_qsl(urlsplit(browser.url).query)) == {"next": "/hub/home"}
    log = place[2].read_text()
    assert "bob has lost access" in log
    assert "Traceback" not in log
    assert "sha256~" not in log
