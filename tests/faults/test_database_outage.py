"""What users see while the database of the hub does not answer, and that they are the same afterwards."""

import json
import re

import pytest

from tests.hub.browser import Browser, read
from tests.hub.database import environment_of, postgresql_server
from tests.hub.hub_process import HubProcess, kubeconfig, no_image_stream
from tests.hub.proxy_process import running
from tests.hub.standin import StandIn
from tests.waiting import eventually

pytestmark = pytest.mark.faults

OUTAGE = (
    "The hub cannot reach its database. Running servers are not affected, and nothing is lost. "
    "This page reloads until the database answers."
)


@pytest.fixture
def database():
    with postgresql_server() as database:
        database.wait_until_ready()
        yield database


@pytest.fixture
def hub(database, recorded, tmp_path, configurable_http_proxy):
    """A hub with temporary users."""
    with StandIn(tmp_path) as api, running(configurable_http_proxy) as proxy:
        no_image_stream(api, recorded)
        environ = {"KUBECONFIG": str(kubeconfig(api, tmp_path)), "JUPYTERHUB_NOTEBOOK_IMAGE": "nosuch:1.0"}
        hub = HubProcess(proxy, tmp_path, **environ, **environment_of(database.port))
        hub.start()
        yield hub
        hub.stop()


def users(hub: HubProcess) -> list[str]:
    """Those who have logged in, in order."""
    return re.findall(r"User logged in: (\S+)", hub.log.read_text())


def test_a_temporary_user_stays_the_same_through_an_outage_of_the_database(hub, database):
    browser = Browser()
    browser.get_until(hub.url, "has no image stream")
    [user] = users(hub)

    database.kill()
    for path in ("/hub/home", "/hub/", "/hub/login", "/hub/tmplogin", "/hub/spawn", f"/user/{user}/lab"):
        status, headers, page = browser.answer(hub.url + path)
        assert (status, headers["Refresh"]) == (503, "5"), path
        assert OUTAGE in read(page), path
        assert "Log in" not in read(page), path
    status, _, answer = browser.answer(f"{hub.url}/hub/api/user")
    assert (status, json.loads(answer)) == (503, {"status": 503, "message": OUTAGE})
    assert Browser().answer(f"{hub.url}/hub/health")[0] == 200, "the hub itself is well: no probe may kill it"

    database.start()
    database.wait_until_ready()
    eventually("the hub answers", lambda: browser.answer(f"{hub.url}/hub/home")[0] == 200)
    assert user in browser.html(f"{hub.url}/hub/home")
    assert user in browser.html(f"{hub.url}/hub/tmplogin?next=%2Fhub%2Fhome")
    assert users(hub) == [user]
    assert "Traceback" not in hub.log.read_text()


def test_sigterm_ends_a_hub_whose_database_is_away(hub, database):
    browser = Browser()
    browser.get_until(hub.url, "has no image stream")
    database.kill()
    assert browser.answer(f"{hub.url}/hub/home")[0] == 503
    hub.process.terminate()
    assert hub.process.wait(timeout=20) == 0
    assert "Ending without the database: " in hub.log.read_text()
