"""The hub's pages in a real browser: texts, accessibility, and the layout on a phone."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.conftest import chromium_path

from .npm_packages import node_modules
from .pages import TITLE, hub_with_pages
from .proxy_process import running

pytestmark = pytest.mark.browser

SCHEMES = ("light", "dark")
WIDTHS = (1280, 360)
AUTHORIZE = "/hub/api/oauth2/authorize?client_id=service-grades&response_type=code&state=it"


@pytest.fixture(scope="module")
def hub(tmp_path_factory, configurable_http_proxy, recorded):
    """The hub's URL and its project."""
    with (
        running(configurable_http_proxy) as proxy,
        hub_with_pages(tmp_path_factory.mktemp("hub"), proxy, recorded) as url_and_project,
    ):
        yield url_and_project


@pytest.fixture(scope="module")
def page_of(hub):
    """Open a browser page for a logged-in user; the empty name is an anonymous visitor."""
    axe = (node_modules() / "axe-core" / "axe.min.js").read_text()
    pages: dict[str, Page] = {}
    expect.set_options(timeout=30_000)  # other tests run at the same time
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
        page.get_by_role("button", name="Log in").click()


def check(page: Page) -> None:
    """Check accessibility and width in each colour scheme, and the title and logo in the header."""
    problems = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator(f"html[data-bs-theme={scheme}]")).to_have_count(1)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                problems.append(f"{scheme}, {width}: {wide} pixels wide")
            found = page.evaluate("axe.run({resultTypes: ['violations']})")
            for violation in found["violations"]:
                where = [node["html"] for node in violation["nodes"]]
                problems.append(f"{scheme}, {width}: {violation['help']}: {where}")
    assert problems == []
    expect(page).to_have_title(re.compile(rf"^(.+ · )?{TITLE}$"))
    head = page.locator("#jupyterhub-logo")
    expect(head).to_have_text(TITLE)
    assert head.locator("img").evaluate("image => [image.naturalWidth, image.naturalHeight]") == [40, 40]


@pytest.mark.parametrize(
    ("name", "path", "heading"),
    [
        ("", "/hub/login", "Log in"),
        ("alice", "/hub/home", "Your server"),
        ("alice", "/hub/spawn", "Choose your server"),
        ("alice", "/hub/token", "Manage JupyterHub Tokens"),
        ("alice", "/hub/admin", "Administration"),
        ("alice", "/user/alice/lab", "Your server is not running"),
        ("alice", "/hub/error/503", "Not available right now"),
        ("alice", AUTHORIZE, "Authorize access"),
        ("carol", "/hub/admin", "Not allowed"),
        ("carol", "/hub/nosuch", "No such star"),  # the user's own template overrides ours
        ("carol", "/hub/error/405", "You are logged out"),
        ("carol", "/hub/error/406", "The request failed"),
    ],
)
def test_a_page_is_accessible_and_fits_a_phone(page_of, name, path, heading):
    page = page_of(name)
    page.goto(path)
    expect(page.get_by_role("heading", name=heading, level=1)).to_have_count(1)
    if path == "/hub/admin" and name == "alice":
        expect(page.get_by_role("button", name="Details of alice")).to_be_visible()
    check(page)


@pytest.mark.parametrize("path", ["/hub/home", "/hub/spawn", "/hub/admin"])
def test_every_control_shows_that_it_has_the_focus(page_of, path):
    page = page_of("alice")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(path)
    page.wait_for_load_state("networkidle")
    hidden, seen = [], []
    for _ in range(40):
        page.keyboard.press("Tab")
        control, style = page.evaluate("""() => {
          const control = document.activeElement;
          const shown = control.matches("[name=profile]") ? control.closest(".profile") : control;
          return [control.outerHTML.slice(0, 100), getComputedStyle(shown).outlineStyle];
        }""")
        if control.startswith("<body") or control in seen:
            break
        seen.append(control)
        if style == "none":
            hidden.append(control)
    assert len(seen) > 5
    assert hidden == []


