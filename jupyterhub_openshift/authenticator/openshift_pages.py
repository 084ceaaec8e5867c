"""What a person meets on the way through OpenShift's login and out again, other than what is JupyterHub's."""

from typing import Any

from oauthenticator.oauth2 import OAuthCallbackHandler, OAuthLogoutHandler
from tornado.httpclient import HTTPClientError
from tornado.web import HTTPError


class LoginRefused(HTTPError):
    """A login that cannot go well; the text is what the person reads."""

    heading = "The login did not succeed"  # of the error page

    def __init__(self, message: str, status_code: int = 403) -> None:
        super().__init__(status_code, "%s", message)
        self.reason = {403: "Forbidden", 503: "Service Unavailable"}[status_code]
        self.jupyterhub_message = message


class Callback(OAuthCallbackHandler):  # type: ignore[misc]
    """Where OpenShift sends the browser back to."""

    async def get(self) -> None:
        """As upstream, but where OpenShift fails, in a sentence."""
        try:
            await super().get()
        except HTTPClientError as error:
            raise refused(error) if error.code < 500 else away(error) from None
        except OSError as error:
            raise away(error) from None

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:  # noqa: ANN401 (as tornado's)
        """As tornado, but without the query: it has the code."""
        if isinstance(value, HTTPError):
            self.log.warning("%d %s: %s", value.status_code, self.request.path, value.get_message())
        else:
            super().log_exception(typ, value, tb)

    def check_error(self) -> None:
        """As upstream, in sentences of ours: anybody can make a link with a text to this page.

        A refused scope comes without a `state`, so this is looked at before the state is.
        """
        error = self.get_argument("error", "")
        if not error:
            return
        description = self.get_argument("error_description", "")
        self.log.warning("OpenShift sent a login back: %r %r", error, description)
        if error == "access_denied" and description.startswith("scope denied"):
            raise LoginRefused(
                "OpenShift does not let this hub ask for the permissions that its configuration names. "
                "Those who run this hub find more in its log."
            )
        if error == "access_denied":
            raise LoginRefused(
                "You did not allow this hub to learn who you are. To enter, log in again and allow it."
            )
        raise LoginRefused(
            "OpenShift did not accept the hub's request. Try again; if that does not help, those who run "
            "this hub find more in its log."
        )


class Logout(OAuthLogoutHandler):  # type: ignore[misc]
    """Ends what the login began."""

    async def default_handle_logout(self) -> None:
        """As upstream, and the person's token is deleted."""
        user = self.current_user
        await super().default_handle_logout()
        if user and (state := await user.get_auth_state()):
            await self.authenticator.revoke(state["access_token"])
            await user.save_auth_state(None)


def refused(error: HTTPClientError) -> LoginRefused:
    """OpenShift said no; upstream has logged the reason that it gave."""
    return LoginRefused(
        "OpenShift did not accept this login; perhaps it took too long. Try again; if that does not help, "
        "those who run this hub find more in its log."
    )


def away(error: Exception) -> LoginRefused:
    """OpenShift cannot be reached, or not be believed."""
    return LoginRefused(f"OpenShift's login does not answer ({error}). Try again in a minute.", 503)
