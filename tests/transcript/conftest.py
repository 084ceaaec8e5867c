"""Browsers to look at the project, and repositories to build there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.conftest import chromium_path
from tests.paths import CHECKOUT


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
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
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
