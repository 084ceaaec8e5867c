"""What all tests share: the option `--cluster`, who runs beside whom, and tools that may be missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

hypothesis.settings.register_profile("machines differ", deadline=None)
hypothesis.settings.load_profile("machines differ")

SHARES_IMAGES = ("transcript", "images", "containers")  # folders whose tests share what took minutes to build


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cluster",
        action="store_true",
        help="run against the project that `oc` is logged in to, not the sandbox",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first."""
    order = {name: number for number, name in enumerate(SHARES_IMAGES)}
    items.sort(key=lambda item: order.get(group(item.nodeid), len(order)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """A worker takes a file at a time, or a folder where its tests share images."""
    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = group
    return scheduling


def group(nodeid: str) -> str:
    path = Path(nodeid.partition("::")[0])
    return path.parts[1] if path.parts[1] in SHARES_IMAGES else str(path)


def tool(name: str, remedy: str) -> str:
    """The path of a command. Where it is missing, a test fails on CI and is skipped on a user's machine."""
    if path := shutil.which(name):
        return path
    message = f"{name} is not on this machine; {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
