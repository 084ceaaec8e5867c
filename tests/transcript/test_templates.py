"""The templates that the README's commands do not use, beside the first instance."""

from __future__ import annotations

import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.docs.pages import PAGES, blocks
from tests.transcript.jupyterlab import MINUTE, open_jupyterlab, user_of
from tests.transcript.project import Project
from tests.waiting import eventually

pytestmark = pytest.mark.cluster

DATABASE = ("pods", "--selector", "app=second,component=database")
OF_AN_INSTANCE = "all,pvc,secrets,configmaps,networkpolicies,poddisruptionbudgets,sa,roles,rolebindings"


def new_app(project: Project, template: str, **parameters: str) -> str:
    """`oc new-app`; the delete command that its message names."""
    said = project.new_app(template, **parameters)
    (delete,) = re.findall(r"Delete it: +oc (.+)", said)
    return delete


@pytest.fixture(scope="module")
def second(project: Project) -> str:
    """Deploy an instance whose notebook image does not exist; the command that deletes it."""
    image = "minimal-notebok:3.12"
    return new_app(project, "jupyterhub-deployment", APPLICATION_NAME="second", NOTEBOOK_IMAGE=image)


def left(project: Project, name: str) -> list[str]:
    """What still carries an instance's label."""
    return [each["metadata"]["name"] for each in project.get(OF_AN_INSTANCE, "--selector", f"app={name}")]


@pytest.mark.usefixtures("second")
def test_an_image_stream_that_is_not_there_is_named_on_the_users_page_with_the_command_that_lists_them(
    project: Project, browser: BrowserContext
) -> None:
    page = browser.new_page()
    page.goto(project.url("second"), timeout=2 * MINUTE)
    sentence = (
        f'The project {project.name()} has no image stream "minimal-notebok". '
        "This command lists the image streams: oc get imagestreams"
    )
    expect(page.get_by_text(sentence)).to_be_visible(timeout=2 * MINUTE)


@pytest.mark.usefixtures("second")
def test_a_pod_of_the_database_that_moves_waits_until_postgresql_has_ended(project: Project) -> None:
    """As at a node's drain."""
    count = "SELECT count(*) FROM users"
    users = project.query("second", count)
    (old,) = project.get(*DATABASE)
    project.oc("delete", "pod", old["metadata"]["name"])
    project.oc("rollout", "status", "deployment/second-db")
    (new,) = project.get(*DATABASE)
    log = project.oc("logs", new["metadata"]["name"])
    assert "database system was shut down at" in log
    assert "not properly shut down" not in log
    eventually("it answers with what it had", lambda: project.query("second", count) == users)


