"""Problems with a container's image, from the waiting state of the container and the events of the pull.

A pull that can succeed later is retried by the kubelet after 10, 20, 40, ... seconds. The start fails at the
fourth failed pull.
"""

from __future__ import annotations

import re

from .problem import (
    ADMINISTRATOR,
    UNTIL_TIMEOUT,
    Events,
    Obj,
    Problem,
    container_statuses,
    messages_of,
    quoted,
    waiting_state,
)

FAILED_PULLS = 4
_PULL_REASONS = {"ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError"}
_BACK_OFF = re.compile(r'Back-off pulling image "[^"]*"(?:: (?:ErrImagePull|\w+): )?')
_UNAUTHORIZED = re.compile(
    r"\b(unauthorized|401|403|forbidden|(?<!permission )denied|authentication required|no basic auth)\b", re.I
)
_NOT_FOUND = re.compile(
    r"\bnot found\b|= NotFound|manifest unknown|name unknown|no such image|repository does not exist", re.I
)
_PLATFORM = re.compile(r"no match for platform|no matching manifest|no image found in .*manifest list", re.I)
_CERTIFICATE = re.compile(r"x509:|certificate|server gave HTTP response to HTTPS client", re.I)


def image_problem(pod: Obj, events: Events) -> Problem | None:
    """Return why an image of the pod cannot be used; None if no pull has failed."""
    for status, _ in container_statuses(pod):
        reason, message = waiting_state(status)
        image = readable_image(status.get("image") or "")
        if reason == "InvalidImageName":
            return Problem(
                "invalid-image-name", f'"{image}" is not a valid name of an image. {ADMINISTRATOR}', message
            )
        if reason == "ErrImageNeverPull":
            return Problem(
                "image-never-pull",
                f'The image "{image}" is not on the node, and its pull policy forbids to pull it. '
                f"{ADMINISTRATOR}",
                message,
            )
        if reason == "SignatureValidationFailed":
            return Problem("image-signature", f'The signature of the image "{image}" is not valid.', message)
        if reason in _PULL_REASONS:
            return _pull_problem(image, _BACK_OFF.sub("", message), events)
    return None


def readable_image(reference: str) -> str:
    """The image without its digest; with one, only the last part of its name."""
    name, at, _ = reference.partition("@")
    return name.rpartition("/")[2] if at else name


def _pull_problem(image: str, message: str, events: Events) -> Problem:
    pulls = [text for text in messages_of(events, "Failed") if text.startswith("Failed to pull image")]
    detail = message or (pulls[-1] if pulls else "")
    if _UNAUTHORIZED.search(detail):
        missing = re.search(
            r"pull secrets \(([^)]+)\)", " ".join(messages_of(events, "FailedToRetrieveImagePullSecret"))
        )
        if missing:
            return Problem(
                "pull-secret-missing",
                f'The registry refuses to give the image "{image}" without a login, and the pull secret '
                f'"{missing[1]}" does not exist. {ADMINISTRATOR}',
                detail,
                command=f"oc get secret {missing[1].split(',')[0]}",
            )
        return Problem(
            "image-unauthorized",
            f'The registry refuses access to the image "{image}": it does not exist, or the project needs a '
            f"pull secret. {ADMINISTRATOR}",
            detail,
        )
    if _NOT_FOUND.search(detail) and not _PLATFORM.search(detail):
        return Problem(
            "image-not-found",
            f'The image "{image}" does not exist in its registry. {ADMINISTRATOR}',
            detail,
        )
    if _PLATFORM.search(detail):
        return Problem(
            "image-platform", f'The image "{image}" is not built for this cluster. {ADMINISTRATOR}', detail
        )
    if _CERTIFICATE.search(detail):
        return Problem(
            "registry-certificate",
            f'The cluster does not trust the certificate of the registry of the image "{image}". '
            f"{ADMINISTRATOR}",
            detail,
        )
    reason = quoted(detail.rpartition(": ")[2])
    failed = sum(
        event.get("count") or 1
        for event in events
        if event.get("reason") == "Failed" and (event.get("message") or "").startswith("Failed to pull image")
    )
    return Problem(
        "registry-unavailable",
        f'The registry does not give the image "{image}" ({reason}). Try again in a few minutes.',
        detail,
        waiting=f'The registry does not give the image "{image}" yet ({reason}). The cluster tries again.',
        patience=0 if failed >= FAILED_PULLS else UNTIL_TIMEOUT,
    )
