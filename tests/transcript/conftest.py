"""A project in which the transcript was done, and browsers to look at it."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.conftest import tool
from tests.transcript.project import CHECKOUT, Project, eventually
from tests.transcript.readme import oc_commands

STATE = CHECKOUT / ".sandbox" / "tests"


@pytest.fixture(scope="package")
def project(request: pytest.FixtureRequest) -> Iterator[Project]:
    """A project in which the commands of the README's section "On OpenShift" were typed, up to the deletion.

    It is the sandbox's, or, with --cluster, the one that `oc` is logged in to.
    """
    if request.config.getoption("--cluster"):
        tool("oc", "it comes with the cluster")
        yield from transcript(Project(("oc",)))
        return
    port = free_port()
    oc = (sys.executable, "-m", "sandbox", "--state", str(STATE))
    up = subprocess.Popen([*oc, "up", "--port", str(port)], cwd=CHECKOUT, stdout=subprocess.DEVNULL)
    try:
        project = Project(oc, STATE / "kubeconfig", port, STATE / "images", up)
        eventually("the sandbox answers", lambda: answers(project))
        yield from transcript(project)
    finally:
        up.terminate()
        up.wait(timeout=60)


def transcript(project: Project) -> Iterator[Project]:
    """Type the commands; the last one, which deletes everything, after the tests."""
    *commands, delete = oc_commands("On OpenShift")
    for words in commands:
        project.type(*map(from_checkout, words))
    yield project
    assert delete[:2] == ["delete", "all,pvc"]
    project.oc(*delete)
    kinds = "all,pvc,secrets,configmaps,networkpolicies,poddisruptionbudgets"
    eventually("nothing is left", lambda: project.get(kinds, "--selector", "app=jupyterhub") == [])


def from_checkout(word: str) -> str:
    """A file of this repository's address, as it is here."""
    return re.sub(r"^https://raw\.githubusercontent\.com/[^/]+/[^/]+/master/", f"{CHECKOUT}/", word)


def answers(project: Project) -> bool:
    """It is up, and no longer starting."""
    assert project.process is not None
    assert project.process.poll() is None, "the sandbox ended"
    status = subprocess.run([*project.oc_command, "status"], cwd=CHECKOUT, capture_output=True, check=False)
    return status.returncode == 0


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture(scope="package")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those of the folder `repos`, as Git has them."""
    folder = tmp_path_factory.mktemp("repositories")
    shutil.copytree(CHECKOUT / "tests" / "transcript" / "repos", folder, dirs_exist_ok=True)
    for repository in folder.iterdir():
        git = ["git", "-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-C", str(repository)]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "First"]):
            subprocess.run([*git, *words], check=True)
    return folder


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. It has an event loop in this thread, beside which other tests could have none."""
    path = tool("chromium", "on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def two_browsers(chromium: Browser) -> Iterator[tuple[BrowserContext, BrowserContext]]:
    """Two browsers that share nothing: no cookie, no cache."""
    contexts = [
        chromium.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
        for _ in range(2)
    ]
    yield contexts[0], contexts[1]
    for context in contexts:
        context.close()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser of its own for one test."""
    context = chromium.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
    yield context
    context.close()
