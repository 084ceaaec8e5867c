"""Take the screenshots of the documentation: `make run` in one terminal, `make picture` in another.

| picture | what it shows |
|---|---|
| `jupyterlab.png` | JupyterLab on the hub that `make run` deploys |
| `menu.png` | the menu of images and sizes of a `jupyterhub-workspace`, which this deploys |
| `login.png` | its way from login to a notebook, as an animated PNG |
| `progress.png`, `failure.png` | a start that waits, and one that failed, in the hub of the tests |
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from apng import APNG
from playwright.sync_api import Browser, expect, sync_playwright

from tests.conftest import chromium_path
from tests.hub.npm_packages import configurable_http_proxy
from tests.hub.pages import hub_with_pages
from tests.hub.proxy_process import running
from tests.transcript.jupyterlab import MINUTE, new_notebook, open_jupyterlab, run_cell

PICTURES = Path(__file__).parent / "images"
NAME = "physics"
IMAGE = {
    "kind": "ImageStream",
    "apiVersion": "image.openshift.io/v1",
    "metadata": {
        "name": "physics-notebook",
        "labels": {"hub.jupyter.org/notebook-image": "true", "build": NAME},
        "annotations": {
            "openshift.io/display-name": "Physics 101",
            "description": "Minimal notebook with the packages of the course.",
        },
    },
    "spec": {
        "lookupPolicy": {"local": True},
        "tags": [{"name": "2026", "from": {"kind": "ImageStreamTag", "name": "minimal-notebook:3.12"}}],
    },
}
CONFIG = """
c.OpenShiftSpawner.sizes = {
    "Small": {"cpu": 1, "memory": "512Mi"},
    "Large": {"cpu": 2, "memory": "1Gi"},
}
"""
CELLS = (
    "import os, socket\nprint(socket.gethostname())",
    "print(f'user {os.getuid()}, group {os.getgid()}: the project\\'s own')",
    "print(*(f'{n:2} squared is {n * n:3}' for n in range(1, 11)), sep='\\n')",
)


def main() -> None:
    """Take all pictures."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--force-device-scale-factor=1"]
        )
        take_jupyterlab(chromium)
        delete = deploy_workspace()
        try:
            take_login(chromium)
        finally:
            oc(*delete)
            oc("delete", "imagestream/physics-notebook")
        take_failure(chromium)


def take_jupyterlab(chromium: Browser) -> None:
    """Open the route and run the cells."""
    page = chromium.new_page(ignore_https_errors=True, viewport={"width": 1100, "height": 620})
    open_jupyterlab(page, url("jupyterhub"))
    new_notebook(page)
    for code in CELLS:
        run_cell(page, code)
    page.screenshot(path=PICTURES / "jupyterlab.png")


def deploy_workspace() -> list[str]:
    """Deploy a hub with two images and two sizes; the command that deletes it."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "image.json"
        file.write_text(json.dumps(IMAGE))
        oc("create", "-f", str(file))
    parameters = {"APPLICATION_NAME": NAME, "TITLE": "Physics notebooks", "JUPYTERHUB_CONFIG": CONFIG}
    words = [word for name, value in parameters.items() for word in ("--param", f"{name}={value}")]
    said = oc("new-app", "--template", "jupyterhub-workspace", *words)
    for workload in (NAME, f"{NAME}-proxy"):
        oc("rollout", "status", f"deployment/{workload}")
    (delete,) = re.findall(r"Delete it with the users' volumes: +oc (.+)", said)
    return str(delete).split()


def take_login(chromium: Browser) -> None:
    """Log in, choose an image and a size, and run a cell: a frame for each step."""
    page = chromium.new_page(ignore_https_errors=True, viewport={"width": 860, "height": 520})
    frames: list[bytes] = []
    page.goto(url(NAME), timeout=MINUTE)
    frames.append(page.screenshot())
    page.get_by_role("button", name="Log in with OpenShift").click()
    page.get_by_label("Username").fill("bob")
    page.get_by_label("Password").fill("bob")
    frames.append(page.screenshot())
    page.get_by_role("button", name="Log in").click()
    allow = page.get_by_role("button", name="Allow selected permissions")
    expect(allow).to_be_visible(timeout=MINUTE)
    frames.append(page.screenshot())
    allow.click()
    page.get_by_text("Physics 101").click(timeout=MINUTE)
    frames.append(page.screenshot(path=PICTURES / "menu.png"))
    page.get_by_role("button", name="Start").click()
    page.wait_for_timeout(1500)  # so that the progress page shows a few steps
    frames.append(page.screenshot())
    expect(page.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)
    new_notebook(page)
    frames.append(page.screenshot())
    run_cell(page, CELLS[0])
    frames.append(page.screenshot())
    save_animation(frames, PICTURES / "login.png")


def take_failure(chromium: Browser) -> None:
    """Start a server whose pod finds no node; then let its program end."""
    lines = (Path(__file__).parents[1] / "tests/hub/recorded.jsonl").read_text().splitlines()
    recorded = {record["name"]: record for record in map(json.loads, lines)}
    with (
        TemporaryDirectory() as folder,
        running(configurable_http_proxy()) as proxy,
        hub_with_pages(Path(folder), proxy, recorded) as (address, project),
    ):
        page = chromium.new_page(base_url=address, viewport={"width": 860, "height": 600})
        page.goto("/hub/login?next=/hub/spawn")
        page.get_by_label("Username").fill("dave")
        page.get_by_label("Password:").fill("moon")
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("button", name="Start").click()
        project.fail_pods("node-selector")
        expect(page.get_by_text("does not have the labels").first).to_be_visible(timeout=MINUTE)
        page.screenshot(path=PICTURES / "progress.png")
        project.fail_pods("crash-message")
        expect(page.get_by_label("Log")).to_be_visible(timeout=MINUTE)
        page.screenshot(path=PICTURES / "failure.png")


def save_animation(frames: list[bytes], path: Path) -> None:
    """Save PNG images as an animated PNG, two seconds each."""
    animation = APNG()
    for frame in frames:
        animation.append_file(BytesIO(frame), delay=2, delay_den=1)
    animation.save(str(path))


def url(route: str) -> str:
    """The address of a route, with the port of the sandbox's router."""
    port = re.findall(r"^route .*:(\d+)$", oc("status"), re.MULTILINE)[0]
    host = json.loads(oc("get", f"route/{route}", "-o", "json"))["spec"]["host"]
    return f"https://{host}:{port}/"


def oc(*words: str) -> str:
    """Run a command of the sandbox; what it prints."""
    command = [sys.executable, "-m", "sandbox", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
