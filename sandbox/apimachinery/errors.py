"""The error responses of a Kubernetes API, in its own words.

Texts and codes: `k8s.io/apimachinery/pkg/api/errors/errors.go`. A resource key is the plural with its group,
such as `pods` or `routes.route.openshift.io`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


class Cause(NamedTuple):
    """One invalid field: the reason (`FieldValueRequired`), the field (`spec.ports`) and the message."""

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
        """Return the Status object."""
        status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        if self.message:
            status["message"] = self.message
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        return {**status, "code": self.code}


def not_found(resource: str, name: str) -> StatusError:
    """404: the object does not exist."""
    return StatusError(404, "NotFound", f'{resource} "{name}" not found', details(resource, name))


def no_such_resource() -> StatusError:
    """404: the API does not serve this resource or subresource."""
    return StatusError(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(resource: str, name: str) -> StatusError:
    """409: an object of this name exists."""
    message = f'{resource} "{name}" already exists'
    return StatusError(409, "AlreadyExists", message, details(resource, name))


def conflict(resource: str, name: str, why: str = MODIFIED) -> StatusError:
    """409: the object has changed since the client read it."""
    message = f'Operation cannot be fulfilled on {resource} "{name}": {why}'
    return StatusError(409, "Conflict", message, details(resource, name))


def forbidden(resource: str, name: str, why: str) -> StatusError:
    """403: RBAC or admission refuses the request."""
    named = f'{resource} "{name}"' if name else resource
    return StatusError(403, "Forbidden", f"{named} is forbidden: {why}", details(resource, name))


def invalid(kind: str, name: str, causes: list[Cause]) -> StatusError:
    """422: validation refuses the object; `kind` includes the group, as in `Route.route.openshift.io`."""
    texts = list(dict.fromkeys(f"{cause.field}: {cause.message}" for cause in causes))
    why = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    listed = [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]
    message = f'{kind} "{name}" is invalid: {why}'
    return StatusError(422, "Invalid", message, {**details(kind, name), "causes": listed})


def bad_request(message: str) -> StatusError:
    """400: the request is malformed."""
    return StatusError(400, "BadRequest", message)


def other_name(given: str | None, wanted: str) -> StatusError:
    """400: the object's name differs from the name in the path."""
    url = f"does not match the name on the URL ({wanted})"
    return bad_request(f"the name of the object ({given}) {url}")


def other_namespace() -> StatusError:
    """400: the object's namespace differs from the namespace in the path."""
    return bad_request(
        "the namespace of the provided object does not match the namespace sent on the request"
    )


def unauthorized() -> StatusError:
    """401: the token is unknown or has expired."""
    return StatusError(401, "Unauthorized", "Unauthorized")


def method_not_allowed() -> StatusError:
    """405: the resource does not support the verb."""
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message, {})


def expired(asked: int, oldest: int) -> StatusError:
    """410: the resource version is no longer in the history."""
    return StatusError(410, "Expired", f"too old resource version: {asked} ({oldest})")


def details(resource: str, name: str) -> dict[str, Any]:
    """Return the `details` of a Status for a resource (or kind) with its group."""
    kind, _, group = resource.partition(".")
    parts = {"name": name, "group": group, "kind": kind}
    return {key: value for key, value in parts.items() if value}
