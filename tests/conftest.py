"""The option `--cluster`, the order and the marks of the tests, optional tools, the project."""

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
from tests.processes import pid_of_test_run
from tests.transcript.project import Project
from tests.transcript.readme import oc_commands

hypothesis.settings.register_profile("machines differ", deadline=None)
hypothesis.settings.load_profile("machines differ")

STATE = CHECKOUT / ".sandbox" / "tests"  # of the sandbox that the transcript is typed in
DELETE = oc_commands("On OpenShift")[-1]

# The files that take longest, in the order in which workers start on them. One worker runs all files of a
# group; any other file is a group of its own.
GROUPS = {
    "transcript/test_transcript": "first-instance",
    "transcript/test_processes": "first-instance",
    "transcript/test_templates": "first-instance",
    "transcript/test_custom_images": "first-instance",
    "transcript/test_readme": "first-instance",
    "transcript/test_deletion": "first-instance",
    "containers/": "containers",
    "images/test_pythons": "pythons",
    "images/": "images",
    "transcript/test_workspace": "workspace",
    "transcript/test_image_contracts": "image-contracts",
    "transcript/test_culling": "culling",
    "docs/test_accessibility": "site",
    "docs/test_site": "site",
}

# The mark of a test that uses a fixture; `make check` runs the tests with no such mark.
MARKS = {
    "project": "sandbox",
    "workshop": "sandbox",
    "python_base": "sandbox",
    "chromium": "browser",
    "buildah": "containers",
    "images": "containers",
    "own": "containers",
    "replayed": "containers",
    "sandbox": "containers",
    "configurable_http_proxy": "hub",
    "postgresql": "hub",
    "site": "network",
}
NOT_QUICK = {*MARKS.values(), "corpus", "faults", "network"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cluster",
        action="store_true",
        help="run against the project that `oc` is logged in to, not the sandbox",
    )


@pytest.hookimpl(tryfirst=True)  # before -m selects by mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place(item.nodeid)[0])
    for item in items:
        for fixture in MARKS.keys() & getattr(item, "fixturenames", ()):
            item.add_marker(MARKS[fixture])
        if not any(map(item.get_closest_marker, NOT_QUICK)):
            item.add_marker("quick")


class GroupScheduling(LoadScopeScheduling):
    """Gives a worker all tests of a group.

    `--dist loadgroup` of pytest-xdist 3.8 has no effect with pytest 9.2: it writes the group to the attribute
    `_nodeid` of a test, which pytest does not read any more.
    """

    def _split_scope(self, nodeid: str) -> str:
        return place(nodeid)[1]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    return GroupScheduling(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """When all workers are done, the sandbox that they shared stops."""
    if not hasattr(config, "workerinput") and is_locked(STATE):
        subprocess.run([*command(STATE), "down"], cwd=CHECKOUT, stdout=subprocess.DEVNULL, check=True)


def place(nodeid: str) -> tuple[int, str]:
    """A test's place in the order, and the group that shares a worker with it."""
    file = nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")
    for number, (start, group) in enumerate(GROUPS.items()):
        if file.startswith(start):
            return number, group
    return len(GROUPS), file


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
            up = ["up", "--detach", "--port", str(free_port()), "--while-pid", str(pid_of_test_run())]
            for words in (["down"], up):  # down: the previous run's may still be stopping
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
