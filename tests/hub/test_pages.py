"""The hub's pages in a real browser: how they look is judged by eye, that all can use them is tested here."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.conftest import chromium_path

from .pages import TITLE, hub_with_pages
from .proxy_process import running

pytestmark = pytest.mark.browser

SCHEMES = ("light", "dark")
WIDTHS = (1280, 375)
AUTHORIZE = "/hub/api/oauth2/authorize?client_id=service-grades&response_type=code&state=it"


@pytest.fixture(scope="module")
def hub(tmp_path_factory, configurable_http_proxy, recorded):
    """A hub's address, and its project."""
    with (
        running(configurable_http_proxy) as proxy,
        hub_with_pages(tmp_path_factory.mktemp("hub"), proxy, recorded) as url_and_project,
    ):
        yield url_and_project


@pytest.fixture(scope="module")
def page_of(hub, node_modules):
    """The page of a browser in which someone is logged in; "" is no one."""
    axe = (node_modules / "axe-core" / "axe.min.js").read_text()
    pages: dict[str, Page] = {}
    expect.set_options(timeout=30_000)  # other tests run beside this
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])

        def page_of(name: str) -> Page:
            if name not in pages:
                context = chromium.new_context(base_url=hub[0])
                context.add_init_script(axe)
                pages[name] = context.new_page()
                log_in(pages[name], name, "moon")
            return pages[name]

        yield page_of
        chromium.close()
    expect.set_options(timeout=5_000)


def log_in(page: Page, name: str, password: str) -> None:
    page.goto("/hub/login?next=/hub/home")
    if name:
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password:").fill(password)
        page.get_by_role("button", name="Sign in").click()


def check(page: Page) -> None:
    """Nothing bars anybody, at any width in any scheme; title and logo are at the head."""
    barriers = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator(f"html[data-bs-theme={scheme}]")).to_have_count(1)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                barriers.append(f"{scheme}, {width}: {wide} pixels wide")
            found = page.evaluate("axe.run({resultTypes: ['violations']})")
            for violation in found["violations"]:
                if violation["impact"] in ("serious", "critical"):
                    where = [node["html"] for node in violation["nodes"]]
                    barriers.append(f"{scheme}, {width}: {violation['help']}: {where}")
    assert barriers == []
    expect(page).to_have_title(re.compile(rf"^(.+ · )?{TITLE}$"))
    head = page.locator("#jupyterhub-logo")
    expect(head).to_have_text(TITLE)
    assert head.locator("img").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [40, 40]


@pytest.mark.parametrize(
    ("name", "path", "heading"),
    [
        ("", "/hub/login", "Sign in"),
        ("alice", "/hub/home", "Your server"),
        ("alice", "/hub/spawn", "Choose your server"),
        ("alice", "/hub/token", "Manage JupyterHub Tokens"),
        ("alice", "/hub/admin", "Administration"),
        ("alice", "/user/alice/lab", "Your server is not running"),
        ("alice", "/hub/error/503", "Not available right now"),
        ("alice", AUTHORIZE, "Authorize access"),
        ("carol", "/hub/admin", "Not allowed"),
        ("carol", "/hub/nosuch", "No such star"),  # a template of the user's own, which goes before ours
        ("carol", "/hub/error/405", "You are logged out"),
        ("carol", "/hub/error/406", "This did not work"),
    ],
)
def test_a_page_can_be_used_by_all_and_on_a_phone(page_of, name, path, heading):
    page = page_of(name)
    page.goto(path)
    expect(page.get_by_role("heading", name=heading, level=1)).to_have_count(1)
    if path == "/hub/admin" and name == "alice":
        expect(page.get_by_role("button", name="Details of alice")).to_be_visible()
    check(page)


def test_the_users_own_template_variables_are_there_beside_the_title(page_of):
    page = page_of("alice")
    page.goto("/hub/home")
    expect(page.get_by_text("Maintenance on Friday, 18:00")).to_be_visible()
    expect(page).to_have_title(f"Home · {TITLE}")


def test_a_missing_right_is_said_in_words_of_everyday(page_of):
    page = page_of("carol")
    page.goto("/hub/admin")
    expect(page.locator("main")).to_have_text(
        re.compile(
            r"Your account has no right to what is here\. .+ Status 403: Action is not authorized", re.S
        )
    )


