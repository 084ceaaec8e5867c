"""Tokens of service accounts: what they are bound to, and which requests are refused."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.authorization.users import ADMIN, Tokens
from sandbox.registry.api import Api
from sandbox.registry.rest import Context
from sandbox.registry.subresources import TokenRequests
from tests.sandbox.projects import HUB, PROJECT, a_pod, an_api

REQUEST = "TokenRequest.authentication.k8s.io"


def with_tokens() -> tuple[Api, Tokens, TokenRequests]:
    """Return an API with a pod `p` of the account `jupyterhub` and a secret `s`."""
    api = an_api()
    api.create("pods", a_pod("p", serviceAccountName="jupyterhub"), ADMIN)
    api.create("secrets", {"metadata": {"name": "s"}}, ADMIN)
    tokens = Tokens(api.store, PROJECT, b"k" * 32, {})
    return api, tokens, TokenRequests(api, tokens)


def bound(kind: str, name: str, **reference: str) -> Obj:
    return {"spec": {"boundObjectRef": {"apiVersion": "v1", "kind": kind, "name": name, **reference}}}


@pytest.mark.parametrize(("kind", "name"), [("Pod", "p"), ("Secret", "s")])
async def test_a_token_is_valid_while_its_bound_object_exists(kind: str, name: str) -> None:
    api, tokens, requests = with_tokens()
    made = await requests.create("jupyterhub", bound(kind, name), Context(ADMIN))
    token = made["status"]["token"]
    user = tokens.user(token)
    assert user is not None
    assert user.name == HUB.name
    api.store.remove(f"{kind.lower()}s", name)
    assert tokens.user(token) is None


@pytest.mark.parametrize(
    ("account", "request_", "code", "message"),
    [
        (
            "jupyterhub",
            {"spec": {"expirationSeconds": 599}},
            422,
            f'{REQUEST} "" is invalid: spec.expirationSeconds: Invalid value: 599: '
            "may not specify a duration less than 10 minutes",
        ),
        (
            "jupyterhub",
            {"spec": {"expirationSeconds": 2**32 + 1}},
            422,
            f'{REQUEST} "" is invalid: spec.expirationSeconds: Invalid value: 4294967297: '
            "may not specify a duration larger than 2^32 seconds",
        ),
        (
            "default",
            bound("Pod", "p"),
            400,
            'cannot bind token for serviceaccount "default" to pod running with serviceaccount "jupyterhub"',
        ),
        (
            "jupyterhub",
            bound("ConfigMap", "c"),
            400,
            "cannot bind token to object of type /v1, Kind=ConfigMap",
        ),
        ("jupyterhub", bound("Pod", "gone"), 404, 'pods "gone" not found'),
        ("nobody", {}, 404, 'serviceaccounts "nobody" not found'),
    ],
)
async def test_a_request_that_cannot_be_met_is_refused(
    account: str, request_: dict[str, Any], code: int, message: str
) -> None:
    _, _, requests = with_tokens()
    with pytest.raises(StatusError) as caught:
        await requests.create(account, request_, Context(ADMIN))
    assert (caught.value.code, caught.value.message) == (code, message)


async def test_a_token_for_a_recreated_pod_is_refused() -> None:
    api, _, requests = with_tokens()
    with pytest.raises(StatusError, match="Operation cannot be fulfilled on Pod") as caught:
        await requests.create("jupyterhub", bound("Pod", "p", uid="other"), Context(ADMIN))
    uid = api.store.get("pods", "p")["metadata"]["uid"]
    assert f"does not match the UID in record ({uid})" in caught.value.message
