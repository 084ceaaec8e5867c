"""What a browser, a user and a user's server get from the hub, behind a router that ends TLS."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest

from tests.hub.browser import Browser
from tests.hub.hub_process import HubProcess
from tests.hub.local_servers import HubApi, write_config
from tests.hub.proxy_process import running

pytestmark = pytest.mark.faults

HOST = "hub.example.org"
MARKUP = "<script>alert('x')</script>"


class Client:
    """A browser behind the cluster's router, which sets these headers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, form: dict[str, str] | str | None = None, **headers: str) -> Answer:
        sent = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7", **headers}
        sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = urlencode(form) if isinstance(form, dict) else form
        if isinstance(form, dict):
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, body, sent)
        answer = Answer(connection.getresponse())
        self.cookies |= {cookie.key: cookie.coded_value for cookie in answer.cookies}
        return answer

    def log_in(self, name: str, following: str = "/hub/home") -> Answer:
        self.cookies.clear()
        page = self.ask("GET", f"/hub/login?next={quote(following)}")
        token = re.findall(r'name="_xsrf" value="([^"]+)"', page.text)[0]
        form = {"_xsrf": token, "username": name, "password": "x"}
        return self.ask("POST", f"/hub/login?next={quote(following)}", form)

    def page(self, path: str) -> str:
        answer = self.ask("GET", path)
        return answer.text


class Answer:
    """Status, headers, cookies and text."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers = response.status, response.headers
        parsed = [SimpleCookie(each) for each in response.headers.get_all("Set-Cookie") or []]
        self.cookies = [cookie for jar in parsed for cookie in jar.values()]
        self.text = response.read().decode()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, configurable_http_proxy: Path) -> Iterator[HubApi]:
    """A hub with servers of alice and bob, and tokens of both; its title is markup."""
    folder = tmp_path_factory.mktemp("hub")
    environ = {
        "JUPYTERHUB_AUTHENTICATOR": "dummy",
        "JUPYTERHUB_ALLOW": "everyone",
        "JUPYTERHUB_IDLE_TIMEOUT": "0",
        "JUPYTERHUB_NAMED_SERVERS": "2",
        "JUPYTERHUB_TITLE": MARKUP,
    }
    with running(configurable_http_proxy) as proxy:
        hub = HubProcess(proxy, folder, config=write_config(folder), **environ)
        hub.start()
        api = HubApi(hub.url)
        try:
            Browser().get_until(f"{hub.url}/hub/login", "Log in")
            for name in ("alice", "bob"):
                api.create_user(name)
                api.new_token(name)
                api.start_server("", name)
            yield api
            for name in ("alice", "bob"):
                api.ask("", "DELETE", f"/hub/api/users/{name}/server")
        finally:
            hub.stop()


@pytest.fixture
def client(hub: HubApi) -> Client:
    return Client(urlsplit(hub.url).port or 0)


def test_login_cookies_are_secure_http_only_and_same_site(client: Client) -> None:
    """The token against cross-site requests is for the pages' scripts, and opens nothing by itself."""
    answer = client.log_in("alice")
    cookies = {cookie.key: cookie for cookie in answer.cookies}
    assert cookies.keys() == {"jupyterhub-hub-login", "jupyterhub-session-id", "_xsrf"}
    for name in ("jupyterhub-hub-login", "jupyterhub-session-id"):
        assert (cookies[name]["secure"], cookies[name]["httponly"]) == (True, True), name
    assert {cookie["samesite"] for cookie in cookies.values()} == {"Lax"}
    assert cookies["jupyterhub-hub-login"]["path"] == "/hub/", "no notebook server sees it"


def test_no_other_site_frames_a_page(client: Client) -> None:
    client.log_in("alice")
    for path in ("/hub/home", "/hub/login", "/hub/token", "/hub/spawn-pending/alice", "/hub/nosuch"):
        policy = client.ask("GET", path).headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy, path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/hub/login"),
        ("POST", "/hub/spawn"),
        ("POST", "/hub/spawn/alice"),
        ("POST", "/hub/api/users/alice/server"),
        ("DELETE", "/hub/api/users/alice/server"),
        ("POST", "/hub/api/users/alice/tokens"),
        ("POST", "/hub/api/shares/alice/"),
        ("POST", "/hub/accept-share?code=x"),
        ("POST", "/hub/api/oauth2/authorize?client_id=x&response_type=code"),
        ("POST", "/hub/api/shutdown"),
    ],
)
def test_every_form_and_request_with_a_cookie_needs_the_token_against_cross_site_requests(
    client: Client, method: str, path: str
) -> None:
    client.log_in("alice")
    del client.cookies["_xsrf"]
    other_site = {"Origin": "https://evil.example", "Referer": "https://evil.example/"}
    form = "{}" if "/api/" in path else {"username": "alice", "password": "x"}
    answer = client.ask(method, path, form, **other_site)
    assert answer.status == 403, answer.text
    client.cookies["_xsrf"] = "guessed"
    path += ("&" if "?" in path else "?") + "_xsrf=guessed"
    assert client.ask(method, path, form, **other_site).status == 403


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "\t//evil.example",
        "/%2fevil.example",
        "//evil.example\\@hub.example.org",
        "https://hub.example.org.evil.example/",
        "https://hub.example.org@evil.example/",
    ],
)
def test_no_login_leads_to_another_site(client: Client, following: str) -> None:
    for path in (f"/hub/login?next={quote(following)}", f"/hub/?next={quote(following)}"):
        client.log_in("alice", following)
        for answer in (client.log_in("alice", following), client.ask("GET", path)):
            place = answer.headers.get("Location", "/")
            assert place.startswith("/") and not place.startswith(("//", "/\\", "/\t")), place
            assert "\\" not in place