@pytest.mark.usefixtures("second")
def test_a_database_that_waits_for_another_ends_at_once_and_a_running_one_disconnects_its_clients(
    project: Project,
) -> None:
    """As at the deletion of an instance, whose pods get successors until their deployment is deleted too.
    With SIGTERM alone, PostgreSQL would wait for the hub to leave."""

    def names() -> set[str]:
        pods = project.get(*DATABASE)
        return {pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Running"}

    def scale(replicas: int) -> None:
        project.kubectl("scale", "deployment/second-db", f"--replicas={replicas}")

    (running,) = names()
    scale(2)
    (waiting,) = eventually("another pod waits", lambda: names() - {running})
    with ThreadPoolExecutor() as pool:
        log = pool.submit(project.kubectl, "logs", "--follow", waiting)
        project.kubectl("delete", "pod", waiting, "--wait=false")
        assert log.result() == "", "PostgreSQL was started, though the pod was to end"
        assert running in names()
        log = pool.submit(project.kubectl, "logs", "--follow", running)
        scale(0)
        assert "received fast shutdown request" in log.result()
    scale(1)
    project.oc("rollout", "status", "deployment/second-db")


@pytest.mark.usefixtures("second")
def test_a_dump_of_the_database_restores_what_was_deleted_after_it(project: Project, tmp_path: Path) -> None:
    """Run the commands of docs/how-to/backup.md, and those of docs/how-to/upgrade.md for an older image."""
    back_up, *restores = (
        block.text
        for page in ("backup", "upgrade")
        for block in blocks(PAGES[f"how-to/{page}.md"])
        if block.mark.startswith("run by")
    )
    assert len(restores) == 3
    count = "SELECT count(*) FROM users"
    (users,) = project.query("second", count)
    assert users > 0

    def run(script: str) -> None:
        oc = f'oc() {{ {shlex.join(project.kubectl_command)} "$@"; }}\n'
        script = script.replace("jupyterhub-workspace", "second")
        subprocess.run(["bash", "-ec", oc + script], cwd=tmp_path, check=True, timeout=120)

    run(back_up)
    psql = "oc exec --stdin deployment/second-db -- psql --quiet -U jupyterhub jupyterhub"
    text = "convert_from(decode('$(base64 -w0 jupyterhub.sql)', 'base64'), 'UTF8')"
    table = "CREATE TABLE before_upgrade (made timestamptz, dump text)"
    run(f'{psql} <<< "{table}; INSERT INTO before_upgrade VALUES (now(), {text})"')
    for restore in restores:
        run(f'{psql} <<< "DELETE FROM users"')
        assert project.query("second", count) == [0]
        run(restore)
        assert project.query("second", count) == [users]
        project.oc("rollout", "status", "deployment/second")
    assert "kind: Secret" in (tmp_path / "jupyterhub-secret.yaml").read_text()
    project.oc("rollout", "status", "deployment/second")


def test_an_instance_is_deleted_as_a_whole_and_deployed_again_at_once(project: Project, second: str) -> None:
    project.oc("create", "serviceaccount", "mine")
    before = project.get("pods", "--selector", "app=jupyterhub")
    assert second == "delete all,pvc --selector app=second"
    project.oc(*second.split())
    eventually("nothing is left", lambda: left(project, "second") == [])
    assert new_app(project, "jupyterhub-deployment", APPLICATION_NAME="second") == second
    project.oc(*second.split())
    eventually("nothing is left again", lambda: left(project, "second") == [])
    assert project.get("serviceaccount/mine")["metadata"].get("ownerReferences") is None
    after = project.get("pods", "--selector", "app=jupyterhub")
    assert {pod["metadata"]["uid"] for pod in after} == {pod["metadata"]["uid"] for pod in before}
    project.oc("delete", "serviceaccount", "mine")


def test_a_repository_becomes_an_image_and_a_hub_in_one_command(
    project: Project, browser: BrowserContext, repositories: Path
) -> None:
    if project.on_cluster:
        pytest.skip("a cluster cannot clone the repository from here")
    repository = (repositories / "jakevdp-notebook").as_uri()
    delete = new_app(
        project, "jupyterhub-quickstart", APPLICATION_NAME="quick", GIT_REPOSITORY_URL=repository
    )
    project.oc("logs", "--follow", "bc/quick-nb")
    page = browser.new_page()
    open_jupyterlab(page, project.url("quick"))
    expect(page.get_by_role("listitem", name="Index.ipynb")).to_be_visible(timeout=MINUTE)
    pod = project.get(f"pod/quick-nb-{user_of(page)}")
    assert "/quick-nb@sha256:" in pod["spec"]["containers"][0]["image"]
    project.oc(*delete.split())
    eventually("nothing is left", lambda: left(project, "quick") == [])


def test_no_pod_no_log_and_no_description_holds_a_secret(project: Project) -> None:
    secrets = {
        value
        for secret in project.get("secrets", "--selector", "app=jupyterhub")
        for value in project.secret(secret["metadata"]["name"]).values()
    }
    assert len(secrets) >= len(project.secret("jupyterhub"))
    kinds = "pods,dc,rc,bc,builds,svc,routes,configmaps,pvc,networkpolicies,is"
    shown = {"get": project.oc("get", f"{kinds},events", "-o", "json")}
    shown["describe"] = project.kubectl("describe", f"{kinds},secrets", "--selector", "app=jupyterhub")
    for pod in project.get("pods", "--selector", "app=jupyterhub"):
        name = pod["metadata"]["name"]
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]:
            shown[f"{name} {container['name']}"] = project.oc("logs", name, "-c", container["name"])
    assert [place for place, text in shown.items() if any(secret in text for secret in secrets)] == []
