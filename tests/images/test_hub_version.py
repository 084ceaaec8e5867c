"""A server does not start under a hub of another major version, and its message says so."""

import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from jupyterhub import __version__ as OWN

from tests.paths import CHECKOUT

SCRIPT = CHECKOUT / "notebook/check_hub_version.py"
MAJOR = int(OWN.partition(".")[0])


@contextmanager
def hub(version):
    """Serve as a hub of this version; yield the address of its API."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            if version:
                self.send_header("X-JupyterHub-Version", version)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hub/api"
        server.shutdown()
        thread.join()


def check(**environ):
    done = subprocess.run([sys.executable, SCRIPT], env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("version", [OWN, f"{MAJOR}.99.0", f"{MAJOR}.0.0b1.dev", None])
def test_nothing_is_printed_if_the_versions_fit(version):
    with hub(version) as url:
        assert check(JUPYTERHUB_API_URL=url) == (0, "")


@pytest.mark.parametrize(
    ("version", "older", "build"),
    [(f"{MAJOR + 1}.0.0", "notebook image", "minimal-notebook"), (f"{MAJOR - 1}.4.1", "hub", "jupyterhub")],
)
def test_another_major_version_stops_the_start_with_a_message(version, older, build):
    with hub(version) as url:
        assert check(JUPYTERHUB_API_URL=url, HTTP_PROXY="http://127.0.0.1:1") == (
            1,
            sentence(version, older, build),
        )


def sentence(version, older, build):
    return (
        f"The notebook image has JupyterHub {OWN} and the hub has {version}, which do not work together. "
        f"Ask those who run this hub to rebuild the {older}, for example: oc start-build {build}\n"
    )


def test_the_server_starts_if_the_hub_does_not_answer():
    assert check(JUPYTERHUB_API_URL="http://127.0.0.1:1/hub/api") == (0, "")
    assert check() == (0, "")


def test_a_users_server_does_not_start_under_another_hub(workshop, notebook):
    with hub("99.0.0") as url:
        start = "/opt/app-root/bin/start-singleuser.sh 2>&1; echo exit $?"
        printed = workshop.run(notebook, start, JUPYTERHUB_API_URL=url)
    assert printed == sentence("99.0.0", "notebook image", "minimal-notebook") + "exit 1\n"
