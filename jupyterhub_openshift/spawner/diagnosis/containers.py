"""Problems with a container: its configuration, its start command, and a program that ends.

| state of the container | the start has failed |
|---|---|
| the start command is not in the image, or the memory limit is exceeded | at once |
| the program ends, or a hook fails, and the kubelet starts the container again | at the second time |
| the program ends, and `restartPolicy` does not start it again | at once |
| a secret, config map or key for the environment is missing | if it is still missing after 5 seconds |

Between two restarts a container is `running`, `terminated` or `waiting`; see its last end in `state` or
`lastState`.
"""

from __future__ import annotations

import re

from ...quantity import format_bytes, parse_quantity
from ..causes import Cause
from .problem import (
    ADMINISTRATOR,
    TRY_AGAIN,
    UNTIL_TIMEOUT,
    Events,
    Obj,
    Problem,
    container_statuses,
    messages_of,
    quoted,
    waiting_state,
)

NOTEBOOK = "notebook"
CONFIG_PATIENCE = 5
CREATE_PATIENCE = 30
_ROOT = re.compile(r"runAsNonRoot|runAsUser|run as root|non-numeric user")
_MISSING_OBJECT = re.compile(r'(?P<kind>secret|configmap) "(?P<name>[^"]+)" not found', re.I)
_MISSING_KEY = re.compile(
    r"couldn't find key (?P<key>\S+) in (?P<kind>Secret|ConfigMap) [^/\s]+/(?P<name>\S+)"
)
# The words of runc and crun, as containerd and CRI-O pass them on.
_NO_COMMAND = re.compile(r"executable file .*not found|no such file or directory", re.I)
_NOT_EXECUTABLE = re.compile(r"permission denied|exec format error", re.I)
_COMMAND = re.compile(r'exec: "([^"]+)"|executable file `([^`]+)`|exec `([^`]+)`')
_HOOK = re.compile(r"exited with (?P<code>\d+)")
# How a shell ends that cannot start a command, such as the entrypoint of an S2I image.
_SHELL_CODES: dict[int, tuple[Cause, str]] = {
    126: ("command-not-executable", "cannot be executed"),
    127: ("command-not-found", "was not found in the image"),
}
KINDS = {"secret": "secret", "configmap": "config map"}


def container_problem(pod: Obj, events: Events) -> Problem | None:
    """Return why a container does not run; None if all run or may still start."""
    for status, is_init in container_statuses(pod):
        problem = (
            _config_problem(status)
            or _command_problem(status)
            or _exit_problem(pod, status, is_init, events)
            or _probe_problem(status, events)
        )
        if problem:
            return problem
    return None


def missing_object(text: str) -> tuple[str, str, str] | None:
    """The kind, name and description of a missing secret, config map or key that a message is about."""
    if match := _MISSING_OBJECT.search(text):
        kind = KINDS[match["kind"].lower()]
        return kind, match["name"], f'the {kind} "{match["name"]}" does not exist'
    if match := _MISSING_KEY.search(text):
        kind = KINDS[match["kind"].lower()]
        return kind, match["name"], f'the {kind} "{match["name"]}" has no key "{match["key"]}"'
    return None


def command_for(kind: str, name: str) -> str:
    """The command that shows a secret, without its values, or a config map."""
    return f"oc describe {'secret' if kind == 'secret' else 'configmap'} {name}"


def _config_problem(status: Obj) -> Problem | None:
    reason, message = waiting_state(status)
    if reason != "CreateContainerConfigError":
        return None
    if missing := missing_object(message):
        kind, name, description = missing
        return Problem(
            "secret-missing" if kind == "secret" else "config-map-missing",
            f"Your server needs its environment from a {kind}, but {description}. {ADMINISTRATOR}",
            message,
            waiting=f"Your server waits: {description}.",
            patience=CONFIG_PATIENCE,
            command=command_for(kind, name),
        )
    return Problem(
        "container-config",
        f"The cluster cannot create the container of your server: {quoted(message)}. {ADMINISTRATOR}",
        message,
        waiting=f"The cluster could not create the container yet, and tries again: {quoted(message)}.",
        patience=0 if _ROOT.search(message) else CREATE_PATIENCE,
    )


def _command_problem(status: Obj) -> Problem | None:
    reason, message = waiting_state(status)
    ended = _last_end(status)
    if reason == "CreateContainerError":
        text = message
    elif reason == "RunContainerError" or ended.get("reason") in ("StartError", "ContainerCannotRun"):
        text = ended.get("message") or message
    else:
        return None
    match = _COMMAND.search(text)
    command = next(filter(None, match.groups()), "") if match else ""
    named = f' "{command}"' if command else ""
    if _NO_COMMAND.search(text) and match:
        return Problem(
            "command-not-found",
            f"The image has no start command{named}. {ADMINISTRATOR}",
            text,
        )
    if _NOT_EXECUTABLE.search(text) and match:
        return Problem(
            "command-not-executable",
            f"The start command{named} cannot be executed. {ADMINISTRATOR}",
            text,
        )
    return Problem(
        "container-create",
        f"The cluster cannot start the container of your server: {quoted(text)}. {TRY_AGAIN}",
        text,
        waiting=f"The cluster could not start the container yet, and tries again: {quoted(text)}.",
        patience=CREATE_PATIENCE,
    )


