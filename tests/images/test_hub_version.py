"""A notebook image and a hub that are too far apart say so, and send no browser to and fro."""

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
    """What says that it is a hub of this version; its API's address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            if version:
                self.send_header("X-JupyterHub-Version", version)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hub/api"
        server.shutdown()
        thread.join()


def check(**environ):
    done = subprocess.run([sys.executable, SCRIPT], env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("version", [OWN, f"{MAJOR}.99.0", f"{MAJOR}.0.0b1.dev", None])
def test_versions_that_fit_go_unmentioned(version):
    with hub(version) as url:
        assert check(JUPYTERHUB_API_URL=url) == (0, "")


@pytest.mark.parametrize(
    ("version", "older", "build"),
    [(f"{MAJOR + 1}.0.0", "notebook image", "minimal-notebook"), (f"{MAJOR - 1}.4.1", "hub", "jupyterhub")],
)
def test_another_major_version_ends_the_start_with_a_sentence(version, older, build):
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


def test_a_hub_that_does_not_answer_is_left_to_the_server():
    assert check(JUPYTERHUB_API_URL="http://127.0.0.1:1/hub/api") == (0, "")
    assert check() == (0, "")


def test_a_users_server_does_not_start_under_another_hub(workshop, notebook):
    with hub("99.0.0") as url:
        start = "/opt/app-root/bin/start-singleuser.sh 2>&1; echo exit $?"
        printed = workshop.run(notebook, start, JUPYTERHUB_API_URL=url)
    assert printed == sentence("99.0.0", "notebook image", "minimal-notebook") + "exit 1\n"
