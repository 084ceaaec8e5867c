"""What a person does in JupyterLab, through the browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

MINUTE = 60_000


def open_jupyterlab(page: Page, url: str) -> None:
    """Follow the route's address until JupyterLab is there."""
    page.goto(url, timeout=2 * MINUTE)
    expect(page.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)


def new_notebook(page: Page) -> None:
    """Click the Python card of the launcher and wait for the kernel."""
    page.locator('.jp-LauncherCard[data-category="Notebook"]').first.click(timeout=MINUTE)
    expect(page.locator(".jp-Notebook .jp-Cell .cm-content").first).to_be_visible(timeout=MINUTE)
    expect(page.get_by_text("| Idle")).to_be_visible(timeout=MINUTE)


def run_cell(page: Page, code: str) -> str:
    """Type the code into the notebook's last cell, run it, and return the text it prints."""
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    cell = cells.nth(cells.count() - 1)
    cell.locator(".cm-content").click()
    page.keyboard.insert_text(code)
    page.keyboard.press("Shift+Enter")
    output = cell.locator(".jp-OutputArea-output pre").first
    expect(output).to_be_visible(timeout=MINUTE)
    return output.inner_text().strip()


def user_of(page: Page) -> str:
    """The user in the address of a notebook server's page."""
    found = re.search(r"/user/([^/]+)/", page.url)
    assert found, f"not a notebook server's address: {page.url}"
    return found[1]
