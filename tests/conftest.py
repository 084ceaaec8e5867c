"""The option `--cluster`, who runs beside whom, tools that may be missing, the project."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from sandbox.lock import is_locked, running
from tests.paths import CHECKOUT
from tests.ports import free_port
from tests.transcript.project import Project
from tests.transcript.readme import oc_commands

hypothesis.settings.register_profile("machines differ", deadline=None)
hypothesis.settings.load_profile("machines differ")

STATE = CHECKOUT / ".sandbox" / "tests"  # of the sandbox that the transcript is typed in
DELETE = oc_commands("On OpenShift")[-1]

# What takes longest comes first. A worker takes one of these whole, or another file.
TOGETHER = {
    "transcript/test_transcript": "the first instance",
    "transcript/test_processes": "the first instance",
    "transcript/test_templates": "the first instance",
    "transcript/test_custom_images": "the first instance",
    "transcript/test_readme": "the first instance",
    "transcript/test_deletion": "the first instance",
    "containers/": "containers",
    "images/test_pythons": "pythons",
    "images/": "images",
    "transcript/test_workspace": "workspace",
    "transcript/test_culling": "culling",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cluster",
        action="store_true",
        help="run against the project that `oc` is logged in to, not the sandbox",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place(item.nodeid)[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = lambda nodeid: place(nodeid)[1]
    return scheduling


def pytest_unconfigure(config: pytest.Config) -> None:
    """When all workers are done, the sandbox that they shared stops."""
    if not hasattr(config, "workerinput") and is_locked(STATE):
        subprocess.run([*command(STATE), "down"], cwd=CHECKOUT, stdout=subprocess.DEVNULL, check=True)


def place(nodeid: str) -> tuple[int, str]:
    """A test's place in the order, and what it shares a worker with."""
    file = nodeid.partition("::")[0]
    for number, (start, name) in enumerate(TOGETHER.items()):
        if file.startswith(f"tests/{start}"):
            return number, name
    return len(TOGETHER), file


def tool(name: str, remedy: str) -> str:
    """The path of a command. Where it is missing, a test fails on CI and is skipped on a user's machine."""
    if path := shutil.which(name):
        return path
    message = f"{name} is not on this machine; {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def chromium_path() -> str:
    """Debian's Chromium; rather the one without windows, which loads JupyterLab with half of the CPU."""
    return shutil.which("chromium-headless-shell") or tool(
        "chromium", "on Debian: apt-get install chromium-headless-shell"
    )


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
    STATE.mkdir(parents=True, exist_ok=True)
    typed = STATE / "typed"
    with (STATE / "typing").open("w") as typing:
        fcntl.flock(typing, fcntl.LOCK_EX)  # the first worker types, the others wait
        if not (typed.is_file() and typed.read_text() == testrun_uid):
            down_and_up = [["down"], ["up", "--detach", "--port", str(free_port())]]  # down: of killed tests
            for words in down_and_up:
                subprocess.run([*command(STATE), *words], cwd=CHECKOUT, stdout=subprocess.DEVNULL, check=True)
            type_commands_of_readme(of_sandbox(STATE))
            typed.write_text(testrun_uid)
    yield of_sandbox(STATE)


def command(state: Path) -> tuple[str, ...]:
    """What stands for `oc`."""
    return (sys.executable, "-m", "sandbox", "--state", str(state))


def of_sandbox(state: Path) -> Project:
    """The project of the sandbox that runs."""
    instance = running(state)
    assert instance, "the sandbox ended"
    return Project(command(state), state / "kubeconfig", instance.route_port, state / "images", instance.pid)


def type_commands_of_readme(project: Project) -> None:
    """All but the last, which deletes everything."""
    for words in oc_commands("On OpenShift")[:-1]:
        project.type(*map(from_checkout, words))


def from_checkout(word: str) -> str:
    """A file of this repository's address, as it is here."""
    return re.sub(r"^https://raw\.githubusercontent\.com/[^/]+/[^/]+/master/", f"{CHECKOUT}/", word)