def _exit_problem(pod: Obj, status: Obj, is_init: bool, events: Events) -> Problem | None:
    ended = _last_end(status)
    state = status.get("state") or {}
    if not ended or (is_init and ended["exitCode"] == 0):
        return None
    name = status["name"]
    running = "running" in state
    ends = (status.get("restartCount") or 0) + (0 if running else 1)
    policy = pod.get("spec", {}).get("restartPolicy")
    restarts = policy == "Always" or (policy == "OnFailure" and ended["exitCode"] != 0)
    out_of_memory = ended.get("reason") == "OOMKilled"
    if running and ends < 2 and not out_of_memory:
        return None  # the kubelet has restarted it once; it may answer this time
    final = ends >= 2 or not restarts or out_of_memory
    cause, message = _explain_end(pod, status, is_init, events)
    return Problem(
        cause,
        message,
        waiting_state(status)[1] if _failed_in_hook(status) else _end_in_words(ended),
        waiting=f"{message.removesuffix(f' {ADMINISTRATOR}')} The cluster starts it once more.",
        patience=0 if final else UNTIL_TIMEOUT,
        container=name,
    )


def _explain_end(pod: Obj, status: Obj, is_init: bool, events: Events) -> tuple[Cause, str]:
    """The cause and message for a container that has ended."""
    name, ended = status["name"], _last_end(status)
    subject = f'The init container "{name}"' if is_init else f'The container "{name}"'
    if _failed_in_hook(status) or messages_of(events, "FailedPostStartHook"):
        match = _HOOK.search(waiting_state(status)[1])
        code = f" with exit code {match['code']}" if match else ""
        return "post-start-hook", f"The post-start hook of your server failed{code}. {ADMINISTRATOR}"
    if ended.get("reason") == "OOMKilled":
        limit = _memory_limit(pod, name)
        named = f" of {limit}" if limit else ""
        whose = subject if is_init or name != NOTEBOOK else "Your server"
        return (
            "out-of-memory",
            f"{whose} needs more memory than its limit{named} while it starts. Choose a larger size, or ask "
            "an administrator of this hub for more memory.",
        )
    if any("failed liveness probe" in text for text in messages_of(events, "Killing")):
        return (
            "liveness-probe",
            f"Your server was restarted again and again, because its liveness probe failed. {ADMINISTRATOR}",
        )
    code = ended["exitCode"]
    if code in _SHELL_CODES and not is_init:
        cause, what = _SHELL_CODES[code]
        return cause, f"The start command of your server {what} (exit code {code}). {ADMINISTRATOR}"
    how = f"was killed by signal {code - 128}" if code in (137, 143) else f"ended with exit code {code}"
    if is_init:
        return "init-container", f"{subject}, which runs before your server, {how}. {ADMINISTRATOR}"
    whose = "Your server's program" if name == NOTEBOOK else subject
    return (
        "program-exit" if code else "program-completed",
        f"{whose} {how} before your server was ready. {ADMINISTRATOR}",
    )


def _probe_problem(status: Obj, events: Events) -> Problem | None:
    failed = [text for text in messages_of(events, "Unhealthy") if text.startswith(("Readiness", "Startup"))]
    if "running" not in (status.get("state") or {}) or status.get("ready") or not failed:
        return None
    return Problem(
        "readiness-probe",
        f"Your server runs, but does not become ready: {quoted(failed[-1])}. {ADMINISTRATOR}",
        failed[-1],
        waiting="Your server runs, but its readiness probe still fails.",
        patience=UNTIL_TIMEOUT,
        container=status["name"],
    )


def _last_end(status: Obj) -> Obj:
    """The latest end of the container; empty if it has never ended."""
    for state in (status.get("state") or {}, status.get("lastState") or {}):
        if ended := state.get("terminated"):
            return dict(ended)
    return {}


def _failed_in_hook(status: Obj) -> bool:
    return waiting_state(status)[0] == "PostStartHookError"


def _end_in_words(ended: Obj) -> str:
    message = (ended.get("message") or "").strip()
    return f"exit code {ended['exitCode']}, reason {ended.get('reason')}" + (
        f": {message}" if message else ""
    )


def _memory_limit(pod: Obj, name: str) -> str:
    spec = pod.get("spec", {})
    for container in [*(spec.get("initContainers") or []), *spec.get("containers", [])]:
        if container["name"] == name:
            limit = ((container.get("resources") or {}).get("limits") or {}).get("memory")
            return format_bytes(int(parse_quantity(limit))) if limit else ""
    return ""
