"""In a user's server under JupyterHub: what counts as activity, and when the server will be culled.

The hub stops a server some time after its last activity, of which the server tells it. Left to itself,
Jupyter Server counts every request: an open page asks for something every few seconds, so that no server with
a page was ever idle; and it does not count what runs for hours and prints nothing. Here activity is

| what                                          | seen by                                              |
|-----------------------------------------------|------------------------------------------------------|
| a kernel or a terminal's command that runs    | a look every few seconds                             |
| messages of kernels, terminals                | Jupyter Server, as ever                              |
| changes by the API: not GET, HEAD, and /api/  | Jupyter Server, which here passes over what is not   |
| opening a page, and keys, clicks, wheel in it | the page: it sends a POST (the labextension)         |
| what goes through jupyter-server-proxy        | that, as ever                                        |

Jupyter Server tells the hub every five minutes. Once half of the timeout has passed since the last activity
that the hub knows of, newer one is told at once, so that nobody who works is culled, also not with a timeout
of seconds, and not by a hub that was away for a while: it waits a little before it culls.

The hub's rules are in the environment, under the names that its own settings have, and count from the moment
at which the hub counts, JUPYTERHUB_STARTED. The page is told durations, as a browser's clock may be wrong;
those of a cluster's nodes agree. Without a hub nothing here does anything.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.web import authenticated

NEVER = datetime.min.replace(tzinfo=timezone.utc)
QUESTIONS = ("GET", "HEAD", "OPTIONS")
# The kernel's answers to jupyter-resource-usage; "idle" among them would also hide that a cell runs.
UNTRACKED_MESSAGES = ("usage_request", "usage_reply")
PATIENCE = 30  # seconds for one report to the hub


@dataclass(frozen=True)
class Rules:
    """When the hub stops this server; 0: never."""

    idle_timeout: int
    max_age: int
    warning: int
    started: datetime
    files_stay: bool

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Rules:
        """What the hub has put into the pod's environment."""
        idle_timeout, max_age, warning = (
            int(environ.get(name) or 0)
            for name in ("JUPYTERHUB_IDLE_TIMEOUT", "JUPYTERHUB_MAX_AGE", "JUPYTERHUB_CULL_WARNING")
        )
        started = environ.get("JUPYTERHUB_STARTED")
        return cls(
            idle_timeout,
            max_age,
            warning,
            datetime.fromisoformat(started) if started else now(),
            files_stay=bool(environ.get("JUPYTERHUB_VOLUME_SIZE")),
        )

    def next_stop(self, last_activity: datetime) -> Stop | None:
        """The first of the two."""
        idle, age = timedelta(seconds=self.idle_timeout), timedelta(seconds=self.max_age)
        stops = [
            *([Stop(self, last_activity + idle, self._warned(self.idle_timeout))] if idle else []),
            *([Stop(self, self.started + age, self._warned(self.max_age), aged=True)] if age else []),
        ]
        return min(stops, key=lambda stop: stop.at, default=None)

    def _warned(self, limit: int) -> float:
        return min(self.warning, limit / 2)  # there must be a time without


@dataclass(frozen=True)
class Stop:
    """The end of this server, unless something is done about it; `warned`: seconds before."""

    rules: Rules
    at: datetime
    warned: float
    aged: bool = False

    def for_page(self) -> dict[str, Any]:
        """When the page asks again, and what it shows now; durations are in seconds."""
        seconds = (self.at - now()).total_seconds()
        unwarned = seconds - self.warned
        if not self.warned:
            return {"ask_again": 600}
        if unwarned > 0:
            return {"ask_again": min(unwarned + 0.1, 600)}
        return {
            "ask_again": min(5, self.warned / 5),
            "seconds": seconds,
            "warning": self._warning(seconds),
            "stopped": self._stopped(),
            "can_be_kept": not self.aged,
        }

    def _warning(self, seconds: float) -> str:
        when = f"in {in_words(seconds)}" if seconds > 0 else "at any moment"
        if not self.aged:
            return f"This server is idle and will be stopped {when}."
        advice = "Save your work." if self.rules.files_stay else "Download what you want to keep."
        return f"This server will be stopped {when}, {in_words(self.rules.max_age)} after its start. {advice}"

    def _stopped(self) -> str:
        if self.aged:
            return f"This server was stopped, {in_words(self.rules.max_age)} after its start."
        return f"This server was stopped, as it was idle for {in_words(self.rules.idle_timeout)}."


