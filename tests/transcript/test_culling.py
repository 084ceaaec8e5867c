"""Idle servers are stopped, with their pages open, and the pages say so before and after."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.transcript.jupyterlab import MINUTE, new_notebook, open_jupyterlab, user_of
from tests.transcript.project import Project
from tests.waiting import eventually

pytestmark = pytest.mark.cluster

TIMEOUT = 30  # seconds; a page that opens must be faster
WARNING = re.compile(r"This server is idle and will be stopped (in \d+ seconds?|at any moment)\.")


@pytest.fixture(scope="module")
def culling(project: Project) -> Iterator[str]:
    """An instance that stops servers soon."""
    project.new_app(
        "jupyterhub",
        "dc",
        APPLICATION_NAME="culling",
        IDLE_TIMEOUT=str(TIMEOUT),
        CULL_WARNING=str(TIMEOUT // 2),
    )
    yield "culling"
    project.oc("delete", "all,pvc", "--selector", "app=culling")


@pytest.fixture(scope="module")
def busy(project: Project, culling: str, two_browsers: tuple[BrowserContext, BrowserContext]) -> Page:
    """A page in which a cell runs that prints nothing, and nobody does anything."""
    page = two_browsers[0].new_page()
    open_jupyterlab(page, project.url(culling))
    new_notebook(page)
    page.keyboard.insert_text("import time; time.sleep(3600)")
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_text("| Busy")).to_be_visible(timeout=MINUTE)
    return page


@pytest.fixture(scope="module")
def idle(
    project: Project, culling: str, busy: Page, two_browsers: tuple[BrowserContext, BrowserContext]
) -> Page:
    """A page of somebody else, in which nothing happens."""
    page = two_browsers[1].new_page()
    open_jupyterlab(page, project.url(culling))
    return page


def notification(page: Page) -> Locator:
    return page.locator(".Toastify__toast")


def has_server(project: Project, page: Page) -> bool:
    pods = project.get("pods", "--selector", "app=culling,component=singleuser-server")
    return f"culling-nb-{user_of(page)}" in {pod["metadata"]["name"] for pod in pods}


def test_an_idle_server_is_stopped_after_a_warning_in_its_pages_which_then_offer_another_start(
    project: Project, idle: Page
) -> None:
    classic = idle.context.new_page()
    classic.goto(f"{project.url('culling')}user/{user_of(idle)}/tree")
    for page in (idle, classic):
        expect(notification(page)).to_contain_text(WARNING, timeout=MINUTE)
        assert has_server(project, page)

    dialog = idle.get_by_text("Server unavailable or unreachable")
    expect(dialog).to_be_visible(timeout=2 * MINUTE)
    for page in (idle, classic):
        sentence = f"This server was stopped, as it was idle for {TIMEOUT} seconds."
        expect(notification(page)).to_contain_text(sentence, timeout=MINUTE)
    eventually("the pod is gone", lambda: not has_server(project, idle))

    with classic.context.expect_page() as opened:
        classic.get_by_role("button", name="Start again").click()
    expect(opened.value.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)
    assert user_of(opened.value) != user_of(idle)  # a temporary user goes with the server


def test_a_server_in_which_a_cell_runs_is_not_stopped(project: Project, busy: Page, idle: Page) -> None:
    assert not has_server(project, idle)  # though that was used later
    assert has_server(project, busy)
    expect(notification(busy)).to_have_count(0)
    busy.locator('[data-command="notebook:interrupt-kernel"]').click()
    expect(busy.get_by_text("KeyboardInterrupt").first).to_be_visible(timeout=MINUTE)


def test_a_click_keeps_the_server_running_until_the_next_warning(project: Project, busy: Page) -> None:
    expect(notification(busy)).to_contain_text(WARNING, timeout=MINUTE)
    busy.get_by_role("button", name="Keep running").click()
    expect(notification(busy)).to_have_count(0, timeout=MINUTE)
    expect(notification(busy)).to_contain_text(WARNING, timeout=MINUTE)  # when it would have been stopped
    assert has_server(project, busy)
