"""The seed's transcript, from `oc create -f resources.json` to a Python cell that ran, in a real browser."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.transcript.jupyterlab import MINUTE, new_notebook, open_jupyterlab, run_cell, user_of
from tests.transcript.project import Project
from tests.waiting import eventually

pytestmark = pytest.mark.cluster

NOTEBOOKS = "app=jupyterhub,component=singleuser-server"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@pytest.fixture(scope="module")
def notebooks(project: Project, two_browsers: tuple[BrowserContext, BrowserContext]) -> tuple[Page, Page]:
    """A notebook in each of two separate browsers, opened by the route's address alone."""
    pages = tuple(browser.new_page() for browser in two_browsers)
    for page in pages:
        open_jupyterlab(page, project.url("jupyterhub"))
        new_notebook(page)
    return pages[0], pages[1]


def test_each_browser_lands_in_a_jupyterlab_of_its_own_without_a_login_form(
    notebooks: tuple[Page, Page],
) -> None:
    users = [user_of(page) for page in notebooks]
    assert users[0] != users[1]
    for user in users:
        assert re.fullmatch(UUID, user)


def test_a_cell_runs_as_the_projects_uid_with_group_0(project: Project, notebooks: tuple[Page, Page]) -> None:
    for page in notebooks:
        printed = run_cell(page, "import os; print(os.getuid(), os.getgid())")
        assert printed == f"{project.uid()} 0"


def test_the_environment_of_a_notebook_holds_no_secret_of_the_hub(
    project: Project, notebooks: tuple[Page, Page]
) -> None:
    secrets = project.secret("jupyterhub")
    assert secrets.keys() == {
        "CONFIGPROXY_AUTH_TOKEN",
        "JUPYTERHUB_COOKIE_SECRET",
        "JUPYTERHUB_CRYPT_KEY",
        "JUPYTERHUB_DATABASE_PASSWORD",
        "JUPYTERHUB_METRICS_TOKEN",
    }
    for page in notebooks:
        environment = json.loads(run_cell(page, "import json, os; print(json.dumps(dict(os.environ)))"))
        assert environment["JUPYTERHUB_USER"] == user_of(page)
        leaked = [
            name for name, secret in secrets.items() if any(secret in value for value in environment.values())
        ]
        assert leaked == []


def test_get_pods_lists_just_the_two_notebooks_ready_and_running(
    project: Project, notebooks: tuple[Page, Page]
) -> None:
    expected = sorted(f"jupyterhub-nb-{user_of(page)}" for page in notebooks)
    for table in (
        project.oc("get", "pods", "--selector", NOTEBOOKS),
        project.kubectl("get", "pods", "--selector", NOTEBOOKS),
    ):
        header, *rows = [line.split() for line in table.splitlines()]
        assert header == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
        assert [row[:4] for row in sorted(rows)] == [[name, "1/1", "Running", "0"] for name in expected]


def test_the_proxy_and_the_database_are_pods_of_their_own(project: Project) -> None:
    components = {
        pod["metadata"]["labels"]["component"]: pod["spec"]["containers"][0]["name"]
        for pod in project.get("pods", "--selector", "app=jupyterhub")
        if pod["status"]["phase"] == "Running"
        and pod["metadata"]["labels"]["component"] != "singleuser-server"
    }
    assert components == {"hub": "hub", "proxy": "proxy", "database": "database"}


def test_the_hubs_tables_are_in_postgresql(project: Project, notebooks: tuple[Page, Page]) -> None:
    names = project.query("jupyterhub", "SELECT name FROM users ORDER BY name")
    assert {user_of(page) for page in notebooks} <= set(names)
    assert project.query("jupyterhub", "SELECT count(*) FROM alembic_version") == [1]


def test_a_deleted_pod_is_noticed_its_page_offers_a_restart_and_the_other_keeps_its_kernel(
    project: Project, notebooks: tuple[Page, Page]
) -> None:
    doomed, other = notebooks
    run_cell(other, "kept = 42; print(kept)")

    project.kubectl("delete", "pod", f"jupyterhub-nb-{user_of(doomed)}")
    running = "SELECT users.name FROM users JOIN spawners ON user_id = users.id WHERE server_id IS NOT NULL"
    eventually(
        "the hub counts the server as stopped",
        lambda: user_of(doomed) not in project.query("jupyterhub", running),
        seconds=10,
    )

    restart = doomed.get_by_role("button", name="Restart", exact=True)
    expect(restart).to_be_visible(timeout=2 * MINUTE)
    assert run_cell(other, "print(kept)") == "42"

    with doomed.context.expect_page() as opened:
        restart.click()
    expect(opened.value.locator("#jp-main-dock-panel")).to_be_visible(timeout=2 * MINUTE)
    assert user_of(opened.value) == user_of(doomed)