class Culling:
    """The activity of this server, and the hub that is told of it."""

    def __init__(self, serverapp: Any, hub: Any, rules: Rules) -> None:  # noqa: ANN401 (untyped upstream)
        self.web_app = serverapp.web_app
        self.kernels = serverapp.kernel_manager
        self.log = serverapp.log
        self.hub = hub
        self.rules = rules
        self._hub_knows = NEVER  # or of later activity, which Jupyter Server has told it
        self._telling = asyncio.Lock()

    def next_stop(self) -> Stop | None:
        """As of now."""
        return self.rules.next_stop(self.last_activity())

    def last_activity(self) -> datetime:
        """Jupyter Server's, after a look at what runs."""
        kernels = [self.kernels.get_kernel(kernel) for kernel in self.kernels.list_kernel_ids()]
        settings = self.web_app.settings
        manager = settings.get("terminal_manager")  # none where terminals are switched off
        terminals = manager.terminals.values() if manager else []
        if any(map(executes, kernels)) or any(map(runs_command, terminals)):
            settings["last_activity_times"]["running"] = now()
        latest: datetime = self.web_app.last_activity()
        return latest

    async def look(self) -> None:
        """Tell the hub of activity that it does not know of, if it could soon cull for that."""
        latest = self.last_activity()
        soon = now() - self._hub_knows >= timedelta(seconds=self.rules.idle_timeout / 2)
        if not self.rules.idle_timeout or not soon or latest <= self._hub_knows or self._telling.locked():
            return
        async with self._telling:
            try:
                await asyncio.wait_for(self.hub.notify_activity(), PATIENCE)
                self._hub_knows = latest
            except Exception as error:  # whatever it is, the next look tries again
                self.log.warning(
                    "The hub could not be told of activity: %s", str(error) or type(error).__name__
                )

    def between_looks(self) -> float:
        """Seconds; few, as what happens between the last one and the culler's own look is lost."""
        return min(5, self.rules.idle_timeout / 20 or 5)

    def between_signs(self) -> float:
        """Seconds between two POSTs of a page in which somebody works."""
        return min(60, self.rules.idle_timeout / 10 or 60)


class CullingHandler(APIHandler):  # type: ignore[misc]
    """GET: when this server will be stopped. POST: the same, after a sign of life."""

    auth_resource = "culling"

    def initialize(self, culling: Culling) -> None:
        """Of which server."""
        self.culling = culling

    @authenticated
    @authorized  # type: ignore[untyped-decorator]
    def get(self) -> None:
        """A question, and so no activity."""
        self._answer()

    @authenticated
    @authorized  # type: ignore[untyped-decorator]
    def post(self) -> None:
        """Activity, as any POST. Nobody waits for the hub: one that does not answer culls nothing either."""
        self.update_api_activity()
        IOLoop.current().add_callback(self.culling.look)
        self._answer()

    def _answer(self) -> None:
        stop = self.culling.next_stop()
        self.finish(json.dumps(stop.for_page() if stop else {}))


def executes(kernel: Any) -> bool:  # noqa: ANN401
    """A cell of it runs, by what the kernel has last said."""
    return getattr(kernel, "execution_state", "") == "busy"


def runs_command(terminal: Any) -> bool:  # noqa: ANN401
    """Something else than its shell is in the foreground."""
    try:
        return bool(os.tcgetpgrp(terminal.ptyproc.fd) != terminal.ptyproc.pid)
    except OSError:  # it has just ended
        return False


def in_words(seconds: float) -> str:
    """5 minutes, 90 minutes, 1 day: the largest unit that needs no fraction; no seconds from 90 on."""
    whole = math.ceil(seconds) if seconds < 90 else 60 * round(seconds / 60)
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next((size, unit) for size, unit in units if whole % size == 0)
    return f"{whole // size} {unit}{'' if whole == size else 's'}"


def now() -> datetime:
    """With its time zone."""
    return datetime.now(timezone.utc)


def count_changes_only() -> None:
    """Requests that a page sends also while it is left open are no activity, for which there is no setting.

    These are questions, and what extensions do outside of Jupyter Server's own API: JupyterLab saves its
    workspace every ten seconds, and others ask by POST.
    """
    update = APIHandler.update_api_activity

    def update_for_changes(handler: APIHandler) -> None:
        request = handler.request
        if request.method not in QUESTIONS and request.path.startswith(f"{handler.base_url}api/"):
            update(handler)

    APIHandler.update_api_activity = update_for_changes


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "jupyter_culling"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:  # noqa: ANN401
    hub = the_hub(serverapp)
    if hub is None:
        return
    culling = Culling(serverapp, hub, Rules.of(os.environ))
    count_changes_only()
    kernels = serverapp.kernel_manager
    kernels.untracked_message_types = [*kernels.untracked_message_types, *UNTRACKED_MESSAGES]
    PeriodicCallback(culling.look, 1000 * culling.between_looks()).start()
    if culling.next_stop():
        settings = serverapp.web_app.settings
        address = f"{settings['base_url']}api/culling"
        serverapp.web_app.add_handlers(".*$", [(address, CullingHandler, {"culling": culling})])
        settings.setdefault("page_config_data", {})["culling"] = {"between_signs": culling.between_signs()}


def the_hub(serverapp: Any) -> Any:  # noqa: ANN401
    """What reports to the hub: jupyterhub-singleuser as an extension, or as the server; None without it."""
    extensions = serverapp.extension_manager.extension_apps.values()
    apps = [serverapp, *(app for apps in extensions for app in apps)]
    return next((app for app in apps if hasattr(app, "notify_activity")), None)