def test_the_users_own_template_variables_are_kept(page_of):
    page = page_of("alice")
    page.goto("/hub/home")
    expect(page.get_by_text("Maintenance on Friday, 18:00")).to_be_visible()
    expect(page).to_have_title(f"Home · {TITLE}")


def test_a_missing_permission_is_explained_in_plain_words(page_of):
    page = page_of("carol")
    page.goto("/hub/admin")
    expect(page.locator("main")).to_have_text(
        re.compile(r"Your account may not open this page\. .+ Status 403: Action is not authorized", re.S)
    )


@pytest.mark.parametrize("server", ["RStudio", "my server 2", "lab-"])
def test_an_invalid_server_name_is_refused_with_the_rule_for_names(page_of, server):
    page = page_of("alice")
    page.goto(f"/hub/spawn/alice/{server}")
    expect(page.get_by_role("heading", name="The request failed", level=1)).to_be_visible()
    rule = "A server name consists of 1 to 30 lower case letters, digits and single hyphens."
    expect(page.get_by_text(rule)).to_be_visible()


def test_an_error_page_shows_the_error_and_links_to_continue(page_of):
    page = page_of("carol")
    page.goto("/hub/spawn?opt-=1")
    expect(page.get_by_role("heading", name="The request failed")).to_be_visible()
    expect(page.get_by_text("Invalid user-option name opt-")).to_be_visible()
    expect(page.get_by_text("Status 422")).to_be_visible()
    for link in ("Home", "Try again"):
        expect(page.locator("main").get_by_role("link", name=link)).to_be_visible()


def test_the_login_page_tells_that_the_password_is_wrong(page_of):
    page = page_of("")
    log_in(page, "alice", "sun")
    expect(page.get_by_text("Invalid username or password")).to_be_visible()
    check(page)


def test_the_menu_works_by_keyboard_shows_a_refusal_and_keeps_the_choice(page_of):
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


def test_a_connection_is_chosen_by_keyboard_and_a_forged_one_refused(page_of, hub):
    page = page_of("kim")
    page.goto("/hub/spawn")
    tick = page.get_by_role("checkbox", name="Measurements")
    expect(tick).not_to_be_checked()
    expect(tick).to_have_accessible_description("The bucket of the lab, since 2019.")
    expect(page.get_by_text("Accounts")).to_have_count(0)
    tick.focus()
    page.keyboard.press("Space")
    tick.evaluate("tick => tick.insertAdjacentHTML('afterend', '<input name=connection value=accounts>')")
    page.get_by_role("button", name="Start").click()
    refusal = 'You may not use the connection "accounts", or this hub no longer offers it.'
    expect(page.get_by_role("alert")).to_contain_text(refusal)

    expect(tick).to_be_checked()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Your server is starting")).to_be_visible()
    (pod,) = [body for method, _, body in hub[1].api.requests if method == "POST" and "-kim" in str(body)]
    assert {"secretRef": {"name": "measurements"}} in pod["spec"]["containers"][0]["envFrom"]


def test_a_link_preselects_the_menu_and_opens_its_page_in_the_server(page_of):
    page = page_of("lea")
    page.goto("/hub/user-redirect/git-pull?repo=https://git.example.org/a&image=scipy-notebook&size=Large")
    expect(page.get_by_role("radio", name="Scientific Python")).to_be_checked()
    expect(page.get_by_role("combobox", name="Size")).to_have_value("large")
    expect(page.get_by_role("alert")).to_have_count(0)
    check(page)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Your server is starting")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["next"] == [
        "/user/lea/git-pull?repo=https%3A%2F%2Fgit.example.org%2Fa"
    ]


def test_a_link_to_an_unknown_image_shows_a_sentence_and_the_menu(page_of):
    page = page_of("mia")
    page.goto("/hub/spawn?image=julia-notebook&size=Huge")
    expect(page.get_by_role("alert")).to_have_text(
        'This hub does not offer the image "julia-notebook", which the link asks for. '
        'This hub does not offer the size "Huge", which the link asks for.'
    )
    expect(page.get_by_role("radio", name="Minimal")).to_be_checked()
    check(page)


