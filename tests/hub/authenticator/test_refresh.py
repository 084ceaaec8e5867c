"""The refresh, which reviews every few minutes whether a person still has access."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jupyterhub_openshift.authenticator.openshift_pages import LoginRefused

from ..people import REVIEW, STRANGER, USER, Person, Request


async def test_a_refresh_keeps_people_with_access_and_updates_their_groups(login, person):
    model = await login("bob").refresh_user(person("bob"), Request())
    assert (model["name"], model["groups"]) == ("bob", ["hub-users"])
    model = await login("carol").refresh_user(person("carol"), Request())
    assert (model["name"], model["groups"]) == ("carol", ["hub-admins", "hubproj:admins"])


async def test_when_access_is_revoked_servers_stop_and_tokens_are_deleted(login, person, caplog):
    alice, request = person("alice"), Request()
    assert await login("alice").refresh_user(alice, request) is False
    assert (request.stopped, alice.orm_user.api_tokens) == ([("alice", "")], [])
    assert STRANGER in caplog.text


async def test_with_an_expired_token_people_log_in_again_and_keep_their_servers(login, api, logins, person):
    authenticator = login("bob")
    record = logins["expiry/after"]
    api.answers[USER] = (record["status"], record["response"])
    bob, request = person("bob"), Request()
    assert await authenticator.refresh_user(bob, request) is False
    assert (request.stopped, len(bob.orm_user.api_tokens)) == ([], 2)


async def test_without_a_login_only_a_servers_own_token_stays_valid(login):
    bob = Person("bob", {})
    authenticator = login("bob")
    server = SimpleNamespace(user=bob.orm_user, note="Server at /user/bob/")
    assert await authenticator.refresh_user(bob, Request(server)) is False
    script = SimpleNamespace(user=bob.orm_user, note="a script")
    with pytest.raises(LoginRefused, match=r"Your OpenShift login has expired\. Log in to the hub again\."):
        await authenticator.refresh_user(bob, Request(script))


@pytest.mark.parametrize("path", [USER, REVIEW])
async def test_while_the_api_does_not_answer_people_stay_logged_in(login, api, person, path, caplog):
    authenticator = login("bob")
    api.answers[path] = (500, "oh")
    bob, request = person("bob"), Request()
    assert await authenticator.refresh_user(bob, request) is True
    assert (request.stopped, len(bob.orm_user.api_tokens)) == ([], 2)
    assert "OpenShift does not answer (HTTP 500: Internal Server Error): bob stays logged in" in caplog.text
