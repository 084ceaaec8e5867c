"""Whether people who are logged in may still be: asked again every few minutes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jupyterhub_openshift.authenticator.openshift_pages import LoginRefused

from ..people import REVIEW, STRANGER, USER, Person, Request


async def test_who_may_still_enter_stays_with_the_rights_and_groups_of_now(login, person):
    model = await login("bob").refresh_user(person("bob"), Request())
    assert (model["name"], model["groups"]) == ("bob", ["hub-users"])
    model = await login("carol").refresh_user(person("carol"), Request())
    assert (model["name"], model["groups"]) == ("carol", ["hub-admins", "hubproj:admins"])


async def test_who_was_removed_loses_servers_and_tokens(login, person, caplog):
    alice, request = person("alice"), Request()
    assert await login("alice").refresh_user(alice, request) is False
    assert (request.stopped, alice.orm_user.api_tokens) == ([("alice", "")], [])
    assert STRANGER in caplog.text


async def test_whose_token_is_over_must_log_in_again_but_keeps_the_servers(login, api, logins, person):
    authenticator = login("bob")
    record = logins["expiry/after"]
    api.answers[USER] = (record["status"], record["response"])
    bob, request = person("bob"), Request()
    assert await authenticator.refresh_user(bob, request) is False
    assert (request.stopped, len(bob.orm_user.api_tokens)) == ([], 2)


async def test_without_a_login_only_a_server_may_use_its_token(login):
    bob = Person("bob", {})
    authenticator = login("bob")
    server = SimpleNamespace(user=bob.orm_user, note="Server at /user/bob/")
    assert await authenticator.refresh_user(bob, Request(server)) is False
    script = SimpleNamespace(user=bob.orm_user, note="a script")
    with pytest.raises(LoginRefused, match=r"The login with OpenShift is over\. Log in to the hub again\."):
        await authenticator.refresh_user(bob, Request(script))


@pytest.mark.parametrize("path", [USER, REVIEW])
async def test_while_the_api_is_away_who_is_in_stays_in(login, api, person, path, caplog):
    authenticator = login("bob")
    api.answers[path] = (500, "oh")
    bob, request = person("bob"), Request()
    assert await authenticator.refresh_user(bob, request) is True
    assert (request.stopped, len(bob.orm_user.api_tokens)) == ([], 2)
    assert "OpenShift does not answer (HTTP 500: Internal Server Error): bob stays logged in" in caplog.text
