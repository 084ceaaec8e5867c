"""Temporary users, as created by tmpauthenticator, and browser tabs that outlive them.

A temporary user is deleted with the server. JupyterHub then answers requests of a tab that is still open with
a new login and "404 Not Found". JupyterLab takes that for a missing folder and repeats the request at once,
30 times a second. For a stopped server JupyterLab has a dialog, so the hub answers that the server stopped.
"""

from typing import Any

from jupyterhub.handlers.base import UserUrlHandler
from tmpauthenticator import TmpAuthenticator


class UserMayBeGone(UserUrlHandler):  # type: ignore[misc]
    """The handler of /user/NAME/... while no server of that name runs."""

    async def get(self, user_name: str, user_path: str | None) -> None:
        """For a deleted user: answer API requests like a stopped server, and send people to a new one."""
        if self.find_user(user_name):
            answer = super().get(user_name, user_path)
            if answer:  # None after a redirect to the login
                await answer
        elif "api" in (user_path or "").split("/"):
            self._fail_api_request()
        else:
            self.redirect(self.hub.base_url)


class TemporaryAuthenticator(TmpAuthenticator):  # type: ignore[misc]
    """Create a user for each browser. `c.TmpAuthenticator` settings apply."""

    def get_handlers(self, app: Any) -> list[Any]:  # noqa: ANN401 (JupyterHub)
        """Add the handler above, which takes precedence over the hub's own."""
        gone = (r"/user/(?P<user_name>[^/]+)(?P<user_path>/.*)?", UserMayBeGone)
        return [*super().get_handlers(app), gone]
