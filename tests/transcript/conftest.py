"""A project in which the transcript was done, and browsers to look at it."""

from __future__ import annotations

import fcntl
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from sandbox.lock import running
from tests.conftest import STATE, tool
from tests.transcript.project import CHECKOUT, Project
from tests.transcript.readme import oc_commands

DELETE = oc_commands("On OpenShift")[-1]


@pytest.fixture(scope="session")
def project(request: pytest.FixtureRequest, testrun_uid: str) -> Iterator[Project]:
    """A project in which the commands of the README's section "On OpenShift" were typed, up to the deletion.

    It is the sandbox's, which all workers share, or, with --cluster, the one that `oc` is logged in to.
    """
    if request.config.getoption("--cluster"):
        tool("oc", "it comes with the cluster")
        project = Project(("oc",))
        type_commands_of_readme(project)
        yield project
        project.oc(*DELETE)
        return
    oc = (sys.executable, "-m", "sandbox", "--state", str(STATE))
    STATE.mkdir(parents=True, exist_ok=True)
    typed = STATE / "typed"
    with (STATE / "typing").open("w") as typing:
        fcntl.flock(typing, fcntl.LOCK_EX)  # the first worker types, the others wait
        if not (typed.is_file() and typed.read_text() == testrun_uid):
            down_and_up = [["down"], ["up", "--detach", "--port", str(free_port())]]  # down: of killed tests
            for words in down_and_up:
                subprocess.run([*oc, *words], cwd=CHECKOUT, stdout=subprocess.DEVNULL, check=True)
            type_commands_of_readme(of_sandbox(oc))
            typed.write_text(testrun_uid)
    yield of_sandbox(oc)


def of_sandbox(oc: tuple[str, ...]) -> Project:
    """The project of the sandbox that runs."""
    instance = running(STATE)
    assert instance, "the sandbox ended"
    return Project(oc, STATE / "kubeconfig", instance.route_port, STATE / "images", instance.pid)


def type_commands_of_readme(project: Project) -> None:
    """All but the last, which deletes everything."""
    for words in oc_commands("On OpenShift")[:-1]:
        project.type(*map(from_checkout, words))


def from_checkout(word: str) -> str:
    """A file of this repository's address, as it is here."""
    return re.sub(r"^https://raw\.githubusercontent\.com/[^/]+/[^/]+/master/", f"{CHECKOUT}/", word)


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
