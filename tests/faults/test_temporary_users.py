"""A temporary user who logs out leaves neither a server nor the way back to it."""

import json
import re
from pathlib import Path

import pytest

from tests.hub.browser import Browser
from tests.hub.hub_process import HubProcess
from tests.hub.local_servers import HubApi, write_config
from tests.hub.proxy_process import running
from tests.waiting import eventually

pytestmark = pytest.mark.faults


def test_the_logout_of_a_temporary_user_ends_the_server_and_says_what_is_lost(
    tmp_path: Path, configurable_http_proxy: Path
) -> None:
    with running(configurable_http_proxy) as proxy:
        hub = HubProcess(proxy, tmp_path, config=write_config(tmp_path), JUPYTERHUB_IDLE_TIMEOUT="0")
        hub.start()
        try:
            browser, api = Browser(), HubApi(hub.url)
            browser.get_until(f"{hub.url}/hub/home", "Your server")
            [user] = re.findall(r"User logged in: (\S+)", hub.log.read_text())
            api.start_server("", user)
            page = browser.html(f"{hub.url}/hub/logout")
            assert "Your server was stopped; files that you did not download are lost." in page
            path = f"/hub/api/users/{user}"
            eventually("there is no server", lambda: not json.loads(api.ask("", "GET", path)[1])["servers"])
        finally:
            hub.stop()
