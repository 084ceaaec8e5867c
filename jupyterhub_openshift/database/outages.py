"""What the hub does while its database does not answer.

JupyterHub treats a user whose record it cannot read as not logged in. Pages then redirect to the login, where
a temporary user becomes a new one, and API requests with a valid token are refused with 403. Other requests
end with "500: Internal Server Error". A hub that receives SIGTERM fails to store its last state, and does not
end.

Here, each request that fails for want of the database is answered with 503, which browsers repeat after some
seconds, and a hub that receives SIGTERM ends. JupyterHub has no setting for either, so this module replaces
methods of its classes.
"""

from typing import Any

from jupyterhub.app import JupyterHub
from jupyterhub.handlers.base import BaseHandler
from sqlalchemy.exc import InterfaceError, OperationalError, PendingRollbackError, SQLAlchemyError
from tornado.web import HTTPError

SECONDS = 5  # until a browser asks again
MESSAGE = (
    "The hub cannot reach its database. Running servers are not affected, and nothing is lost. "
    "This page reloads until the database answers."
)
_OUTAGES = (InterfaceError, OperationalError, PendingRollbackError)

_get_current_user = BaseHandler.get_current_user
_resolve_roles_and_scopes = BaseHandler._resolve_roles_and_scopes
_handle_request_exception = BaseHandler._handle_request_exception
_cleanup = JupyterHub.cleanup


class DatabaseOutage(HTTPError):
    """The answer to a request that needs the database."""

    def __init__(self, cause: str) -> None:
        super().__init__(503, "The database does not answer: %s", cause, reason="Service Unavailable")
        self.jupyterhub_message = MESSAGE
        self.headers = {"Retry-After": str(SECONDS), "Refresh": str(SECONDS)}


def answer_database_outages() -> None:
    """Do so in the hub of this process."""
    BaseHandler.get_current_user = get_current_user
    BaseHandler._resolve_roles_and_scopes = resolve_roles_and_scopes
    BaseHandler._handle_request_exception = handle_request_exception
    JupyterHub.cleanup = cleanup


async def get_current_user(handler: Any) -> Any:  # noqa: ANN401 (JupyterHub)
    """Identify the user, and remember an outage: JupyterHub would go on as if no one were logged in."""
    try:
        return await _get_current_user(handler)
    except _OUTAGES as error:
        handler.database_outage = error
        return None


def resolve_roles_and_scopes(handler: Any) -> None:  # noqa: ANN401 (JupyterHub)
    """JupyterHub's next step in each request: end here if the user could not be identified."""
    _resolve_roles_and_scopes(handler)
    if error := getattr(handler, "database_outage", None):
        raise error


def handle_request_exception(handler: Any, error: BaseException) -> None:  # noqa: ANN401 (JupyterHub)
    """Answer 503 instead of 500, with a log line instead of a traceback, and leave a usable session."""
    if not isinstance(error, _OUTAGES):
        _handle_request_exception(handler, error)
        return
    handler.db.rollback()
    try:
        raise DatabaseOutage(first_line(error)) from error
    except DatabaseOutage as outage:
        _handle_request_exception(handler, outage)


def first_line(error: BaseException) -> str:
    """The cause, without SQLAlchemy's statement and hint."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


async def cleanup(hub: Any) -> None:  # noqa: ANN401 (JupyterHub)
    """Clean up and end, even if the database does not store that the hub's services have stopped."""
    try:
        await _cleanup(hub)
    except SQLAlchemyError as error:
        hub.log.warning("Ending without the database: %s", first_line(error))
        hub.db.rollback()
