"""The culling extension of the notebook image: what it counts as activity, and what it reports."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import aiohttp
import pytest
from jupyterhub import __version__

from tests.ports import free_port
from tests.waiting import eventually

TOKEN = "the-token-of-a-page"
TIMEOUT = 6


class Hub(ThreadingHTTPServer):
    """The part of a hub that a server needs: the owner of a token, and the reports of activity."""

    def __init__(self) -> None:
        self.told: list[tuple[float, str]] = []
        self.away = False
        self.slow = 0.0  # seconds before it answers
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def activity(self) -> list[str]:
        """What was told, each once."""
        return sorted({activity for _, activity in self.told})


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self):
        scopes = ["access:servers!server=alice/"]
        self.answer(200, {"name": "alice", "kind": "user", "groups": [], "admin": False, "scopes": scopes})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.away:
            self.answer(503, {})
            return
        assert self.path == "/hub/api/users/alice/activity"
        self.server.told.append((time.monotonic(), body["servers"][""]["last_activity"]))
        time.sleep(self.server.slow)
        self.answer(200, {})

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-JupyterHub-Version", __version__)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Server:
    """A user's server in a container, and requests to it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def request(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read() or "null")

    def culling(self) -> dict[str, Any]:
        return self.request("GET", "api/culling")

    def last_activity(self) -> str:
        return self.request("GET", "api/status")["last_activity"]

    def type_in_terminal(self, command: str) -> None:
        """In a new one, whose page is closed when the command is there."""
        terminal = self.request("POST", "api/terminals", {})["name"]

        async def send():
            async with (
                aiohttp.ClientSession(headers={"Authorization": f"token {TOKEN}"}) as client,
                client.ws_connect(f"{self.url}terminals/websocket/{terminal}") as socket,
            ):
                await socket.send_json(["stdin", f"{command}\r"])
                shown = ""
                async for answer in socket:
                    kind, *text = answer.json()
                    shown += text[0] if kind == "stdout" else ""
                    if command in shown:
                        return

        asyncio.run(send())

    def execute(self, code: str) -> None:
        """In a new kernel, whose answer nobody waits for."""
        kernel = self.request("POST", "api/kernels", {})["id"]
        header = {
            "msg_id": "1",
            "msg_type": "execute_request",
            "session": "1",
            "username": "",
            "version": "5.3",
        }
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
        }

        async def send():
            async with (
                aiohttp.ClientSession(headers={"Authorization": f"token {TOKEN}"}) as client,
                client.ws_connect(f"{self.url}api/kernels/{kernel}/channels") as socket,
            ):
                await socket.send_json(message)
                async for answer in socket:
                    if answer.json()["msg_type"] == "execute_input":  # it runs
                        return

        asyncio.run(send())


@contextmanager
def running(workshop, image, command: str, url: str, **environ: str) -> Iterator[Server]:
    server, printed = Server(url), []
    run = threading.Thread(target=lambda: printed.append(workshop.run(image, command, **environ)))
    run.start()

    def answers():
        assert run.is_alive(), printed
        try:
            return server.last_activity()
        except (OSError, urllib.error.URLError):
            return None

    try:
        eventually("the server answers", answers)
        yield server
    finally:
        server.request("POST", "api/shutdown", {})
        run.join()


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        thread = threading.Thread(target=hub.serve_forever)
        thread.start()
        yield hub
        hub.shutdown()
        thread.join()


@contextmanager
def users_server(workshop, notebook, hub: Hub, **rules: str) -> Iterator[Server]:
    """Start a server with the environment that KubeSpawner sets."""
    url = f"http://127.0.0.1:{free_port()}/user/alice/"
    api = f"http://127.0.0.1:{hub.server_port}/hub/api"
    environ = {
        "JUPYTERHUB_API_TOKEN": "the-token-of-the-server",
        "JUPYTERHUB_API_URL": api,
        "JUPYTERHUB_ACTIVITY_URL": f"{api}/users/alice/activity",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-alice",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:servers!server=alice/"]',
        "JUPYTERHUB_OAUTH_CALLBACK_URL": "/user/alice/oauth_callback",
        "JUPYTERHUB_SERVICE_PREFIX": "/user/alice/",
        "JUPYTERHUB_SERVICE_URL": url,
        "JUPYTERHUB_USER": "alice",
        "JUPYTERHUB_SERVER_NAME": "",
    }
    command = "/opt/app-root/bin/start-singleuser.sh 2>&1"
    with running(workshop, notebook, command, url, **environ, **rules) as server:
        yield server


