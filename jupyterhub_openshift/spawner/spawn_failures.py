"""Tells the user why a server did not start, with the command that shows an administrator more.

A failure is a sentence, then the last log lines of the container if there are any, then the command, as
paragraphs: `templates/openshift/sentence.html` shows them. Its cause is the label `reason` of JupyterHub's
metric `jupyterhub_server_spawn_duration_seconds`. JupyterHub counts none towards
`consecutive_failure_limit`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientError
from jupyterhub import __version__ as JUPYTERHUB
from jupyterhub.spawner import SpawnException
from kubernetes_asyncio.client import ApiException

from ..errors import ConfigurationFault
from .causes import Cause
from .diagnosis import Problem

LOG_LINES = 8
AWAY = (ApiException, ClientError, OSError, asyncio.TimeoutError)  # a cluster's API that does not answer
ADVICE = "Stop a server that is no longer needed"
_LINE_LENGTH = 300


class SpawnRefused(SpawnException):  # type: ignore[misc]
    """A start that has failed for good; every page shows the message to the user.

    The status is never 404, because JupyterHub shows a text of its own for that.
    """

    heading = "Your server did not start"  # heading of the error page

    def __init__(self, message: str, *, reason: Cause, status_code: int = 400) -> None:
        super().__init__(message, reason=reason, status_code=status_code)
        self.jupyterhub_message = message  # JupyterHub 6.1 shows this instead of `message`


class NoRoom(SpawnRefused):
    """A start without room at the moment: in the project's quota, or in a limit of the hub or of groups."""

    groups: frozenset[str] = frozenset()  # those without room; empty: nobody has room

    def why(self) -> str:
        """The reason, without the advice to those who are refused."""
        return self.jupyterhub_message.partition("\n")[0].partition(f" {ADVICE}")[0]

    def without_place(self, waiting: int) -> SpawnRefused:
        """The refusal of somebody for whom the queue, too, has no place."""
        _, *more = self.jupyterhub_message.split("\n\n")
        people = "1 person waits" if waiting == 1 else f"{waiting} people wait"
        text = f"{self.why()} {people} in the queue, which is full. Try again in a few minutes."
        return SpawnRefused("\n\n".join([text, *more]), reason=self.reason, status_code=429)


def failure(problem: Problem, pod_name: str, log: Sequence[str] = ()) -> SpawnRefused:
    """The failure that the user reads about a problem of a pod."""
    return SpawnRefused(
        _paragraphs(problem.message, log, problem.command.format(pod=pod_name)),
        reason=problem.cause,
        status_code=503,
    )


def no_answer(pod_name: str, seconds: int, log: Sequence[str]) -> SpawnRefused:
    """The failure of a server that runs, but does not answer over HTTP."""
    return SpawnRefused(
        _paragraphs(
            f"Your server runs, but did not answer within {seconds} seconds. Its start command may not start "
            "a notebook server. Ask an administrator of this hub.",
            log,
            f"oc get events --field-selector involvedObject.name={pod_name}",
        ),
        reason="no-answer",
        status_code=503,
    )


def refuse_other_version(server: str | None, hub: str = JUPYTERHUB) -> None:
    """Raise SpawnRefused if the server has another major version of JupyterHub: it would redirect forever.

    `server` is the header X-JupyterHub-Version of its answer; JupyterHub itself only logs a warning.
    """
    if not server or server.partition(".")[0] == hub.partition(".")[0]:
        return
    raise SpawnRefused(
        f"The notebook image has JupyterHub {server} and the hub has {hub}, which do not work together. "
        f"Choose another image, or ask an administrator of this hub for one with JupyterHub "
        f"{hub.partition('.')[0]}.",
        reason="image-version",
        status_code=503,
    )


def too_slow(problem: Problem | None, seconds: int, pod_name: str) -> SpawnRefused:
    """The failure of a start that did not finish in time."""
    late = f"Your server did not start within {seconds} seconds."
    if problem:
        message = _paragraphs(f"{late} {problem.message}", (), problem.command.format(pod=pod_name))
    else:
        message = _paragraphs(
            f"{late} Try again; if that does not help, ask an administrator of this hub.",
            (),
            f"oc get events --field-selector involvedObject.name={pod_name}",
        )
    return SpawnRefused(message, reason=problem.cause if problem else "timeout", status_code=503)


def api_unavailable(reason: object) -> SpawnRefused:
    """The failure of a start while the cluster's API does not answer."""
    return SpawnRefused(
        f"The cluster's API does not answer ({reason}). Try again in a minute.",
        reason="cluster-unavailable",
        status_code=503,
    )


def hook_failed(hook: str, error: Exception) -> SpawnRefused:
    """The failure of a start in the hub's configuration, or in code of it."""
    if isinstance(error, ConfigurationFault):
        message = f"The configuration of this hub {error} Ask an administrator of this hub."
        return SpawnRefused(message, reason="hub-configuration", status_code=503)
    return SpawnRefused(
        f"The configuration of this hub failed while it prepared your server ({hook}: "
        f"{type(error).__name__}). Ask an administrator of this hub, who finds more in its log.",
        reason="hub-configuration",
        status_code=503,
    )


def ignore_reported_failures(loop: asyncio.AbstractEventLoop) -> None:
    """Keep asyncio from logging a failed start once more, as a task whose exception was never retrieved.

    JupyterHub's spawn page redirects the browser after a second and forgets its task. The failure has been
    logged, and the next page shows it.
    """

    def report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), SpawnRefused):
            loop.default_exception_handler(context)

    if loop.get_exception_handler() is None:
        loop.set_exception_handler(report)


class WithoutTraceback(logging.Filter):
    """Drops tracebacks whose message says all.

    JupyterHub's spawn page logs one for each failed start, and KubeSpawner's reflectors one for each request
    that the cluster's API does not answer.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, SpawnRefused) or (record.module == "reflector" and isinstance(error, AWAY)):
            record.exc_info = None
        return True


def _paragraphs(sentence: str, log: Sequence[str], command: str) -> str:
    lines = [f"    {line[:_LINE_LENGTH]}" for line in log if line.strip()]
    parts = [sentence]
    if lines:
        parts += ["The last lines of its log:", "\n".join(lines[-LOG_LINES:])]
    return "\n\n".join([*parts, f"For administrators: {command}"])
