"""The hub answers before it has looked at the servers that run already.

JupyterHub listens only after it has made an object for each running server and has asked whether the server
is there: 4 ms of CPU, 5 statements and a request for each. Its setting `init_spawners_timeout` still waits
for a second, and until all objects exist. Here the hub listens at once and loads servers between its answers:

| meanwhile | |
|---|---|
| a request of a user, or for a list of users | loads the servers of these users first |
| a start of a server | waits until all servers are loaded, as limits count them |
| a check of the proxy's routes | sees to the hub's route only; all routes are checked after the last server |
| the removal of old OAuth clients | comes after the last server, as in JupyterHub |

A server whose pod has been running for longer than `http_timeout` is not asked: JupyterHub would stop it,
with unsaved work, if it did not answer at this moment. Other spawners than ours are loaded as in JupyterHub.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import jupyterhub.app
from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.app import JupyterHub
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.user import User
from jupyterhub.utils import AnyTimeoutError
from sqlalchemy.orm import selectinload

from .database.lookups import remember
from .server_loading import loading
from .spawner.openshift_spawner import OpenShiftSpawner

STEP = 20  # servers, which take about 30 ms; a request waits for as long
FIRST_WAIT = 0.05  # seconds: enough to load the servers of a small hub before it listens
PAUSE = 0.01  # seconds between two looks whether the hub listens

_init_spawners = JupyterHub.init_spawners
_init_user = User.__init__
_spawn_single_user = BaseHandler.spawn_single_user
_user_model = APIHandler.user_model
_wait_for_shielded = jupyterhub.app.wait_for_shielded


def answer_before_servers_are_loaded() -> None:
    """Do so in the hub of this process."""
    jupyterhub.app.wait_for_shielded = _wait_briefly  # its only use is the wait for `init_spawners`
    JupyterHub.init_spawners = init_spawners
    User.__init__ = init_user
    BaseHandler.spawn_single_user = spawn_single_user
    APIHandler.user_model = user_model


async def _wait_briefly(future: asyncio.Future[Any], timeout: float) -> Any:  # noqa: ANN401 (any result)
    """Wait for `init_spawners`; the timeout is 1 if `init_spawners_timeout` is shorter."""
    return await _wait_for_shielded(future, timeout if timeout > 1 else FIRST_WAIT)


async def init_spawners(hub: Any) -> int:  # noqa: ANN401 (JupyterHub)
    """Load the running servers, and return how many there are."""
    if not issubclass(hub.spawner_class, OpenShiftSpawner):
        return int(await _init_spawners(hub))
    hub.servers_loaded = asyncio.Event()
    checks: list[asyncio.Future[None]] = []
    until = time.monotonic() + FIRST_WAIT
    try:
        running = orm.Spawner.server_id.is_not(None)
        ids = [number for (number,) in hub.db.query(orm.Spawner.id).filter(running).order_by(orm.Spawner.id)]
        for position in range(0, len(ids), STEP):
            step = orm.Spawner.id.in_(ids[position : position + STEP])
            checks += [asyncio.ensure_future(_check(hub, *found)) for found in _load(hub, running & step)]
            await asyncio.sleep(0)
            if time.monotonic() > until:
                await _listens(hub)
    finally:
        hub.servers_loaded.set()
    await asyncio.gather(*checks)
    return len(checks)


async def _listens(hub: Any) -> None:  # noqa: ANN401 (JupyterHub)
    """Wait until the hub listens: loading would hold up the rest of its start, by 1.4 ms for each server.

    If `init_spawners_timeout` is longer than JupyterHub's least, 1 s, the hub's start waits for the servers.
    """
    while hub.http_server is None and hub.init_spawners_timeout <= 1:  # noqa: ASYNC110 (there is no event)
        await asyncio.sleep(PAUSE)


def _load(hub: Any, which: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 (JupyterHub, SQLAlchemy)
    """Make the users and spawners of these rows, with a few statements for all of them."""
    options = (
        selectinload(orm.Spawner.server),
        selectinload(orm.Spawner.user).selectinload(orm.User._orm_spawners).selectinload(orm.Spawner.server),
    )
    found = []
    for row in hub.db.query(orm.Spawner).filter(which).options(*options).all():
        remember(hub.db, row.user)  # for the activity reports of the user's servers
        user = hub.users[row.user]
        spawner = user.spawners[row.name]
        if not spawner.pending:  # a user may be stopping it
            spawner._check_pending = True
            found.append((user, spawner))
    return found


async def _check(hub: Any, user: Any, spawner: Any) -> None:  # noqa: ANN401 (JupyterHub)
    """Watch the server from now on, or clean up after it if it has stopped."""
    try:
        if await _runs(hub, user, spawner):
            spawner.add_poll_callback(_user_stopped, hub, user, spawner.name)
            spawner.start_polling()
        elif spawner.server:
            hub.log.warning("%s has stopped while the hub was down, or is blocked", spawner._log_name)
            await user.stop(spawner.name)
    except Exception:
        hub.log.exception("Cannot check %s", spawner._log_name)
    finally:
        spawner._check_pending = False


async def _runs(hub: Any, user: Any, spawner: Any) -> bool:  # noqa: ANN401 (JupyterHub)
    if user.name in hub.authenticator.blocked_users or await spawner.poll() is not None:
        return False
    if spawner.has_run_for(spawner.http_timeout):
        return True
    try:
        await user._wait_up(spawner)
    except AnyTimeoutError:  # which has been logged
        return False
    return True


async def _user_stopped(hub: Any, user: Any, server_name: str) -> None:  # noqa: ANN401 (JupyterHub)
    """As the function of this name in `JupyterHub.init_spawners`."""
    hub.log.warning("The server of %s has stopped: %s", user.name, user.spawners[server_name]._log_name)
    await hub.proxy.delete_user(user, server_name)
    await user.stop(server_name)


def init_user(user: Any, orm_user: Any, settings: Any = None, db: Any = None) -> None:  # noqa: ANN401
    """Give a user who comes before all servers are loaded the own ones."""
    _init_user(user, orm_user, settings, db)
    if loading(user.settings.get("app")):
        for name, row in user.orm_spawners.items():
            if row.server:
                user.spawners[name]  # makes it


async def spawn_single_user(handler: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401 (JupyterHub)
    """Start a server when all that run are counted."""
    hub = handler.settings["app"]
    if loading(hub):
        await hub.servers_loaded.wait()
    return await _spawn_single_user(handler, *args, **options)


def user_model(handler: Any, user: Any) -> Any:  # noqa: ANN401 (JupyterHub)
    """Describe a user of a list with the servers that run."""
    if loading(handler.settings["app"]) and isinstance(user, orm.User):
        user = handler.users[user]
    return _user_model(handler, user)