@pytest.fixture(scope="module")
def server(workshop, notebook, hub) -> Iterator[Server]:
    """A server with a short idle timeout."""
    rules = {"JUPYTERHUB_IDLE_TIMEOUT": str(TIMEOUT), "JUPYTERHUB_CULL_WARNING": "300"}
    with users_server(workshop, notebook, hub, **rules) as server:
        yield server


def test_requests_that_an_open_page_sends_on_its_own_are_not_activity(server):
    before = server.last_activity()
    for path in (
        "api/contents",
        "api/kernels",
        "api/sessions",
        "api/terminals",
        "api/metrics/v1",
        "api/culling",
    ):
        server.request("GET", path)
    server.request("PUT", "lab/api/workspaces/default", {"data": {}, "metadata": {"id": "default"}})
    assert server.last_activity() == before


def test_a_request_that_changes_something_is_activity(server):
    before = server.last_activity()
    server.request("PUT", "api/contents/notes.txt", {"type": "file", "format": "text", "content": "x"})
    assert server.last_activity() > before


def test_a_persons_actions_in_a_page_are_activity_and_end_the_warning(server):
    warned = eventually("a page warns", lambda: ("warning" in (now := server.culling())) and now)
    assert warned["can_be_kept"]
    assert warned["warning"].startswith("This server is idle and will be stopped in ")
    assert warned["stopped"] == (
        f"This server was stopped, as it was idle for {TIMEOUT} seconds. "
        "Files that are not on a volume are lost."
    )
    assert TIMEOUT / 2 - 1 < server.request("POST", "api/culling")["ask_again"] < TIMEOUT / 2 + 0.2
    assert "warning" not in server.culling()


@pytest.mark.parametrize(
    "run",
    [
        lambda server: server.execute(f"import time; time.sleep({TIMEOUT})"),
        lambda server: server.type_in_terminal(f"sleep {TIMEOUT}"),
    ],
    ids=["cell", "command"],
)
def test_a_running_cell_or_command_is_activity_even_without_output(run, server):
    run(server)
    end = time.monotonic() + TIMEOUT - 1
    while time.monotonic() < end:
        assert "warning" not in server.culling()
        time.sleep(0.5)
    eventually("it has ended, and a page warns", lambda: "warning" in server.culling())


def test_activity_is_reported_to_the_hub_in_time_but_not_more_often_than_needed(server, hub):
    eventually("it is soon to be culled", lambda: "warning" in server.culling())
    seen = len(hub.told)
    server.request("POST", "api/culling")
    known = server.last_activity()
    eventually("the hub is told", lambda: known[:19] <= hub.activity[-1][:19])
    for _ in range(8):
        server.request("POST", "api/culling")
        time.sleep(0.5)
    times = [at for at, _ in hub.told[seen:]]
    assert [
        late - early for early, late in itertools.pairwise(times) if late - early < TIMEOUT / 2 - 0.5
    ] == []


def test_a_slow_hub_gets_no_second_report_before_it_has_answered_the_first(server, hub):
    eventually("it is soon to be culled", lambda: "warning" in server.culling())
    hub.slow, seen = 1, len(hub.told)
    for _ in range(5):
        server.request("POST", "api/culling")
    time.sleep(hub.slow + 0.5)
    hub.slow = 0
    assert len(hub.told) == seen + 1


def test_a_hub_that_was_away_gets_the_report_when_it_is_back(server, hub):
    hub.away = True
    eventually("it is soon to be culled", lambda: "warning" in server.culling())
    server.request("POST", "api/culling")
    known = server.last_activity()
    time.sleep(1)
    assert hub.activity[-1][:23] < known[:23]
    hub.away = False
    eventually("the hub is told", lambda: known[:19] <= hub.activity[-1][:19])


def test_without_culling_rules_activity_counts_the_same_and_no_page_warns(workshop, notebook, hub):
    with users_server(workshop, notebook, hub) as server:
        before = server.last_activity()
        server.request("GET", "api/contents")
        assert server.last_activity() == before
        with pytest.raises(urllib.error.HTTPError, match="404"):
            server.culling()


