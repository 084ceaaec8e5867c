"""Count a user's activity for JupyterHub's culler, and tell pages when the hub will stop their server.

The hub culls a server that has had no activity for some time; the server reports its last activity to the
hub. Jupyter Server on its own counts each request: an open page sends one every few seconds, so that a server
with an open page would never be idle. It also misses a long computation that prints nothing. This extension
counts:

| activity                                       | who notices it                                         |
|------------------------------------------------|--------------------------------------------------------|
| a busy kernel, a running command in a terminal | a check every few seconds                              |
| messages of kernels and terminals              | Jupyter Server                                         |
| API requests other than GET, HEAD and OPTIONS  | Jupyter Server; its count of other requests is removed |
| opening a page; keys, clicks, scrolling in it  | the page, which sends a POST (the labextension)        |
| requests through jupyter-server-proxy          | jupyter-server-proxy                                   |

Jupyter Server reports to the hub every five minutes. When half of the idle timeout has passed since the last
activity that the hub knows of, newer activity is reported at once. So nobody who works is culled, even with a
timeout of seconds or after the hub was away for a while: a restarted hub waits before it culls.

The hub passes its rules in the environment, under the names of its own settings, and the server's start as
JUPYTERHUB_STARTED. Pages get durations, since a browser's clock may be wrong; the clocks of a cluster's nodes
agree. Without a hub, the extension does nothing.
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
READING = ("GET", "HEAD", "OPTIONS")
# Messages of jupyter-resource-usage. Its "idle" status would also hide a running cell.
UNTRACKED_MESSAGES = ("usage_request", "usage_reply")
REPORT_TIMEOUT = 30  # seconds


@dataclass(frozen=True)
class Rules:
    """When the hub stops this server, in seconds; 0: never."""

    idle_timeout: int
    max_age: int
    warning: int
    started: datetime
    files_stay: bool

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Rules:
        """Read the rules from the pod's environment."""
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
        """Return the earlier of the two stops: for idleness and for age."""
        idle, age = timedelta(seconds=self.idle_timeout), timedelta(seconds=self.max_age)
        stops = [
            *([Stop(self, last_activity + idle, self._warned(self.idle_timeout))] if idle else []),
            *([Stop(self, self.started + age, self._warned(self.max_age), aged=True)] if age else []),
        ]
        return min(stops, key=lambda stop: stop.at, default=None)

    def _warned(self, limit: int) -> float:
        return min(self.warning, limit / 2)  # at least half of the time is without a warning


@dataclass(frozen=True)
class Stop:
    """A planned stop of this server. Pages warn `warned` seconds before."""

    rules: Rules
    at: datetime
    warned: float
    aged: bool = False

    def for_page(self) -> dict[str, Any]:
        """Return when the page asks again and what it shows now; durations in seconds."""
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
            advice = "" if self.rules.files_stay else " Download what you want to keep."
            return f"This server is idle and will be stopped {when}.{advice}"
        advice = "Save your work." if self.rules.files_stay else "Download what you want to keep."
        return f"This server will be stopped {when}, {in_words(self.rules.max_age)} after its start. {advice}"

    def _stopped(self) -> str:
        lost = "" if self.rules.files_stay else " Files that are not on a volume are lost."
        if self.aged:
            return f"This server was stopped, {in_words(self.rules.max_age)} after its start.{lost}"
        return f"This server was stopped, as it was idle for {in_words(self.rules.idle_timeout)}.{lost}"


class Culling:
    """Track the activity of this server, and report it to the hub."""

    def __init__(self, serverapp: Any, hub: Any, rules: Rules) -> None:  # noqa: ANN401 (untyped upstream)
        self.web_app = serverapp.web_app
        self.kernels = serverapp.kernel_manager
        self.log = serverapp.log
        self.hub = hub
        self.rules = rules
        self._reported = NEVER  # the last activity that this class reported; Jupyter Server reports too
        self._reporting = asyncio.Lock()

    def next_stop(self) -> Stop | None:
        """Return the next stop as of now."""
        return self.rules.next_stop(self.last_activity())

    def last_activity(self) -> datetime:
        """Return the time of the last activity, after a check for busy kernels and terminals."""
        kernels = [self.kernels.get_kernel(kernel) for kernel in self.kernels.list_kernel_ids()]
        settings = self.web_app.settings
        manager = settings.get("terminal_manager")  # None if terminals are disabled
        terminals = manager.terminals.values() if manager else []
        if any(map(is_busy, kernels)) or any(map(runs_command, terminals)):
            settings["last_activity_times"]["running"] = now()
        latest: datetime = self.web_app.last_activity()
        return latest

    async def check(self) -> None:
        """Report activity to the hub if the hub could soon cull the server because it does not know of it."""
        latest = self.last_activity()
        due = now() - self._reported >= timedelta(seconds=self.rules.idle_timeout / 2)
        if not self.rules.idle_timeout or not due or latest <= self._reported or self._reporting.locked():
            return
        async with self._reporting:
            try:
                await asyncio.wait_for(self.hub.notify_activity(), REPORT_TIMEOUT)
                self._reported = latest
            except Exception as error:  # the next check tries again
                self.log.warning(
                    "Could not report activity to the hub: %s", str(error) or type(error).__name__
                )

    def check_interval(self) -> float:
        """Return seconds; few, since activity between the last check and the culler's own check is lost."""
        return min(5, self.rules.idle_timeout / 20 or 5)

    def post_interval(self) -> float:
        """Return the seconds between two POSTs of a page in which somebody works."""
        return min(60, self.rules.idle_timeout / 10 or 60)