def test_titles_names_and_addresses_never_become_markup(hub: HubApi, client: Client) -> None:
    name = "<img src=x>"
    client.log_in(name)
    paths = ["/hub/home", "/hub/login", "/hub/token", f"/hub/{quote(MARKUP)}", f"/user/{quote(MARKUP)}/"]
    paths += [f"/hub/login?next={quote(MARKUP)}", f"/hub/error/404?reason={quote(MARKUP)}"]
    for path in paths:
        page = client.page(path)
        assert MARKUP not in page, path
        assert name not in re.sub("<script.*?</script>", "", page, flags=re.DOTALL), path
    assert "&lt;script&gt;alert" in client.page("/hub/home")
    assert "&lt;img src=x&gt;" in client.page("/hub/home")


OF_BOB = [
    ("GET", "/hub/api/users"),
    ("GET", "/hub/api/users/bob"),
    ("PATCH", "/hub/api/users/bob"),
    ("DELETE", "/hub/api/users/bob"),
    ("GET", "/hub/api/users/bob/server"),
    ("POST", "/hub/api/users/bob/server"),
    ("DELETE", "/hub/api/users/bob/server"),
    ("GET", "/hub/api/users/bob/server/progress"),
    ("POST", "/hub/api/users/bob/servers/new"),
    ("POST", "/hub/api/users/bob/activity"),
    ("GET", "/hub/api/users/bob/tokens"),
    ("POST", "/hub/api/users/bob/tokens"),
    ("GET", "/hub/api/users/bob/shared"),
    ("GET", "/hub/api/shares/bob"),
    ("POST", "/hub/api/shares/bob/"),
    ("GET", "/hub/api/share-codes/bob"),
    ("POST", "/hub/api/share-codes/bob/"),
    ("GET", "/hub/api/services"),
    ("GET", "/hub/api/proxy"),
    ("POST", "/hub/api/proxy"),
    ("GET", "/hub/api/info"),
    ("POST", "/hub/api/shutdown"),
    ("GET", "/hub/api/groups"),
    ("POST", "/hub/api/groups/new"),
    ("GET", "/hub/metrics"),
    ("GET", "/user/bob/"),
    ("GET", "/user/bob/api/contents"),
]


@pytest.mark.parametrize(("method", "path"), OF_BOB)
def test_a_user_reaches_neither_server_tokens_nor_record_of_another(
    hub: HubApi, method: str, path: str
) -> None:
    status, text = hub.ask("alice", method, path, {} if method in ("POST", "PATCH") else None)
    if path in ("/hub/api/users", "/hub/api/services", "/hub/api/groups") and status == 200:
        assert "bob" not in text  # a list has what the user may read
    else:
        assert status in (403, 404), text
    assert hub.is_ready("bob")


def test_the_token_of_a_server_opens_this_server_and_nothing_else(hub: HubApi) -> None:
    """A user's code, and whoever runs code in the server, has it."""
    _, text = hub.ask("", "GET", "/hub/api/users/alice/tokens")
    scopes = {
        scope
        for token in json.loads(text)["api_tokens"]
        if (token["note"] or "").startswith("Server at")
        for scope in token["scopes"]
    }
    assert scopes == {
        "access:servers!server=alice/",
        "read:users:activity!user=alice",
        "read:users:groups!user=alice",
        "read:users:name!user=alice",
        "users:activity!user=alice",
    }


def test_no_answer_and_no_log_line_has_a_secret_of_the_hub(hub: HubApi, client: Client) -> None:
    client.log_in("alice")
    text = "".join(client.page(path) for path in ("/hub/home", "/hub/token", "/hub/login", "/hub/api/"))
    assert hub.tokens["alice"] not in text
    assert hub.tokens[""] not in text
