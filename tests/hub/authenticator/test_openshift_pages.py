"""The error pages of the OpenShift login, and the logout."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from oauthenticator.oauth2 import STATE_COOKIE_NAME, _serialize_state

from jupyterhub_openshift.authenticator import project_authenticator as module
from jupyterhub_openshift.authenticator.openshift_pages import Callback, LoginRefused, Logout
from jupyterhub_openshift.authenticator.project_authenticator import ProjectAuthenticator
from jupyterhub_openshift.cluster.ca_bundles import trusted

from ..people import DELETE, REVIEW, TOKEN, USER, Person, application, browser_request, own_token


async def came_back(authenticator: ProjectAuthenticator, **arguments: str) -> LoginRefused:
    """Return the error for a browser that OpenShift redirects back with these arguments."""
    handler = Callback.__new__(Callback)
    state = _serialize_state({"code_verifier": "the-verifier", "state_id": "it"})
    handler.application = application(authenticator)
    handler.request = browser_request()
    handler.get_argument = lambda name, default=None: arguments.get(name, default)
    handler.get_secure_cookie = {STATE_COOKIE_NAME: state.encode()}.get
    handler.clear_cookie = lambda name: None
    handler.authenticate = lambda data: authenticator.get_authenticated_user(handler, data)
    with pytest.raises(LoginRefused) as refused:
        await handler.get()
    return refused.value


@pytest.mark.parametrize(
    ("exchange", "text"),
    [
        (
            "scope/user-full/authorize-again",
            "OpenShift does not grant the scopes that this hub's configuration requests. "
            "The hub's administrators find the details in its log.",
        ),
        (
            "login/approve-nothing/authorize-again",
            "You did not allow this hub to read your user name. Log in again and allow it.",
        ),
    ],
)
async def test_each_oauth_error_is_shown_as_a_sentence(login, logins, exchange, text, caplog):
    location = logins[exchange]["response_headers"]["Location"]
    arguments = {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}
    refused = await came_back(login("alice"), **arguments)
    assert (refused.status_code, refused.jupyterhub_message) == (403, text)
    assert arguments["error_description"] in caplog.text


async def test_an_error_description_in_a_link_is_not_shown(login):
    refused = await came_back(login("alice"), error="x", error_description="Call 0800 and tell your password")
    assert refused.jupyterhub_message == (
        "OpenShift did not accept the hub's request. Try again. If the error persists, "
        "the hub's administrators find the details in its log."
    )


BACK = {"code": "the-code", "state": _serialize_state({"state_id": "it"})}


async def test_a_refused_token_exchange_is_shown_as_a_sentence_and_logged(login, api, logins, caplog):
    authenticator = login("bob")
    record = logins["secret/wrong-string"]
    api.answers[TOKEN] = (record["status"], record["response"])
    refused = await came_back(authenticator, **BACK)
    assert (refused.status_code, refused.jupyterhub_message) == (
        403,
        "OpenShift did not accept this login; it may have expired. Try again. If the error persists, "
        "the hub's administrators find the details in its log.",
    )
    assert "unauthorized_client" in caplog.text
    assert own_token() not in caplog.text


@pytest.mark.parametrize("path", [TOKEN, USER, REVIEW])
async def test_a_failing_openshift_is_shown_as_a_sentence(login, api, path):
    authenticator = login("bob")
    api.answers[path] = (503, "unavailable")
    refused = await came_back(authenticator, **BACK)
    assert (refused.status_code, refused.jupyterhub_message) == (
        503,
        "The OpenShift login server does not answer (HTTP 503: Service Unavailable). Try again in a minute.",
    )


async def test_a_login_server_whose_certificate_is_not_trusted_gets_no_request(login, api, monkeypatch):
    monkeypatch.setattr(module, "trusted", lambda: trusted([]))
    refused = await came_back(login("bob"), **BACK)
    assert "CERTIFICATE_VERIFY_FAILED" in refused.jupyterhub_message
    assert (refused.status_code, api.requests) == (503, [])


async def log_out(authenticator: ProjectAuthenticator, user: Person) -> None:
    handler = Logout.__new__(Logout)
    handler._jupyterhub_user = user
    handler.application = application(authenticator)
    handler.clear_login_cookie = lambda: None
    await handler.default_handle_logout()


@pytest.mark.parametrize("exchange", ["revoke/delete-by-hub-sa", "revoke/delete-by-hub-sa-again"])
async def test_the_token_is_deleted_at_logout(login, api, logins, person, exchange):
    authenticator, bob = login("bob"), person("bob")
    api.answers[DELETE] = (logins[exchange]["status"], logins[exchange]["response"])
    await log_out(authenticator, bob)
    assert ([request[:2] for request in api.requests], bob.state) == ([DELETE], None)
