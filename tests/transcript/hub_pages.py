"""What a person does on the hub's pages, through the browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.transcript.jupyterlab import MINUTE


def log_in_with_openshift(page: Page, url: str, name: str) -> None:
    """Log in to the hub at this address; in the sandbox a password is the user's name."""
    page.goto(f"{url}hub/home", timeout=2 * MINUTE)
    page.get_by_role("button", name="Log in with OpenShift").click()
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(name)
    page.get_by_role("button", name="Log in").click()
    allow = page.get_by_role("button", name="Allow selected permissions")
    hub = page.locator("#jupyterhub-logo")
    expect(allow.or_(hub)).to_be_visible(timeout=MINUTE)
    if allow.is_visible():
        allow.click()
    expect(hub).to_be_visible(timeout=MINUTE)
