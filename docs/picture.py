"""The README's picture, of a running sandbox: `make run` in one terminal, `make picture` in another."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.transcript.jupyterlab import new_notebook, open_jupyterlab, run_cell

PICTURE = Path(__file__).parent / "images" / "jupyterlab.png"
CELLS = (
    "import os, socket\nprint(socket.gethostname())",
    "print(f'user {os.getuid()}, group {os.getgid()}: the project\\'s own')",
    "print(*(f'{n:2} squared is {n * n:3}' for n in range(1, 11)), sep='\\n')",
)


def main() -> None:
    """Open the route, run the cells, take the picture."""
    command = [sys.executable, "-m", "sandbox", "status"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    url = next(line.split()[1] for line in shown.splitlines() if line.startswith("route "))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--force-device-scale-factor=1"]
        )
        context = browser.new_context(ignore_https_errors=True, viewport={"width": 1100, "height": 620})
        page = context.new_page()
        open_jupyterlab(page, url)
        new_notebook(page)
        for code in CELLS:
            run_cell(page, code)
        page.screenshot(path=PICTURE)
        print(json.dumps({"picture": str(PICTURE), "of": page.url}))


if __name__ == "__main__":
    main()
