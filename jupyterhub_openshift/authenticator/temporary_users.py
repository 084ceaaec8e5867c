"""Temporary users, as tmpauthenticator makes them, and the pages that are left open when they are gone.

A temporary user is deleted with the server. JupyterHub then answers a page that still asks for that server
with a new login and "404 Not Found". JupyterLab takes that for a missing folder and looks again at once, 30
times a second. For a server that has stopped it has a dialog, and so that is what it is told.
"""

from typing import Any

from jupyterhub.handlers.base import UserUrlHandler
from tmpauthenticator import TmpAuthenticator


class UserMayBeGone(UserUrlHandler):  # type: ignore[misc]
    """/user/NAME/..., where no server of that name runs."""

    async def get(self, user_name: str, user_path: str | None) -> None:
        """As upstream, and for a user who is gone: the server has stopped, or, to a person, a new one."""
        if self.find_user(user_name):
            answer = super().get(user_name, user_path)
            if answer:  # not yet sent to the login
                await answer
        elif "api" in (user_path or "").split("/"):
            self._fail_api_request()
        else:
            self.redirect(self.hub.base_url)


class TemporaryAuthenticator(TmpAuthenticator):  # type: ignore[misc]
    """Makes up a user for each browser. `c.TmpAuthenticator` settings apply to it."""

    def get_handlers(self, app: Any) -> list[Any]:  # noqa: ANN401 (JupyterHub)
        """As upstream; they come before the hub's own."""
        gone = (r"/user/(?P<user_name>[^/]+)(?P<user_path>/.*)?", UserMayBeGone)
        return [*super().get_handlers(app), gone]