class CullingHandler(APIHandler):  # type: ignore[misc]
    """GET: when the hub will stop this server. POST: count activity, then answer the same."""

    auth_resource = "culling"

    def initialize(self, culling: Culling) -> None:
        """Keep the state of this server."""
        self.culling = culling

    @authenticated
    @authorized  # type: ignore[untyped-decorator]
    def get(self) -> None:
        """Answer without counting activity."""
        self._answer()

    @authenticated
    @authorized  # type: ignore[untyped-decorator]
    def post(self) -> None:
        """Count activity, then answer without waiting for the hub: while it is away, it does not cull."""
        self.update_api_activity()
        IOLoop.current().add_callback(self.culling.check)
        self._answer()

    def _answer(self) -> None:
        stop = self.culling.next_stop()
        self.finish(json.dumps(stop.for_page() if stop else {}))


def is_busy(kernel: Any) -> bool:  # noqa: ANN401
    """Return whether a cell runs, by the kernel's last status message."""
    return getattr(kernel, "execution_state", "") == "busy"


def runs_command(terminal: Any) -> bool:  # noqa: ANN401
    """Return whether another process than the shell is in the foreground."""
    try:
        return bool(os.tcgetpgrp(terminal.ptyproc.fd) != terminal.ptyproc.pid)
    except OSError:  # the terminal has just ended
        return False


def in_words(seconds: float) -> str:
    """Format as "5 minutes" or "1 day": the largest unit without a fraction; no seconds from 90 s on."""
    whole = math.ceil(seconds) if seconds < 90 else 60 * round(seconds / 60)
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next((size, unit) for size, unit in units if whole % size == 0)
    return f"{whole // size} {unit}{'' if whole == size else 's'}"


def now() -> datetime:
    """Return the time with its time zone."""
    return datetime.now(timezone.utc)


def count_changes_only() -> None:
    """Do not count requests that an open page sends on its own; Jupyter Server has no setting for that.

    These are requests that only read, and requests outside of Jupyter Server's own API: JupyterLab saves its
    workspace every ten seconds, and other extensions poll with POST.
    """
    update = APIHandler.update_api_activity

    def update_for_changes(handler: APIHandler) -> None:
        request = handler.request
        if request.method not in READING and request.path.startswith(f"{handler.base_url}api/"):
            update(handler)

    APIHandler.update_api_activity = update_for_changes


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "jupyter_culling"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:  # noqa: ANN401
    hub = find_hub(serverapp)
    if hub is None:
        return
    culling = Culling(serverapp, hub, Rules.of(os.environ))
    count_changes_only()
    kernels = serverapp.kernel_manager
    kernels.untracked_message_types = [*kernels.untracked_message_types, *UNTRACKED_MESSAGES]
    PeriodicCallback(culling.check, 1000 * culling.check_interval()).start()
    if culling.next_stop():
        settings = serverapp.web_app.settings
        address = f"{settings['base_url']}api/culling"
        serverapp.web_app.add_handlers(".*$", [(address, CullingHandler, {"culling": culling})])
        settings.setdefault("page_config_data", {})["culling"] = {"post_interval": culling.post_interval()}


def find_hub(serverapp: Any) -> Any:  # noqa: ANN401
    """Return jupyterhub-singleuser, as extension or server, which reports to the hub; None without a hub."""
    extensions = serverapp.extension_manager.extension_apps.values()
    apps = [serverapp, *(app for apps in extensions for app in apps)]
    return next((app for app in apps if hasattr(app, "notify_activity")), None)
