"""What all tests share: the option `--cluster`, who runs beside whom, and tools that may be missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from sandbox.lock import is_locked
from sandbox.paths import CHECKOUT

hypothesis.settings.register_profile("machines differ", deadline=None)
hypothesis.settings.load_profile("machines differ")

STATE = CHECKOUT / ".sandbox" / "tests"  # of the sandbox that the transcript is typed in

# What takes longest comes first. A worker takes one of these whole, or another file.
TOGETHER = {
    "transcript/test_transcript": "the first instance",
    "transcript/test_processes": "the first instance",
    "transcript/test_bad_input": "the first instance",
    "transcript/test_templates": "the first instance",
    "transcript/test_custom_images": "the first instance",
    "transcript/test_readme": "the first instance",
    "transcript/test_deletion": "the first instance",
    "containers/": "containers",
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
        command = [sys.executable, "-m", "sandbox", "--state", str(STATE), "down"]
        subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL, check=True)


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
