"""What all tests share: the option `--cluster`, who runs beside whom, and tools that may be missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SHARES_IMAGES = ("transcript", "images", "containers")  # folders whose tests share what took minutes to build


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cluster",
        action="store_true",
        help="run against the project that `oc` is logged in to, not the sandbox",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """A worker takes a file at a time, or a folder where its tests share images."""
    item.add_marker(pytest.mark.xdist_group(group(item)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest come first."""
    order = {name: number for number, name in enumerate(SHARES_IMAGES)}
    items.sort(key=lambda item: order.get(group(item), len(order)))


def group(item: pytest.Item) -> str:
    path = item.path.relative_to(HERE)
    return path.parts[0] if path.parts[0] in SHARES_IMAGES else str(path)


def tool(name: str, remedy: str) -> str:
    """The path of a command. Where it is missing, a test fails on CI and is skipped on a user's machine."""
    if path := shutil.which(name):
        return path
    message = f"{name} is not on this machine; {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
