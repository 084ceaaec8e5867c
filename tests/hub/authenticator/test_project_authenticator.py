"""OpenShift login against recorded answers of a real cluster. test_openshift_login.py has whole logins."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from traitlets.config import Config

from jupyterhub_openshift.authenticator.openshift_pages import LoginRefused
from jupyterhub_openshift.authenticator.project_authenticator import ProjectAuthenticator
from jupyterhub_openshift.authenticator.service_account import token_object
from jupyterhub_openshift.errors import StartupError

from ..people import (
    CALLBACK,
    CLIENT,
    DELETE,
    STRANGER,
    THEIRS,
    TOKEN,
    application,
    browser_request,
    coming_back,
    own_token,
)


async def log_in(authenticator: ProjectAuthenticator) -> dict:
    model = await authenticator.get_authenticated_user(coming_back(), None)
    assert not model["admin"]  # only a user's own configuration file gives JupyterHub's role `admin`
    return {key: model[key] for key in ("name", "groups")}


async def refusal(authenticator: ProjectAuthenticator) -> str:
    with pytest.raises(LoginRefused) as refused:
        await log_in(authenticator)
    return refused.value.jupyterhub_message


async def test_people_with_access_to_the_project_may_log_in(login):
    assert await log_in(login("bob")) == {"name": "bob", "groups": ["hub-users"]}


async def test_people_who_may_create_role_bindings_are_hub_admins(login):
    groups = ["hub-admins", "hubproj:admins"]  # the second is that of the role: see configure_admins
    assert await log_in(login("carol")) == {"name": "carol", "groups": groups}


async def test_people_without_access_are_told_which_project_it_is_and_whom_to_ask(login):
    assert await refusal(login("alice")) == STRANGER


async def test_with_allow_everyone_all_people_may_log_in_and_get_no_admin_rights(login):
    assert await log_in(login("alice", allow="everyone")) == {"name": "alice", "groups": []}
    assert (await log_in(login("carol", allow="everyone")))["groups"] == ["hub-admins"]


@pytest.mark.parametrize(
    "listed",
    [
        {"allowed_users": frozenset({"bob"})},
        {"allowed_groups": frozenset({"hub-users"})},
        {"admin_users": frozenset({"bob"})},
        {"admin_groups": frozenset({"hub-users"})},
    ],
)
@pytest.mark.parametrize("allow", ["listed", "project"])
async def test_listed_people_and_members_of_listed_openshift_groups_may_log_in(login, listed, allow):
    assert (await log_in(login("bob", allow=allow, **listed)))["name"] == "bob"


async def test_people_who_are_not_listed_are_told_so(login):
    assert await refusal(login("bob", allow="listed", allowed_groups=frozenset({"hub-admins"}))) == (
        'You are logged in to OpenShift as "bob", who is not on this hub\'s list of users. '
        "Ask an administrator of the project hubproj to add you."
    )


async def test_the_code_is_exchanged_with_the_current_token_of_the_service_account(login, api):
    authenticator = login("bob")
    await log_in(authenticator)
    (api.account / "token").write_text(own_token(2))
    await log_in(authenticator)
    exchanges = [body for method, path, body in api.requests if (method, path) == TOKEN]
    assert exchanges == [
        {
            "grant_type": "authorization_code",
            "code": "the-code",
            "redirect_uri": CALLBACK,
            "data": "None",
            "code_verifier": "the-verifier",
            "client_id": CLIENT,
            "client_secret": secret,
        }
        for secret in (own_token(1), own_token(2))
    ]


async def test_the_browser_is_redirected_to_openshift_with_a_pkce_challenge_and_both_scopes(login):
    sent: list[str] = []
    handler = ProjectAuthenticator.login_handler.__new__(ProjectAuthenticator.login_handler)
    handler.application = application(login("bob"))
    handler.request = browser_request()
    handler.get_argument = lambda name, default: default
    handler.set_state_cookie = lambda value: None
    handler.redirect = sent.append
    handler.get()
    query = {name: value for name, (value,) in parse_qs(urlsplit(sent[0]).query).items()}
    assert len(query.pop("code_challenge")) == 43
    assert query.pop("state")
    assert query == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "scope": "user:info user:check-access",
        "code_challenge_method": "S256",
    }


def test_neither_pkce_nor_certificate_verification_can_be_turned_off(login, monkeypatch):
    monkeypatch.setenv("OAUTH_TLS_VERIFY", "0")
    c = Config({"OAuthenticator": {"enable_pkce": False, "validate_server_cert": False}})
    login("bob")
    authenticator = ProjectAuthenticator(config=c)
    assert (authenticator.enable_pkce, authenticator.validate_server_cert) == (True, True)


async def test_a_token_without_a_requested_scope_is_refused_and_deleted(login, api, logins):
    authenticator = login("bob")
    less = {**logins["token/partial-grant"]["response"], "access_token": THEIRS}
    api.answers[TOKEN] = (200, less)
    assert await refusal(authenticator) == (
        "This hub needs the permission user:check-access, which you did not grant. "
        "Log in again and leave all permissions selected."
    )
    assert [request[:2] for request in api.requests] == [TOKEN, DELETE]


def test_user_names_keep_their_case(login):
    assert login("bob").normalize_username("Bob") == "Bob"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("not a token", "Not enough segments"), (None, "[Errno 2] No such file or directory: ")],
)
def test_a_missing_token_is_reported_at_the_start(login, api, text, reason):
    file = api.account / "token"
    file.write_text(text) if text else file.unlink()
    with pytest.raises(StartupError) as fault:
        login("bob")
    place = "" if text else f"'{file}'"
    assert str(fault.value) == (
        f"JUPYTERHUB_AUTHENTICATOR=openshift needs the token of the hub's service account ({reason}{place}). "
        "An example that works, in the deployment: automountServiceAccountToken: true"
    )


def test_the_name_of_a_tokens_object_is_its_hash():
    # openssl: printf secret | sha256sum, in base64url without padding
    assert token_object("sha256~secret") == "sha256~K7gNU3sdo-OL0wNhqoVWhr3g6s1xYv72ol_pe_Unols"
