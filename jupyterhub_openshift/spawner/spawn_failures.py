"""What the cluster refuses, in sentences for the person on the spawn page.

The cluster's own texts (recorded ones: `tests/hub/spawner/test_spawn_failures.py`) are precise but name what
a user of the hub never saw: provider lists, container names, resource keys.
"""

import re
from typing import Any

from jupyterhub.spawner import SpawnException
from kubernetes_asyncio.client import ApiException

from ..cluster.api import status_message


class SpawnRefused(SpawnException):  # type: ignore[misc]
    """A start that cannot go well; the text is shown to the user, on every page that tells of it.

    No status 404: JupyterHub's page for that has a text of its own.
    """

    heading = "Your server did not start"  # of the error page

    def __init__(self, message: str, *, reason: str, status_code: int = 400) -> None:
        super().__init__(message, reason=reason, status_code=status_code)
        self.jupyterhub_message = message  # the pages of JupyterHub 6.1 show this, not `message`


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
_HOPELESS = {
    "ErrImageNeverPull": "image",
    "ImagePullBackOff": "image",
    "InvalidImageName": "image",
    "CreateContainerConfigError": "container",
    "CreateContainerError": "container",
    "RunContainerError": "container",
}


def refused(refusal: ApiException) -> SpawnRefused:
    """The refusal of a pod or volume, for the user."""
    message = status_message(refusal)
    if match := _QUOTA.search(message):
        return SpawnRefused(
            f'The project\'s quota "{match["quota"]}" is used up: this server needs {match["asked"]}; '
            f"in use are {match['used']} of {match['most']}. "
            "Stop a server that is no longer needed, or ask those who run the project for more.",
            reason="quota",
            status_code=403,
        )
    if match := _QUOTA_NEEDS.search(message):
        return SpawnRefused(
            f'The project has a quota "{match["quota"]}", and so every server must say how much it needs '
            f"({match['what']}). "
            "Those who run this hub set JUPYTERHUB_NOTEBOOK_MEMORY and JUPYTERHUB_NOTEBOOK_CPU.",
            reason="quota",
            status_code=403,
        )
    if match := _LIMIT_RANGE.search(message.partition(" is forbidden: ")[2]):
        return SpawnRefused(
            f"The project's limit range does not allow a server of this size: {match[0]}. "
            "Those who run this hub change JUPYTERHUB_NOTEBOOK_MEMORY or JUPYTERHUB_NOTEBOOK_CPU.",
            reason="limits",
            status_code=403,
        )
    if match := _SCC.search(message):
        return SpawnRefused(
            "The cluster's security rules do not allow this server: "
            f"{_security_reasons(match['providers'])}. Those who run this hub change its configuration.",
            reason="security",
            status_code=403,
        )
    return SpawnRefused(
        f"The cluster refused to start this server: {message}", reason="cluster", status_code=403
    )


def _security_reasons(providers: str) -> str:
    """What the rule set for ordinary users, restricted-v2, says; all if it is not among them."""
    reasons = re.findall(r"provider restricted-v2: (.*?)(?=, provider |$)", providers)
    return "; ".join(reason.lstrip(".") for reason in reasons) or providers


def hopeless(pod: dict[str, Any]) -> SpawnRefused | None:
    """Why this pod will never run, as far as its status tells."""
    status = pod.get("status", {})
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        waiting = container.get("state", {}).get("waiting") or {}
        reason = _HOPELESS.get(waiting.get("reason", ""))
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
    """Why this pod does not run yet."""
    conditions = (pod or {}).get("status", {}).get("conditions") or []
    messages = [c.get("message") for c in conditions if c.get("status") == "False"]
    causes = [f": {message.rstrip('.')}" for message in messages if message]
    return SpawnRefused(
        f"The server did not start within {seconds} seconds{''.join(causes[:1])}. "
        "Try again; if that does not help, ask those who run this hub.",
        reason="timeout",
        status_code=503,
    )
