"""Explains to the user why a server cannot start.

The cluster's own messages (recorded in `tests/hub/spawner/`) are precise, but full of terms that a user
of the hub does not know: provider lists, container names, resource keys.
"""

import re
from typing import Any

from jupyterhub.spawner import SpawnException
from kubernetes_asyncio.client import ApiException

from ..cluster.api import status_message


class SpawnRefused(SpawnException):  # type: ignore[misc]
    """A start that has failed for good; every page shows the message to the user.

    The status is never 404, because JupyterHub shows a text of its own for that.
    """

    heading = "Your server did not start"  # heading of the error page

    def __init__(self, message: str, *, reason: str, status_code: int = 400) -> None:
        super().__init__(message, reason=reason, status_code=status_code)
        self.jupyterhub_message = message  # JupyterHub 6.1 shows this instead of `message`


_QUOTA = re.compile(
    r"exceeded quota: (?P<quota>[^,]+), requested: (?P<asked>.+), used: (?P<used>.+), limited: (?P<most>.+)"
)
_QUOTA_NEEDS = re.compile(r"failed quota: (?P<quota>[^:]+): must specify (?P<what>.+)")
_LIMIT_RANGE = re.compile(
    r"(?:maximum|minimum) .+ usage per (?:Container|Pod) is .+|.+ max limit to request ratio .+"
)
_SCC = re.compile(
    r"unable to validate against any security context constraint: \[(?P<providers>.*)\]", re.DOTALL
)
_FINAL_WAITING_REASONS = {
    "ErrImageNeverPull": "image",
    "ImagePullBackOff": "image",
    "InvalidImageName": "image",
    "CreateContainerConfigError": "container",
    "CreateContainerError": "container",
    "RunContainerError": "container",
}


def refused(refusal: ApiException) -> SpawnRefused:
    """Explain the API's refusal to create a pod or claim."""
    message = status_message(refusal)
    if match := _QUOTA.search(message):
        return SpawnRefused(
            f'The project\'s quota "{match["quota"]}" is used up: this server needs {match["asked"]}; '
            f"{match['used']} of {match['most']} is in use. "
            "Stop a server that is no longer needed, or ask an administrator of the project for more quota.",
            reason="quota",
            status_code=403,
        )
    if match := _QUOTA_NEEDS.search(message):
        return SpawnRefused(
            f'The project has the quota "{match["quota"]}", so every server needs limits '
            f"({match['what']}). "
            "An administrator of this hub can set JUPYTERHUB_NOTEBOOK_MEMORY and JUPYTERHUB_NOTEBOOK_CPU.",
            reason="quota",
            status_code=403,
        )
    if match := _LIMIT_RANGE.search(message.partition(" is forbidden: ")[2]):
        return SpawnRefused(
            f"The project's limit range does not allow a server of this size: {match[0]}. "
            "An administrator of this hub can change JUPYTERHUB_NOTEBOOK_MEMORY or JUPYTERHUB_NOTEBOOK_CPU.",
            reason="limits",
            status_code=403,
        )
    if match := _SCC.search(message):
        return SpawnRefused(
            "The cluster's security context constraints do not allow this server: "
            f"{_security_reasons(match['providers'])}. An administrator of this hub can change "
            "its configuration.",
            reason="security",
            status_code=403,
        )
    return SpawnRefused(
        f"The cluster refused to start this server: {message}", reason="cluster", status_code=403
    )


def _security_reasons(providers: str) -> str:
    """The reasons of restricted-v2, which is for ordinary users; all reasons if it is not in the list."""
    reasons = re.findall(r"provider restricted-v2: (.*?)(?=, provider |$)", providers)
    return "; ".join(reason.lstrip(".") for reason in reasons) or providers


def final_failure(pod: dict[str, Any]) -> SpawnRefused | None:
    """Return why this pod will never run; None if it may still start."""
    status = pod.get("status", {})
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        waiting = container.get("state", {}).get("waiting") or {}
        reason = _FINAL_WAITING_REASONS.get(waiting.get("reason", ""))
        detail = waiting.get("message") or waiting.get("reason")
        if reason == "image":
            return SpawnRefused(
                f"The image {container['image']} cannot be pulled: {detail}",
                reason="image",
                status_code=503,
            )
        if reason:
            return SpawnRefused(
                f"The server's container cannot be started: {detail}",
                reason=reason,
                status_code=503,
            )
    if status.get("phase") == "Failed":
        return SpawnRefused(
            f"The server's pod failed: {status.get('message') or status.get('reason') or 'no reason given'}",
            reason="pod",
            status_code=503,
        )
    return None


def too_slow(pod: dict[str, Any] | None, seconds: int) -> SpawnRefused:
    """Explain why this pod did not start in time."""
    conditions = (pod or {}).get("status", {}).get("conditions") or []
    messages = [c.get("message") for c in conditions if c.get("status") == "False"]
    causes = [f": {message.rstrip('.')}" for message in messages if message]
    return SpawnRefused(
        f"The server did not start within {seconds} seconds{''.join(causes[:1])}. "
        "Try again; if that does not help, ask an administrator of this hub.",
        reason="timeout",
        status_code=503,
    )
