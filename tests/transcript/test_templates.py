"""The templates that the README's commands do not use, deployed, deleted, and deployed again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.transcript.jupyterlab import MINUTE, open_jupyterlab, user_of
from tests.transcript.project import Project, eventually

pytestmark = [pytest.mark.sandbox, pytest.mark.browser, pytest.mark.cluster]

OF_AN_INSTANCE = "all,pvc,secrets,configmaps,networkpolicies,poddisruptionbudgets,sa,roles,rolebindings"


def new_app(project: Project, template: str, **parameters: str) -> str:
    """`oc new-app`; the delete command that its message names."""
    said = project.new_app(template, **parameters)
    (delete,) = re.findall(r"delete it: +oc (.+)", said)
    return delete


def database_moves(project: Project) -> None:
    """As at a node's drain: the new pod waits until the old one's PostgreSQL has ended."""
    database = ("pods", "--selector", "app=again,component=database")
    (old,) = project.get(*database)
    project.oc("delete", "pod", old["metadata"]["name"])
    project.oc("rollout", "status", "deployment/again-db")
    (new,) = project.get(*database)
    log = project.oc("logs", new["metadata"]["name"])
    assert "database system was shut down at" in log
    assert "not properly shut down" not in log
    eventually("it answers", lambda: project.query("again", "SELECT count(*) FROM users") == [0])


def left(project: Project, name: str) -> list[str]:
    """What still carries an instance's label."""
    return [each["metadata"]["name"] for each in project.get(OF_AN_INSTANCE, "--selector", f"app={name}")]


def test_an_instance_is_deleted_as_a_whole_and_deployed_again_at_once(project: Project) -> None:
    project.oc("create", "serviceaccount", "mine")
    before = project.get("pods", "--selector", "app=jupyterhub")
    for _ in range(2):
        delete = new_app(project, "jupyterhub-deployment", APPLICATION_NAME="again")
        assert delete == "delete all,pvc --selector app=again"
        database_moves(project)
        project.oc(*delete.split())
        eventually("nothing is left", lambda: left(project, "again") == [])
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
