"""A real hub with an admin, a person with a server, and the person's consent."""

import json
import shlex
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.paths import CHECKOUT

from .browser import Browser
from .hub_process import CONFIG, hub_at
from .proxy_process import running

SERVER = Path(__file__).with_name("notebook_server.py")
COMMANDS = [
    shlex.split(line, comments=True)
    for line in (CHECKOUT / "docs/configuration.md").read_text().splitlines()
    if line.startswith("curl ")
]
SETUP = "the-token-of-this-test"
OWN = f"""
exec(compile(open({str(CONFIG)!r}).read(), {str(CONFIG)!r}, "exec"))
c.JupyterHub.spawner_class = "simple"
c.Spawner.cmd = [{sys.executable!r}, {str(SERVER)!r}]
c.Spawner.ip = "127.0.0.1"
c.Spawner.port = 0
c.Spawner.environment = {{"PYTHONPATH": {str(CHECKOUT)!r}}}
c.JupyterHub.services.append({{"name": "test", "api_token": {SETUP!r}, "admin": True}})
"""


class Hub:
    """Asked with the token of one or another."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.tokens = {"": SETUP}

    def ask(self, who: str, method: str, path: str, body: dict | None = None) -> tuple[int, str]:
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"token {self.tokens[who]}"},  # as curl: no type that says JSON
            method=method,
        )
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def new_token(self, name: str) -> None:
        """What a server has been told of the old one it remembers for five minutes."""
        status, text = self.ask("", "POST", f"/hub/api/users/{name}/tokens", {})
        assert status == 201, text
        self.tokens[name] = json.loads(text)["token"]

    def enters(self, who: str, owner: str) -> bool:
        self.new_token(who)
        status, text = self.ask(who, "GET", f"/user/{owner}/")
        assert (status, text == f"Hello {who}") in ((200, True), (403, False)), text
        return status == 200


@pytest.fixture(scope="module")
def hub(tmp_path_factory, configurable_http_proxy):
    folder = tmp_path_factory.mktemp("sharing")
    (folder / "config.py").write_text(OWN)
    environ = {
        "JUPYTERHUB_AUTHENTICATOR": "dummy",
        "JUPYTERHUB_ALLOW": "everyone",
        "JUPYTERHUB_ADMIN_USERS": "carol",
        "JUPYTERHUB_IDLE_TIMEOUT": "0",
    }
    with (
        running(configurable_http_proxy) as proxy,
        hub_at(proxy, folder, config=folder / "config.py", **environ),
    ):
        hub = Hub(f"http://127.0.0.1:{proxy.port}")
        Browser().get_until(f"{hub.url}/hub/api/", "version")
        for name in ("alice", "bob"):
            hub.ask("", "POST", f"/hub/api/users/{name}", {})
        for name in ("alice", "bob", "carol"):
            hub.new_token(name)
        yield hub


def test_an_admin_sees_the_admin_page_and_starts_a_server(hub):
    browser = Browser()
    assert 'href="/hub/admin"' in browser.log_in(hub.url, "carol")
    assert 'id="react-admin-hook"' in browser.html(f"{hub.url}/hub/admin")
    status, text = hub.ask("carol", "POST", "/hub/api/users/alice/server", {})
    assert status in (201, 202), text
    for _ in range(120):
        _, text = hub.ask("carol", "GET", "/hub/api/users/alice")
        if json.loads(text)["servers"].get("", {}).get("ready"):
            break
        time.sleep(0.25)
    assert hub.enters("alice", "alice"), text
    _, text = hub.ask("carol", "GET", "/hub/api/users?include_stopped_servers=1")  # as that page asks
    ready = {user["name"]: user["servers"][""]["ready"] for user in json.loads(text)}
    assert ready == {"alice": True, "bob": False, "carol": False}


def test_an_admin_gets_into_a_server_only_while_its_owner_shares_it(hub):
    assert not hub.enters("carol", "alice")
    share, revoke = ((method, url, data) for _, _, _, _, method, url, _, data in COMMANDS)
    status, text = documented(hub, *share)
    assert (status, json.loads(text)["scopes"]) == (200, ["access:servers!server=alice/"])
    assert hub.enters("carol", "alice")
    status, text = documented(hub, *revoke)
    assert status == 200, text
    assert not hub.enters("carol", "alice")


def documented(hub: Hub, method: str, url: str, data: str) -> tuple[int, str]:
    return hub.ask("alice", method, url.removeprefix("https://HOST"), json.loads(data))


def test_an_admin_can_neither_share_another_users_server_nor_get_their_tokens(hub):
    assert hub.ask("carol", "POST", "/hub/api/shares/alice/", {"user": "carol"})[0] in (403, 404)
    assert hub.ask("carol", "POST", "/hub/api/users/alice/tokens", {})[0] in (403, 404)
    assert hub.ask("carol", "PATCH", "/hub/api/users/carol", {"admin": True})[0] in (403, 404)


def test_a_person_shares_by_name_with_admins_alone_and_with_others_by_a_link(hub):
    status, text = hub.ask("alice", "POST", "/hub/api/shares/alice/", {"user": "bob"})
    assert (status, json.loads(text)["message"]) == (
        403, "Need scope 'read:users:name' to share with users by name"
    )  # fmt: skip
    status, text = hub.ask("alice", "POST", "/hub/api/share-codes/alice/", {})
    assert status == 200, text
    assert json.loads(text)["accept_url"].startswith("/hub/accept-share?code=")


def test_an_admin_stops_a_server(hub):
    status, text = hub.ask("carol", "DELETE", "/hub/api/users/alice/server")
    assert status in (202, 204), text
