"""Take the screenshots of the documentation.

The README's shows a running sandbox: `make run` in one terminal, `make picture` in another.
The image menu is that of a hub whose OpenShift API answers from recordings.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from tests.conftest import chromium_path
from tests.hub.npm_packages import configurable_http_proxy
from tests.hub.pages import hub_with_pages
from tests.hub.proxy_process import running
from tests.paths import CHECKOUT
from tests.transcript.jupyterlab import new_notebook, open_jupyterlab, run_cell

PICTURES = Path(__file__).parent / "images"
CELLS = (
    "import os, socket\nprint(socket.gethostname())",
    "print(f'user {os.getuid()}, group {os.getgid()}: the project\\'s own')",
    "print(*(f'{n:2} squared is {n * n:3}' for n in range(1, 11)), sep='\\n')",
)


def main() -> None:
    """Take both screenshots."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--force-device-scale-factor=1"]
        )
        take_menu(browser)
        take_jupyterlab(browser)


def take_menu(browser: Browser) -> None:
    """Log in and choose the second image."""
    lines = (CHECKOUT / "tests/hub/recorded.jsonl").read_text().splitlines()
    recorded = {record["name"]: record for record in map(json.loads, lines)}
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        proxy_command = configurable_http_proxy()
        with running(proxy_command) as proxy, hub_with_pages(folder, proxy, recorded) as (url, _):
            page = browser.new_page(viewport={"width": 860, "height": 520})
            page.goto(f"{url}/hub/login")
            page.get_by_label("Username").fill("bob")
            page.get_by_label("Password:").fill("moon")
            page.get_by_role("button", name="Log in").click()
            page.get_by_text("Scientific Python").click()
            page.screenshot(path=PICTURES / "menu.png")


def take_jupyterlab(browser: Browser) -> None:
    """Open the route and run the cells."""
    command = [sys.executable, "-m", "sandbox", "status"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    url = next(line.split()[1] for line in shown.splitlines() if line.startswith("route "))
    page = browser.new_page(ignore_https_errors=True, viewport={"width": 1100, "height": 620})
    open_jupyterlab(page, url)
    new_notebook(page)
    for code in CELLS:
        run_cell(page, code)
    page.screenshot(path=PICTURES / "jupyterlab.png")


if __name__ == "__main__":
    main()