def test_what_went_wrong_is_said_with_a_way_on(page_of):
    page = page_of("carol")
    page.goto("/hub/spawn?opt-=1")
    expect(page.get_by_role("heading", name="This did not work")).to_be_visible()
    expect(page.get_by_text("Invalid user-option name opt-")).to_be_visible()
    expect(page.get_by_text("Status 422")).to_be_visible()
    for way in ("Home", "Try again"):
        expect(page.locator("main").get_by_role("link", name=way)).to_be_visible()


def test_a_wrong_password_is_said_on_the_login_page(page_of):
    page = page_of("")
    log_in(page, "alice", "sun")
    expect(page.get_by_text("Invalid username or password")).to_be_visible()
    check(page)


def test_the_menu_is_chosen_from_by_keyboard_a_refusal_is_said_above_it_and_the_choice_is_remembered(page_of):
    page = page_of("bob")
    page.goto("/hub/spawn")
    page.get_by_role("radio", name="Minimal").focus()
    page.keyboard.press("ArrowUp")  # from the first to the last
    expect(page.get_by_role("radio", name="Scientific Python")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.type("16")
    page.keyboard.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text('The project\'s quota "compute" is used up')
    expect(page.get_by_role("radio", name="Scientific Python")).to_be_checked()
    expect(page.get_by_role("combobox", name="Size")).to_have_value("unlisted-choice")
    expect(page.get_by_role("textbox", name="GiB")).to_have_value("16")
    check(page)

    page.goto("/hub/spawn-pending/bob")
    expect(page.get_by_role("heading", name="Your server did not start")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Choose your server")).to_be_visible()


def test_a_command_in_a_message_has_a_line_of_its_own(page_of):
    page = page_of("carol")
    page.goto("/hub/spawn")
    page.get_by_text("R 4.5").click()
    page.get_by_role("button", name="Start").click()
    command = page.locator("code")
    expect(command).to_have_text("oc get imagestreams")
    assert command.evaluate("code => getComputedStyle(code).display") == "block"
    check(page)


def test_a_start_is_told_in_sentences_and_one_that_fails_says_why_and_offers_to_try_again(page_of, hub):
    page = page_of("dave")
    page.goto("/hub/spawn")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("progressbar", name="Start of your server")).to_be_visible()
    expect(page.get_by_role("status").first).to_have_text("It is running, and opens in a moment.")
    page.get_by_text("What has happened so far").click()
    log = page.locator(".progress-log-event")
    expect(log.nth(1)).to_have_text(re.compile(r"^\d+:44:01\s[AP]M The cluster has found a place for it\.$"))
    check(page)

    hub[1].fail_pods()
    expect(page.get_by_role("heading", name="Your server did not start")).to_be_visible()
    expect(page.get_by_text("The image nosuch-notebook:1.0 cannot be pulled")).to_be_visible()
    expect(page.get_by_role("link", name="Try again")).to_be_visible()


def test_a_server_that_stops_is_told_of_until_it_has(page_of, hub):
    page = page_of("frank")
    page.goto("/hub/spawn")
    page.get_by_role("button", name="Start").click()
    hub[1].removes_pods = False
    page.wait_for_function("window._jupyterhub_page_loaded")
    page.get_by_role("button", name="Stop Server").click()
    expect(page.get_by_role("heading", name="Your server is stopping")).to_be_visible()
    page.evaluate("for (let last = setTimeout(() => 0); last; last--) clearTimeout(last)")  # it would reload
    check(page)
    hub[1].removes_pods = True
    hub[1].pods.clear()
    page.get_by_role("link", name="Look now").click()
    expect(page.get_by_role("heading", name="Your server is not running")).to_be_visible()


def test_a_server_with_a_name_has_its_own_buttons(page_of):
    page = page_of("alice")
    page.goto("/hub/home")
    page.wait_for_function("window._jupyterhub_page_loaded")
    page.get_by_label("Name of the new server").fill("Thesis")
    page.get_by_role("button", name="Add New Server").click()
    expect(page.get_by_role("link", name="Start Thesis")).to_be_visible()
    check(page)
    page.wait_for_function("window._jupyterhub_page_loaded")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete Thesis").click()
    expect(page.get_by_text("Thesis")).to_have_count(0)