def test_without_a_hub_the_extension_changes_nothing(workshop, notebook):
    port = free_port()
    command = f"jupyter lab --ip=127.0.0.1 --port={port} --no-browser --IdentityProvider.token={TOKEN} 2>&1"
    rules = {"JUPYTERHUB_IDLE_TIMEOUT": "2", "JUPYTERHUB_CULL_WARNING": "300"}
    with running(workshop, notebook, command, f"http://127.0.0.1:{port}/", **rules) as server:
        before = server.last_activity()
        server.request("GET", "api/contents")
        assert server.last_activity() > before
        with pytest.raises(urllib.error.HTTPError, match="404"):
            server.culling()


ASK = """python - <<'PYTHON'
import json, jupyter_culling
from datetime import datetime, timedelta, timezone
from os import environ
now = datetime(2026, 5, 4, 12, tzinfo=timezone.utc)
jupyter_culling.now = lambda: now
for line in environ["CASES"].splitlines():
    rules, idle = json.loads(line)
    stop = jupyter_culling.Rules.of(rules).next_stop(now - timedelta(seconds=idle))
    print(json.dumps(stop and stop.for_page()))
PYTHON"""


def asked(workshop, notebook, *cases: tuple[dict[str, str], float]) -> list[dict[str, Any] | None]:
    """Return the answers to a page at noon, for rules and seconds since the last activity."""
    lines = [
        json.dumps(({f"JUPYTERHUB_{name}": value for name, value in rules.items()}, idle))
        for rules, idle in cases
    ]
    return [json.loads(line) for line in workshop.run(notebook, ASK, CASES="\n".join(lines)).splitlines()]


def test_a_page_asks_again_when_a_warning_may_be_due_and_more_often_during_one(workshop, notebook):
    hour = {"IDLE_TIMEOUT": "3600", "CULL_WARNING": "300"}
    none = {"IDLE_TIMEOUT": "3600", "CULL_WARNING": "0"}
    short = {"IDLE_TIMEOUT": "40", "CULL_WARNING": "300"}
    cases = [(hour, 0), (hour, 3100), (hour, 3301), (none, 3599), (short, 19), (short, 21), ({}, 9)]
    answers = asked(workshop, notebook, *cases)
    assert [answer and answer["ask_again"] for answer in answers] == [600, 200.1, 5, 600, 1.1, 4, None]
    assert [bool(answer and "warning" in answer) for answer in answers] == [
        False, False, True, False, False, True, False,
    ]  # fmt: skip


def test_the_texts_of_warnings_and_stops(workshop, notebook):
    idle = {"IDLE_TIMEOUT": "5400", "CULL_WARNING": "600"}
    day = {"MAX_AGE": "86400", "CULL_WARNING": "600", "STARTED": "2026-05-03T12:01:00+00:00"}
    over = {**day, "STARTED": "2026-05-03T12:00:00+00:00", "VOLUME_SIZE": "1Gi"}
    both = {**day, "IDLE_TIMEOUT": "5400"}
    stays = {**idle, "VOLUME_SIZE": "1Gi"}
    cases = [(idle, 4800), (idle, 5280.5), (idle, 5399.5), (idle, 5401), (stays, 4800)]
    cases += [(day, 1), (over, 1), (both, 5390)]
    said = [(answer["warning"], answer["stopped"]) for answer in asked(workshop, notebook, *cases)]
    lost, keep = " Files that are not on a volume are lost.", " Download what you want to keep."
    was_idle = "This server was stopped, as it was idle for 90 minutes."
    was_old = "This server was stopped, 1 day after its start."
    assert said == [
        (f"This server is idle and will be stopped in 10 minutes.{keep}", was_idle + lost),
        (f"This server is idle and will be stopped in 2 minutes.{keep}", was_idle + lost),
        (f"This server is idle and will be stopped in 1 second.{keep}", was_idle + lost),
        (f"This server is idle and will be stopped at any moment.{keep}", was_idle + lost),
        ("This server is idle and will be stopped in 10 minutes.", was_idle),
        (f"This server will be stopped in 1 minute, 1 day after its start.{keep}", was_old + lost),
        ("This server will be stopped at any moment, 1 day after its start. Save your work.", was_old),
        (f"This server is idle and will be stopped in 10 seconds.{keep}", was_idle + lost),
    ]
