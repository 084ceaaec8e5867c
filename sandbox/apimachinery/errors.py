"""The refusals of a Kubernetes API, with its own words.

Texts and codes: `k8s.io/apimachinery/pkg/api/errors/errors.go`. A resource key is the plural with its group,
such as `pods` or `routes.route.openshift.io`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


class Cause(NamedTuple):
    """One field at fault: `FieldValueRequired`, `spec.ports`, and what follows the colon."""

    reason: str
    field: str
    message: str


class StatusError(Exception):
    """A `Status` of kind Failure."""

    def __init__(self, code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.warnings: list[str] = []

    def status(self) -> dict[str, Any]:
        """The object that goes over the wire."""
        status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        if self.message:
            status["message"] = self.message
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        return {**status, "code": self.code}


def not_found(resource: str, name: str) -> StatusError:
    """404: there is no such object."""
    return StatusError(404, "NotFound", f'{resource} "{name}" not found', details(resource, name))


def no_such_resource() -> StatusError:
    """404: the API has no such resource (or subresource)."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(resource: str, name: str) -> StatusError:
    """409 on a create."""
    message = f'{resource} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, details(resource, name))


def conflict(resource: str, name: str, why: str = MODIFIED) -> StatusError:
    """409 on an update."""
    message = f'Operation cannot be fulfilled on {resource} "{name}": {why}'
    return StatusError(409, "Conflict", message, details(resource, name))


def forbidden(resource: str, name: str, why: str) -> StatusError:
    """403: by RBAC or by admission."""
    named = f'{resource} "{name}"' if name else resource
    return StatusError(403, "Forbidden", f"{named} is forbidden: {why}", details(resource, name))


def invalid(kind: str, name: str, causes: list[Cause]) -> StatusError:
    """422: `kind` is the kind with its group, such as `Route.route.openshift.io`."""
    texts = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    why = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    listed = [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]
    message = f'{kind} "{name}" is invalid: {why}'
    return StatusError(422, "Invalid", message, {**details(kind, name), "causes": listed})


def bad_request(message: str) -> StatusError:
    """400."""
    return StatusError(400, "BadRequest", message)


def other_name(given: str | None, wanted: str) -> StatusError:
    """400: the object's name is not that of the path."""
    url = f"does not match the name on the URL ({wanted})"
    return bad_request(f"the name of the object ({given}) {url}")


def other_namespace() -> StatusError:
    """400: the object's namespace is not that of the path."""
    return bad_request(
        "the namespace of the provided object does not match the namespace sent on the request"
    )


def unauthorized() -> StatusError:
    """401: no such token."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def method_not_allowed() -> StatusError:
    """405."""
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def expired(asked: int, oldest: int) -> StatusError:
    """410: a watch or a list from a resource version that is gone."""
    return StatusError(410, "Expired", f"too old resource version: {asked} ({oldest})")


def details(resource: str, name: str) -> dict[str, Any]:
    """`details` of a Status, from a resource (or kind) with its group."""
    kind, _, group = resource.partition(".")
    parts = {"name": name, "group": group, "kind": kind}
    return {key: value for key, value in parts.items() if value}
