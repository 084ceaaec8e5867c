"""The proxy and the login server as the preflight meets them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jupyterhub_openshift.cluster.ca_bundles import trusted
from jupyterhub_openshift.preflight import connections
from jupyterhub_openshift.preflight.connections import check_login_server, check_proxy
from jupyterhub_openshift.preflight.finding import FAILURE, PASSED, WARNING, Finding
from tests.ports import free_port

from ..proxy_process import TOKEN, running

CLIENT = "system:serviceaccount:hubproj:jupyterhub-hub"
LOGS = "oc logs --selector app=jupyterhub,component=proxy --tail 20"


@pytest.fixture(scope="module")
def proxy(configurable_http_proxy) -> Iterator[str]:
    """The address of a real proxy's API."""
    with running(configurable_http_proxy) as process:
        yield f"http://127.0.0.1:{process.api_port}"


async def answered(url: str, token: str) -> Finding:
    """The finding once the proxy listens."""
    for _ in range(100):
        finding = await check_proxy("jupyterhub", url, token)
        if finding.result != WARNING:
            break
        await asyncio.sleep(0.1)
    return finding


async def test_a_proxy_with_the_hubs_token_passes(proxy):
    assert await answered(proxy, TOKEN) == Finding(
        "proxy", PASSED, f"The proxy at {proxy} accepts the hub.", LOGS
    )


async def test_a_proxy_with_another_token_is_a_failure(proxy):
    assert await answered(proxy, "another-token") == Finding(
        "proxy",
        FAILURE,
        "The proxy does not accept the hub's CONFIGPROXY_AUTH_TOKEN: it was started with another one. "
        "Restart the proxy, so that it reads the secret again:",
        "oc delete pod --selector app=jupyterhub,component=proxy",
    )


async def test_a_proxy_that_does_not_answer_is_a_warning():
    url = f"http://127.0.0.1:{free_port()}"
    finding = await check_proxy("jupyterhub", url, TOKEN)
    assert (finding.check, finding.result, finding.command) == ("proxy", WARNING, LOGS)
    assert finding.message.startswith(
        f"The proxy at {url} does not answer yet (Cannot connect to host 127.0.0.1:"
    )
    assert finding.message.endswith("; the hub waits for it.")


@contextmanager
def trusting(monkeypatch, *bundles):
    with monkeypatch.context() as patch:
        patch.setattr(connections, "trusted", lambda: trusted(bundles))
        yield


@pytest.fixture
def login_server(api) -> str:
    api.public = {"/oauth/authorize"}
    return f"https://127.0.0.1:{api.port}"


def answer(api, record: dict) -> None:
    api.answers["GET", "/oauth/authorize"] = (record["status"], record["response"])


async def test_a_login_server_that_shows_the_login_form_passes(api, login_server, logins, monkeypatch):
    answer(api, logins["redirect/reference+path/absent"])
    with trusting(monkeypatch, api.account / "ca.crt"):
        finding = await check_login_server(login_server, CLIENT)
    assert finding == Finding(
        "login server",
        PASSED,
        f"The login server {login_server} accepts the service account jupyterhub-hub as OAuth client.",
        "oc describe serviceaccount/jupyterhub-hub",
    )


@pytest.mark.parametrize("record", ["redirect/no-annotations", "redirect/reference-to-missing-route"])
async def test_a_login_server_that_refuses_the_account_is_a_warning(
    api, login_server, logins, record, monkeypatch
):
    answer(api, logins[record])
    with trusting(monkeypatch, api.account / "ca.crt"):
        finding = await check_login_server(login_server, CLIENT)
    assert finding == Finding(
        "login server",
        WARNING,
        f"The login server {login_server} refuses logins for the service account jupyterhub-hub "
        "(server_error). Its annotations must name a route that a router has admitted:",
        "oc describe serviceaccount/jupyterhub-hub",
    )


async def test_a_login_server_with_an_error_is_a_warning(api, login_server, monkeypatch):
    api.answers["GET", "/oauth/authorize"] = (503, "unavailable")
    with trusting(monkeypatch, api.account / "ca.crt"):
        finding = await check_login_server(login_server, CLIENT)
    assert (finding.result, finding.message) == (
        WARNING,
        f"The login server {login_server} answers with the status 503.",
    )


async def test_a_login_server_whose_certificate_is_not_trusted_is_a_failure(login_server, monkeypatch):
    with trusting(monkeypatch):
        finding = await check_login_server(login_server, CLIENT)
    assert finding == Finding(
        "login server",
        FAILURE,
        f"The hub does not trust the certificate of the login server {login_server} "
        "(unable to get local issuer certificate). "
        "Add the organization's certificate authorities, as docs/login.md describes:",
        "oc label configmap/trusted-ca config.openshift.io/inject-trusted-cabundle=true",
    )


async def test_a_login_server_that_does_not_answer_is_a_warning():
    server = f"https://127.0.0.1:{free_port()}"
    finding = await check_login_server(server, CLIENT)
    assert finding.result == WARNING
    assert finding.message.startswith(f"The login server {server} does not answer (Cannot connect to host ")


async def test_without_openshift_login_there_is_no_login_server_to_check():
    finding = await check_login_server(None, CLIENT)
    assert (finding.result, finding.message) == (PASSED, "People do not log in with OpenShift.")
