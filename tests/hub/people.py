"""People who log in with OpenShift; the answers about them are recordings of a real cluster."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import jwt
import pytest
from oauthenticator.oauth2 import _serialize_state
from traitlets.config import Config

from jupyterhub_openshift.authenticator import project_authenticator as module
from jupyterhub_openshift.authenticator.project_authenticator import ProjectAuthenticator
from jupyterhub_openshift.authenticator.service_account import token_object
from jupyterhub_openshift.cluster.ca_bundles import trusted
from jupyterhub_openshift.cluster.project import Project
from jupyterhub_openshift.configure import configure_login

from .example_settings import settings

CLIENT = "system:serviceaccount:hubproj:jupyterhub-hub"
CALLBACK = "https://jupyterhub-hubproj.apps.real.test/hub/oauth_callback"
USER = ("GET", "/apis/user.openshift.io/v1/users/~")
REVIEW = ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
TOKEN = ("POST", "/oauth/token")
THEIRS = "sha256~a-token-of-a-person"
DELETE = ("DELETE", f"/apis/oauth.openshift.io/v1/oauthaccesstokens/{token_object(THEIRS)}")
HUB = SimpleNamespace(server=SimpleNamespace(base_url="/hub/"))
STRANGER = (
    'You are logged in to OpenShift as "alice", who has no access to the project hubproj. '
    "Only people with access to the project may use this hub. Ask an administrator of the project to run: "
    "oc policy add-role-to-user view alice -n hubproj"
)


def own_token(number: int = 1) -> str:
    return jwt.encode({"sub": CLIENT, "jti": str(number)}, "k" * 32)


@pytest.fixture
def login(api, logins, monkeypatch):
    """Make an authenticator for the login of a person in the recordings."""
    (api.account / "token").write_text(own_token())
    api.tokens = {own_token(), THEIRS}
    api.public = {"/oauth/token"}
    for name, value in api.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(ProjectAuthenticator, "token_file", api.account / "token")
    monkeypatch.setattr(module, "trusted", lambda: trusted([api.account / "ca.crt"]))
    address = f"https://127.0.0.1:{api.port}"

    def make(person: str, **values) -> ProjectAuthenticator:
        values = {"authenticator": "openshift", "crypt_key": SimpleNamespace(), **values}
        c = Config()
        configure_login(c, settings(**values), Project("hubproj"))
        c.OpenShiftOAuthenticator.openshift_auth_api_url = address
        api.answers[TOKEN] = (200, {**logins["token/first"]["response"], "access_token": THEIRS})
        api.answers[USER] = (200, logins[f"users-self/{person}"]["response"])
        api.answers[REVIEW] = lambda body: review(logins, person, body)
        api.answers[DELETE] = (200, logins["revoke/delete-by-hub-sa"]["response"])
        return ProjectAuthenticator(config=c)

    return make


def review(logins, person: str, body: dict) -> tuple[int, dict]:
    wanted = body["spec"]["resourceAttributes"]
    record = logins[f"ssar/full/{person}/{wanted['verb']}-{wanted['resource']}"]
    asked = {"group": "", **record["request"]["body"]["spec"]["resourceAttributes"]}
    assert wanted == asked
    return record["status"], record["response"]


def coming_back(code: str = "the-code") -> SimpleNamespace:
    """The callback of a browser that OpenShift redirects back with a code."""
    state = _serialize_state({"code_verifier": "the-verifier"})
    return SimpleNamespace(
        get_argument=lambda name: {"code": code}[name],
        get_state_cookie=lambda: state,
        request=browser_request(),
        hub=HUB,
    )


def browser_request() -> SimpleNamespace:
    """A request that came through the router, which terminates TLS, and the hub's proxy."""
    headers = {"X-Forwarded-Proto": "https"}
    return SimpleNamespace(
        method="GET", protocol="http", host="jupyterhub-hubproj.apps.real.test", headers=headers
    )


def application(authenticator: ProjectAuthenticator) -> SimpleNamespace:
    """The parts of the application that a handler uses."""
    return SimpleNamespace(settings={"authenticator": authenticator, "log": logging.getLogger(), "hub": HUB})


class Person:
    """A logged-in user as JupyterHub represents one."""

    def __init__(self, name: str, token: dict) -> None:
        self.name = name
        self.orm_user = SimpleNamespace(api_tokens=["the-server's", "the-browser's"])
        self.spawners = {"": SimpleNamespace(active=True, pending=None)}
        self.db = SimpleNamespace(delete=self.orm_user.api_tokens.remove, commit=lambda: None)
        self.state = {"access_token": THEIRS, "token_response": token} if token else None

    async def get_auth_state(self):
        return self.state

    async def save_auth_state(self, state):
        self.state = state


@pytest.fixture
def person(logins):
    return lambda name: Person(name, {**logins["token/first"]["response"], "access_token": THEIRS})


class Request:
    """A request handler of JupyterHub."""

    def __init__(self, token: object = None) -> None:
        self.stopped: list[tuple[str, str]] = []
        self.get_token = lambda: token

    async def stop_single_user(self, user, name):
        self.stopped.append((user.name, name))
