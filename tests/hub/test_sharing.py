"""A real hub with an admin, a person with a server, and the person's consent."""

import json
import shlex

import pytest

from tests.paths import CHECKOUT

from .browser import Browser
from .hub_process import hub_at
from .local_servers import HubApi, write_config
from .proxy_process import running

COMMANDS = [
    shlex.split(line, comments=True)
    for line in (CHECKOUT / "docs/configuration.md").read_text().splitlines()
    if line.startswith("curl ")
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory, configurable_http_proxy):
    folder = tmp_path_factory.mktemp("sharing")
    environ = {
        "JUPYTERHUB_AUTHENTICATOR": "dummy",
        "JUPYTERHUB_ALLOW": "everyone",
        "JUPYTERHUB_ADMIN_USERS": "carol",
        "JUPYTERHUB_IDLE_TIMEOUT": "0",
    }
    with (
        running(configurable_http_proxy) as proxy,
        hub_at(proxy, folder, config=write_config(folder), **environ),
    ):
        hub = HubApi(f"http://127.0.0.1:{proxy.port}")
        Browser().get_until(f"{hub.url}/hub/api/", "version")
        for name in ("alice", "bob"):
            hub.create_user(name)
        for name in ("alice", "bob", "carol"):
            hub.new_token(name)
        yield hub


def test_an_admin_sees_the_admin_page_and_starts_a_server(hub):
    browser = Browser()
    assert 'href="/hub/admin"' in browser.log_in(hub.url, "carol")
    assert 'id="react-admin-hook"' in browser.html(f"{hub.url}/hub/admin")
    hub.start_server("carol", "alice")
    assert hub.enters("alice", "alice")
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


def documented(hub: HubApi, method: str, url: str, data: str) -> tuple[int, str]:
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
