"""What the hub connects to besides the API and its database: its proxy, and OpenShift's login server."""

import asyncio
import json

import aiohttp

from ..authenticator.project_authenticator import SCOPES
from ..cluster.ca_bundles import trusted
from .facts import Facts
from .finding import FAILURE, PASSED, UNKNOWN, WARNING, Finding

TIMEOUT = 5
LARGEST_SKEW = 60  # seconds


async def check_proxy(name: str, api_url: str, token: str) -> Finding:
    """Report a proxy that refuses the hub's token, or does not answer."""
    logs = f"oc logs --selector app={name},component=proxy --tail 20"
    path = f"{api_url}/api/routes/preflight"  # any route: whether there is one does not matter
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT)) as session,
            session.get(path, headers={"Authorization": f"token {token}"}) as response,
        ):
            status = response.status
    except (aiohttp.ClientError, TimeoutError, asyncio.TimeoutError) as error:
        reason = str(error) or type(error).__name__
        message = f"The proxy at {api_url} does not answer yet ({reason}); the hub waits for it."
        return Finding("proxy", WARNING, message, logs)
    if status == 403:
        message = (
            "The proxy does not accept the hub's CONFIGPROXY_AUTH_TOKEN: it was started with another one. "
            "Restart the proxy, so that it reads the secret again:"
        )
        return Finding("proxy", FAILURE, message, f"oc delete pod --selector app={name},component=proxy")
    if status >= 500:
        return Finding("proxy", WARNING, f"The proxy at {api_url} answers with the status {status}.", logs)
    return Finding("proxy", PASSED, f"The proxy at {api_url} accepts the hub.", logs)


async def check_login_server(server: str | None, client: str) -> Finding:
    """Begin a login, and report a certificate that is not trusted, a refusal, or no answer.

    OpenShift redirects the beginning of a login to a form, or answers 400 if the service account `client` is
    no OAuth client. A route that no router has admitted yet has the same effect, so that is a warning.
    """
    if server is None:
        return Finding("login server", PASSED, "People do not log in with OpenShift.")
    account = client.rpartition(":")[2]
    show = f"oc describe serviceaccount/{account}"
    query = {"response_type": "code", "client_id": client, "scope": " ".join(SCOPES)}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(TIMEOUT)) as session,
            session.get(
                f"{server}/oauth/authorize", params=query, allow_redirects=False, ssl=trusted()
            ) as response,
        ):
            status, text = response.status, await response.text()
    except aiohttp.ClientConnectorCertificateError as error:
        reason = getattr(error.certificate_error, "verify_message", str(error))
        message = (
            f"The hub does not trust the certificate of the login server {server} ({reason}). "
            "Add the organization's certificate authorities, as docs/login.md describes:"
        )
        command = "oc label configmap/trusted-ca config.openshift.io/inject-trusted-cabundle=true"
        return Finding("login server", FAILURE, message, command)
    except (aiohttp.ClientError, TimeoutError, asyncio.TimeoutError) as error:
        reason = str(error) or type(error).__name__
        message = f"The login server {server} does not answer ({reason})."
        return Finding(
            "login server", WARNING, message, "oc get --raw /.well-known/oauth-authorization-server"
        )
    if status == 400:
        message = (
            f"The login server {server} refuses logins for the service account {account} ({_error(text)}). "
            "Its annotations must name a route that a router has admitted:"
        )
        return Finding("login server", WARNING, message, show)
    if status >= 500:
        message = f"The login server {server} answers with the status {status}."
        return Finding("login server", WARNING, message, show)
    message = f"The login server {server} accepts the service account {account} as OAuth client."
    return Finding("login server", PASSED, message, show)


def _error(text: str) -> str:
    """Return the error code of an OAuth answer."""
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return "400 Bad Request"


def check_clock(facts: Facts) -> Finding:
    """Report a clock that differs from the API's: logins and tokens would be expired or not valid yet."""
    command, ahead = "date --utc", facts.clock_ahead
    if ahead is None:
        return Finding("clock", UNKNOWN, "The API does not tell its time.", command)
    if abs(ahead) > LARGEST_SKEW:
        direction = "ahead of" if ahead > 0 else "behind"
        message = (
            f"The clock of the hub's node is {abs(ahead):.0f} s {direction} the API's, so logins may fail."
        )
        return Finding("clock", WARNING, message, command)
    return Finding("clock", PASSED, "The clock of the hub's node agrees with the API's.", command)
