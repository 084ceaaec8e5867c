"""How a hub that starts loads the servers that run: the hub answers meanwhile, and no server is lost."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.app import JupyterHub
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.spawner import Spawner
from jupyterhub.user import User, UserDict
from traitlets.config import Config

from jupyterhub_openshift import running_servers
from jupyterhub_openshift.proxy import SeparateProxy
from jupyterhub_openshift.server_loading import loading
from jupyterhub_openshift.spawner.openshift_spawner import OpenShiftSpawner

PEOPLE = ["alice", "bob", "carol"]


class Server(OpenShiftSpawner):
    """A server without a cluster."""

    stopped: set[str] = set()  # noqa: RUF012 (replaced by each test)
    young: set[str] = set()  # noqa: RUF012

    def __init__(self, **kwargs: Any) -> None:
        Spawner.__init__(self, **kwargs)

    def load_state(self, state: dict) -> None:
        pass

    def clear_state(self) -> None:
        pass

    def get_state(self) -> dict:
        return {}

    async def poll(self) -> int | None:
        await asyncio.sleep(0)
        return 1 if self.user.name in self.stopped else None

    def has_run_for(self, seconds: float) -> bool:
        return self.user.name not in self.young


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A hub that starts while the servers of three people run."""
    for owner, name in (
        (running_servers.jupyterhub.app, "wait_for_shielded"),
        (JupyterHub, "init_spawners"),
        (User, "__init__"),
        (BaseHandler, "spawn_single_user"),
        (APIHandler, "user_model"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # restored after the test
    running_servers.answer_before_servers_are_loaded()
    monkeypatch.setattr(running_servers, "STEP", 1)
    monkeypatch.setattr(Server, "stopped", set())
    monkeypatch.setattr(Server, "young", set())
    with orm.new_session_factory("sqlite:///:memory:")() as db:
        for name in PEOPLE:
            user = orm.User(name=name)
            db.add(orm.Spawner(user=user, name="", server=orm.Server(ip="127.0.0.1", port=1)))
        db.commit()
        db.expire_all()
        hub = SimpleNamespace(
            db=db, spawner_class=Server, log=logging.getLogger("hub"),
            authenticator=SimpleNamespace(blocked_users=set()), proxy=SimpleNamespace(),
            http_server=object(), init_spawners_timeout=0,
        )  # fmt: skip
        settings = {"app": hub, "spawner_class": Server, "config": Config(), "authenticator": None}
        hub.users = UserDict(lambda: db, settings)
        yield hub
        for user in hub.users.values():
            for spawner in user.spawners.values():
                spawner.stop_polling()


def servers(hub: Any) -> dict[str, list[Spawner]]:
    """The servers that the hub knows, by user."""
    return {user.name: [*user.spawners.values()] for user in hub.users.values() if user.spawners}


async def test_all_servers_are_loaded_and_watched(hub):
    assert await JupyterHub.init_spawners(hub) == len(PEOPLE)
    assert sorted(servers(hub)) == PEOPLE
    assert all(spawner.ready and spawner._poll_callback for (spawner,) in servers(hub).values())
    assert not loading(hub)


async def test_the_hub_does_other_things_between_two_steps(hub):
    seen = []
    start = asyncio.ensure_future(JupyterHub.init_spawners(hub))
    while not start.done():
        await asyncio.sleep(0)
        seen.append(len(servers(hub)))
    assert {1, 2, 3} <= set(seen)


@pytest.mark.parametrize(("timeout", "before"), [(0, 1), (60, 3)])
async def test_loading_goes_on_when_the_hub_listens_unless_its_start_waits_for_the_servers(
    hub, monkeypatch, timeout, before
):
    monkeypatch.setattr(running_servers, "FIRST_WAIT", -1)
    hub.http_server, hub.init_spawners_timeout = None, timeout
    start = asyncio.ensure_future(JupyterHub.init_spawners(hub))
    await asyncio.sleep(0.2)
    assert len(servers(hub)) == before
    hub.http_server = object()
    assert await start == len(PEOPLE)


async def test_a_user_who_comes_first_finds_the_own_server(hub):
    start = asyncio.ensure_future(JupyterHub.init_spawners(hub))
    await asyncio.sleep(0)
    assert loading(hub)
    carol = hub.users["carol"]
    assert carol.spawners[""].ready
    await start
    assert hub.users["carol"] is carol
    assert carol.spawners[""]._poll_callback


async def test_a_list_of_users_has_the_servers_that_run(hub, monkeypatch):
    described = []
    monkeypatch.setattr(running_servers, "_user_model", lambda handler, user: described.append(user))
    start = asyncio.ensure_future(JupyterHub.init_spawners(hub))
    await asyncio.sleep(0)
    handler = SimpleNamespace(settings={"app": hub}, users=hub.users)
    APIHandler.user_model(handler, orm.User.find(hub.db, "carol"))
    assert described[0].spawners[""].ready
    await start


async def test_a_start_waits_until_all_servers_are_counted(hub, monkeypatch):
    counts = []

    async def start_server(handler, name):
        counts.append((name, len(servers(hub))))

    monkeypatch.setattr(running_servers, "_spawn_single_user", start_server)
    start = asyncio.ensure_future(JupyterHub.init_spawners(hub))
    await asyncio.sleep(0)
    await BaseHandler.spawn_single_user(SimpleNamespace(settings={"app": hub}), "dave")
    assert counts == [("dave", len(PEOPLE))]
    await start


async def test_a_server_that_stopped_meanwhile_is_cleaned_up(hub, caplog):
    Server.stopped = {"bob"}
    await JupyterHub.init_spawners(hub)
    assert sorted(servers(hub)) == ["alice", "carol"]
    assert orm.User.find(hub.db, "bob").orm_spawners[""].server is None
    assert "bob has stopped while the hub was down" in caplog.text


async def test_the_server_of_a_blocked_user_is_stopped(hub, monkeypatch):
    stopped = []

    async def stop(spawner, now=False):
        stopped.append(spawner.user.name)

    monkeypatch.setattr(Server, "stop", stop)
    hub.authenticator.blocked_users = {"alice"}
    await JupyterHub.init_spawners(hub)
    assert stopped == ["alice"]


async def test_only_a_server_that_started_just_now_is_asked_for_an_answer(hub, monkeypatch):
    asked = []

    async def wait_up(user, spawner):
        asked.append(user.name)
        if user.name == "carol":
            raise TimeoutError

    monkeypatch.setattr(User, "_wait_up", wait_up)
    Server.young = {"bob", "carol"}
    Server.stopped = set()
    start = JupyterHub.init_spawners(hub)
    monkeypatch.setattr(Server, "stop", lambda spawner, now=False: asyncio.sleep(0))
    await start
    assert asked == ["bob", "carol"]
    assert sorted(servers(hub)) == ["alice", "bob"]


async def test_no_route_is_taken_for_stale_while_servers_are_loaded(hub):
    posted = []

    async def add_hub_route(hub):
        posted.append(hub.routespec)

    hub.hub = SimpleNamespace(routespec="/", host="http://127.0.0.1:8081")
    hub.subdomain_host, hub.internal_ssl, hub.servers_loaded = "", False, asyncio.Event()
    proxy = SeparateProxy(app=hub, hub=hub.hub, should_start=False, auth_token="x", watch_interval=0)
    proxy.add_hub_route = add_hub_route
    await proxy.check_routes({}, {}, {"/user/alice/": {"data": {"user": "alice"}}})
    assert posted == ["/"]


@pytest.mark.parametrize(("seconds", "age", "expected"), [(60, 3600, True), (60, 0, False), (0, 0, True)])
def test_a_pod_has_run_since_all_its_containers_started(seconds, age, expected):
    started = (datetime.now(timezone.utc) - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {"ready": True, "state": {"running": {"startedAt": started}}}
    pod = {
        "metadata": {},
        "status": {"phase": "Running", "podIP": "127.0.0.1", "containerStatuses": [status]},
    }
    spawner = SimpleNamespace(
        _listed_pod=lambda: pod, is_pod_running=lambda pod: OpenShiftSpawner.is_pod_running(None, pod)
    )
    assert OpenShiftSpawner.has_run_for(spawner, seconds) is expected
