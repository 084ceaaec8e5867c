"""Request handlers of the OpenShift login: callback, logout, and the errors that they show."""

from typing import Any

from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLogoutHandler
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError


class LoginRefused(HTTPError):
    """A login that is refused; the hub's error page shows the text."""

    heading = "Login failed"  # of the error page

    def __init__(self, message: str, status_code: int = 403) -> None:
        super().__init__(status_code, "%s", message)
        self.reason = {403: "Forbidden", 503: "Service Unavailable"}[status_code]
        self.jupyterhub_message = message


class Callback(OAuthCallbackHandler):  # type: ignore[misc]
    """The OAuth callback, to which OpenShift redirects the browser."""

    async def get(self) -> None:
        """Complete the login; where OpenShift fails, show a sentence instead of an error 500."""
        try:
            await super().get()
        except HTTPClientError as error:
            raise login_refused(error) if error.code < 500 else login_server_away(error) from None
        except OSError as error:
            raise login_server_away(error) from None

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:  # noqa: ANN401 (as tornado's)
        """Log the path without its query, which contains the authorization code."""
        if isinstance(value, HTTPError):
            self.log.warning("%d %s: %s", value.status_code, self.request.path, value.get_message())
        else:
            super().log_exception(typ, value, tb)

    def check_error(self) -> None:
        """Show a sentence of the hub's, never the query's text: anyone can craft a link to this page.

        A refused scope comes without a `state`, so errors are handled before the state is checked.
        """
        error = self.get_argument("error", "")
        if not error:
            return
        description = self.get_argument("error_description", "")
        self.log.warning("OpenShift refused a login: %r %r", error, description)
        if error == "access_denied" and description.startswith("scope denied"):
            raise LoginRefused(
                "OpenShift does not grant the scopes that this hub's configuration requests. "
                "The hub's administrators find the details in its log."
            )
        if error == "access_denied":
            raise LoginRefused(
                "You did not allow this hub to read your user name. Log in again and allow it."
            )
        raise LoginRefused(
            "OpenShift did not accept the hub's request. Try again. If the error persists, the hub's "
            "administrators find the details in its log."
        )


class Logout(OAuthLogoutHandler):  # type: ignore[misc]
    """Logout from the hub, which also revokes the person's OpenShift token."""

    async def default_handle_logout(self) -> None:
        """Log out as upstream, and delete the person's OpenShift token."""
        user = self.current_user
        await super().default_handle_logout()
        if user and (state := await user.get_auth_state()):
            await self.authenticator.revoke(state["access_token"])
            await user.save_auth_state(None)

    async def render_logout_page(self) -> None:
        """Show the page that says that OpenShift's own session goes on; upstream shows the login."""
        if self.authenticator.logout_redirect_url:
            await super().render_logout_page()
        else:
            self.finish(await self.render_template("logout.html"))


def login_refused(error: HTTPClientError) -> LoginRefused:
    """Return the error for a login that OpenShift refused; upstream has logged the reason."""
    return LoginRefused(
        "OpenShift did not accept this login; it may have expired. Try again. If the error persists, the "
        "hub's administrators find the details in its log."
    )


def login_server_away(error: Exception) -> LoginRefused:
    """Return the error for a login server that does not answer, or whose certificate is not trusted."""
    return LoginRefused(f"The OpenShift login server does not answer ({error}). Try again in a minute.", 503)
