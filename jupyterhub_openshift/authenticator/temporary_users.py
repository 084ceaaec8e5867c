"""Temporary users, as created by tmpauthenticator, and browser tabs that outlive them.

A temporary user is deleted with the server. JupyterHub then answers requests of a tab that is still open with
a new login and "404 Not Found". JupyterLab takes that for a missing folder and repeats the request at once,
30 times a second. For a stopped server JupyterLab has a dialog, so the hub answers that the server stopped.
"""

from typing import Any

from jupyterhub.handlers.base import UserUrlHandler
from tmpauthenticator import TmpAuthenticateHandler, TmpAuthenticator


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


class TemporaryLogin(TmpAuthenticateHandler):  # type: ignore[misc]
    """The handler of /hub/tmplogin: tmpauthenticator's replaces a user who is logged in by a new one."""

    async def get(self) -> None:
        """Create a user for a browser that has none; one that is logged in stays the same user."""
        if self.current_user:
            self.redirect(self.get_next_url(self.current_user))
        else:
            await super().get()


class TemporaryAuthenticator(TmpAuthenticator):  # type: ignore[misc]
    """Create a user for each browser. `c.TmpAuthenticator` settings apply."""

    def get_handlers(self, app: Any) -> list[Any]:  # noqa: ANN401 (JupyterHub)
        """Return the handlers above, which take precedence over tmpauthenticator's and the hub's own."""
        gone = (r"/user/(?P<user_name>[^/]+)(?P<user_path>/.*)?", UserMayBeGone)
        login = ("/tmplogin", TemporaryLogin)  # noqa: S108 (a URL)
        return [login, *super().get_handlers(app), gone]
