"""The documentation site in a real browser: axe-core finds nothing, no page is wider than a phone, and what
Lighthouse checks of a page holds: title, description, language, sizes of pictures, no error in the console.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from tests.conftest import chromium_path
from tests.hub.npm_packages import node_modules

pytestmark = pytest.mark.browser

PAGES = (
    "",
    "configuration/",
    "reference/templates/",
    "explanation/spawn/",
    "how-to/git-links/",
)  # each element of the theme
VIEWS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 360)]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Do not log requests."""


@pytest.fixture(scope="module")
def page(site: Path) -> Iterator[Page]:
    """A browser page at the site, which loads nothing from elsewhere."""
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text()
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server,
        sync_playwright() as p,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}/"
        chromium = p.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        context = chromium.new_context(base_url=base, reduced_motion="reduce")
        context.add_init_script(axe)

        def only_ours(route: Route) -> None:
            route.continue_() if route.request.url.startswith(base) else route.abort()

        context.route("**/*", only_ours)
        yield context.new_page()
        chromium.close()
        server.shutdown()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_and_fits_a_phone(page: Page, path: str) -> None:
    problems = []
    for scheme, width in VIEWS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.goto(path)  # the theme reads the scheme when it loads
        for violation in page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]:
            where = [node["html"] for node in violation["nodes"]]
            problems.append(f"{scheme}, {width}: {violation['help']}: {where}")
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            problems.append(f"{scheme}, {width}: {wide} pixels wide")
    assert problems == []


FACTS = """() => ({
    title: document.title,
    description: document.querySelector('meta[name=description]')?.content,
    language: document.documentElement.lang,
    viewport: document.querySelector('meta[name=viewport]')?.content,
    doctype: document.doctype?.name,
    headings: document.querySelectorAll('h1').length,
    withoutAlt: document.querySelectorAll('img:not([alt])').length,
    broken: [...document.images].filter(image => !image.naturalWidth).map(image => image.src),
})"""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_what_search_engines_and_screen_readers_look_for(page: Page, path: str) -> None:
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path, wait_until="networkidle")
    facts = page.evaluate(FACTS)
    title = facts.pop("title")
    assert title.endswith("JupyterHub for OpenShift")
    assert facts == {
        "description": "JupyterHub deployed by an ordinary user in an OpenShift project of their own",
        "language": "en",
        "viewport": "width=device-width,initial-scale=1",
        "doctype": "html",
        "headings": 1,
        "withoutAlt": 0,
        "broken": [],
    }
    assert errors == []


def test_drawings_are_rendered_with_the_sites_own_script(page: Page) -> None:
    page.goto("explanation/spawn/")
    drawing = page.wait_for_selector("div.mermaid")  # the theme puts it in the place of the text
    box = drawing.bounding_box() if drawing else None
    assert box is not None
    assert box["height"] > 100


def test_the_form_makes_a_link_that_opens_a_repository(page: Page) -> None:
    page.goto("how-to/git-links/")
    form = page.locator("#link-maker")
    link = form.locator("output")
    for label, text in (("Address of the hub", "https://hub.example.org/"), ("Size", "Large")):
        form.get_by_label(label).fill(text)
    expect(link).to_have_text("https://hub.example.org/hub/spawn?size=Large")
    for label, text in (("Git repository", "https://git.example.org/a/course.git"), ("Branch", "main")):
        form.get_by_label(label).fill(text)
    form.get_by_label("File or folder").fill("/week 1/index.ipynb")
    form.get_by_label("Image").fill("scipy-notebook:3.12")
    expect(link).to_have_text(
        "https://hub.example.org/hub/user-redirect/git-pull"
        "?repo=https%3A%2F%2Fgit.example.org%2Fa%2Fcourse.git&branch=main"
        "&urlpath=lab%2Ftree%2Fcourse%2Fweek+1%2Findex.ipynb&image=scipy-notebook%3A3.12&size=Large"
    )