def test_a_command_in_a_message_is_on_a_separate_line(page_of):
    page = page_of("carol")
    page.goto("/hub/spawn")
    page.get_by_text("R 4.5").click()
    page.get_by_role("button", name="Start").click()
    command = page.locator("code")
    expect(command).to_have_text("oc get imagestreams")
    assert command.evaluate("code => getComputedStyle(code).display") == "block"
    check(page)


def start_server(page: Page) -> None:
    page.goto("/hub/spawn")
    page.get_by_role("button", name="Start").click()


STEPS = ["✓ Queued", "✓ Place in the cluster", "✓ Image", "● Start", "○ Ready"]


def steps(page: Page) -> list[str]:
    """The steps of the progress page with their marks."""
    return page.evaluate("""
        [...document.querySelectorAll("#progress-steps li")].map((item) => {
          const mark = getComputedStyle(item, "::before").content.replaceAll('"', "");
          return `${mark} ${item.querySelector(".step-title").textContent}`;
        })
    """)


def expect_failure(page: Page, sentence: str) -> None:
    expect(page.get_by_role("heading", name="Your server did not start")).to_be_visible()
    expect(page.get_by_text(sentence)).to_be_visible()
    expect(page.get_by_role("link", name="Try again")).to_be_visible()


def test_the_progress_page_shows_the_steps_and_a_failure_with_its_reason(page_of, hub):
    page = page_of("dave")
    start_server(page)
    bar = page.get_by_role("progressbar", name="Progress of the start")
    expect(bar).to_have_attribute("aria-valuenow", "75")
    expect(page.get_by_role("status").first).to_have_text("Waiting for your server to answer.")
    assert steps(page) == STEPS
    assert "sha256" not in page.locator("main").inner_text()
    check(page)
    page.reload()
    assert steps(page) == STEPS

    hub[1].fail_pods("crash-message")
    expect_failure(page, "Your server's program ended with exit code 3 before your server was ready.")
    expect(page.get_by_label("Log")).to_have_text("error: the last line of the log")
    expect(page.locator("code")).to_have_text(
        "oc get events --field-selector involvedObject.name=jupyterhub-nb-dave"
    )
    check(page)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Choose your server")).to_be_visible()
    assert "Task exception was never retrieved" not in hub[1].log.read_text()


def test_a_failure_before_the_first_request_for_progress_is_shown(page_of, hub):
    page = page_of("grace")
    page.route(
        "**/progress?*", lambda route: (hub[1].fail_pods("image-not-found"), route.fulfill(status=400))
    )
    start_server(page)
    expect_failure(page, 'The image "127.0.0.1:5000/nosuch:1.0" does not exist in its registry.')


def test_the_progress_page_works_without_javascript(page_of, hub):
    page = page_of("heidi")
    context = page.context.browser.new_context(
        base_url=hub[0], java_script_enabled=False, storage_state=page.context.storage_state()
    )
    plain = context.new_page()
    start_server(plain)
    expect(plain.get_by_role("heading", name="Your server is starting")).to_be_visible()
    expect(plain.get_by_role("status").first).to_have_text("Waiting for your server to answer.")
    expect(plain.get_by_text("JupyterHub requires JavaScript")).to_be_hidden()
    hub[1].fail_pods("oom-restart")
    expect_failure(plain, "Your server needs more memory than its limit of 128 MiB while it starts.")
    context.close()


def test_an_owner_shares_a_server_from_the_home_page(page_of):
    page = page_of("ivan")
    page.goto("/hub/home")
    share = page.locator("#share")
    share.get_by_label("Administrator").fill("nobody")
    share.get_by_role("button", name="Share", exact=True).click()
    expect(share.get_by_role("status")).to_have_text(
        'This hub has no administrator "nobody". Create a link to share with anyone else.'
    )
    share.get_by_label("Administrator").fill("alice")
    share.get_by_role("button", name="Share", exact=True).click()
    expect(share.get_by_text("Shared with alice", exact=True)).to_be_visible()
    check(page)
    share.get_by_role("button", name="Stop sharing with alice").click()
    expect(share.get_by_text("Shared with alice", exact=True)).to_have_count(0)
    share.get_by_role("button", name="Create a link for anyone else").click()
    expect(share.get_by_role("status")).to_contain_text("/hub/accept-share?code=")


