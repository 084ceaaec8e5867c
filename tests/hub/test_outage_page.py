"""The proxy's own answers while no hub answers."""

import json
import urllib.error
import urllib.request

import pytest

from .browser import read
from .proxy_process import ProxyProcess, running

MESSAGE = (
    "The hub is starting, or is being updated. Running notebooks are not affected: their kernels go on, and "
    "open pages stay connected."
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def proxy(configurable_http_proxy):
    """A proxy without a hub."""
    with running(configurable_http_proxy, JUPYTERHUB_TITLE="R & D <hub>") as proxy:
        proxy.wait_until_ready()
        yield proxy


def ask(proxy: ProxyProcess, path: str, accept: str) -> tuple[int, str, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{proxy.port}{path}", headers={"Accept": accept})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    return refused.value.code, refused.value.headers["Content-Type"], refused.value.read().decode()


def test_a_browser_gets_a_page_that_says_what_happens_and_reloads(proxy):
    status, content_type, page = ask(proxy, "/hub/home", BROWSER)
    assert (status, content_type) == (503, "text/html; charset=utf-8")
    assert '<meta http-equiv="refresh" content="5">' in page
    assert "R & D <hub>" not in page
    text = read(page)
    assert text.startswith("Not available right now · R & D <hub>")
    assert text.endswith(
        f"R & D <hub> Not available right now {MESSAGE} This page reloads until the hub answers."
    )


@pytest.mark.parametrize("accept", ["application/json", "*/*"])
def test_a_program_gets_json(proxy, accept):
    status, content_type, body = ask(proxy, "/hub/api/user", accept)
    assert (status, content_type) == (503, "application/json")
    assert json.loads(body) == {"status": 503, "message": MESSAGE}