def test_an_admin_reads_how_to_get_access_to_a_server_and_is_offered_only_shared_ones(page_of):
    page_of("judy")
    page = page_of("alice")

    def with_servers(route):
        """Two servers that run; alice may open her own."""
        response = route.fetch()
        users = response.json()
        for user in users["items"]:
            if user["name"] in ("alice", "judy"):
                url = f"/user/{user['name']}/"
                server = {"name": "", "ready": True, "pending": None, "url": url, "full_url": url}
                user["servers"] = {"": {**server, "last_activity": None, "started": None, "user_options": {}}}
                user["server"] = url
        route.fulfill(response=response, json=users)

    page.route("**/hub/api/users?**", with_servers)
    page.goto("/hub/admin")
    expect(
        page.get_by_text("You can open a user's server only if its owner shares it with you.")
    ).to_be_visible()
    expect(
        page.get_by_role("row", name="judy").get_by_role("button", name="Not shared with you")
    ).to_be_disabled()
    expect(page.get_by_role("row", name="alice").get_by_role("button", name="Access Server")).to_be_enabled()
    page.unroute_all()


def test_an_admin_sees_what_is_starting_and_the_last_failures(page_of):
    page = page_of("bob")
    start_server(page)
    expect(page.get_by_role("alert")).to_contain_text("is used up")
    page = page_of("nina")
    start_server(page)
    expect(page.get_by_role("heading", name="Your server is starting")).to_be_visible()

    page = page_of("alice")
    page.goto("/hub/admin")
    starting = page.get_by_role("region", name="Starting servers").get_by_role("listitem")
    expect(starting.filter(has_text="nina")).to_have_text(
        re.compile(r"\s*nina\s+for \d+ s: Waiting for your server to answer\.\s*")
    )
    failed = page.get_by_role("region", name="Failed starts").get_by_role("listitem")
    quota = failed.filter(has_text="quota")
    expect(quota).to_contain_text(
        re.compile(
            r"\d times?, last (just now|\d+ min ago) for\s+bob: The project's quota \"compute\" is used up"
        )
    )
    expect(quota.locator("code")).to_have_text("oc describe quota compute")
    expect(page.get_by_role("button", name="Details of nina")).to_be_visible()
    check(page)


def test_a_page_is_shown_until_the_server_has_stopped(page_of, hub):
    page = page_of("frank")
    start_server(page)
    hub[1].removes_pods = False
    page.wait_for_function("window._jupyterhub_page_loaded")
    page.get_by_role("button", name="Stop server").click()
    expect(page.get_by_role("heading", name="Your server is stopping")).to_be_visible()
    page.evaluate(
        "for (let last = setTimeout(() => 0); last; last--) clearTimeout(last)"
    )  # keep the page from reloading
    check(page)
    hub[1].removes_pods = True
    hub[1].pods.clear()
    page.get_by_role("link", name="Refresh now").click()
    expect(page.get_by_role("heading", name="Your server is not running")).to_be_visible()


def test_a_named_server_has_its_own_buttons(page_of):
    page = page_of("alice")
    page.goto("/hub/home")
    page.wait_for_function("window._jupyterhub_page_loaded")
    page.get_by_label("Name of the new server").fill("Thesis")
    page.get_by_role("button", name="Add server").click()
    expect(page.get_by_role("link", name="Start Thesis")).to_be_visible()
    check(page)
    page.wait_for_function("window._jupyterhub_page_loaded")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete Thesis").click()
    expect(page.get_by_text("Thesis")).to_have_count(0)
