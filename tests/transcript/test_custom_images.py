"""An instance beside the first, with a notebook image and a hub of its own, built from repositories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.transcript.jupyterlab import MINUTE, new_notebook, open_jupyterlab, run_cell, user_of
from tests.transcript.project import Project
from tests.transcript.readme import oc_commands
from tests.waiting import eventually

pytestmark = pytest.mark.cluster

EDIT = oc_commands("Your own hub")[:2]
SETTING = 'c.JupyterHub.template_vars = dict(announcement="Edited")'


def type_commands(project: Project, commands: list[list[str]], repository: Path) -> None:
    """The README's commands with this repository; a cluster cannot clone it, and gets its files instead."""
    for words in commands:
        typed = [re.sub("(?<=^GIT_REPOSITORY_URL=).*", repository.as_uri(), word) for word in words]
        if project.on_cluster and words[0] == "logs":
            typed = [
                "start-build",
                words[-1].removeprefix("bc/"),
                f"--from-dir={repository}",
                "--follow",
                "--wait",
            ]
        project.type(*typed)


@pytest.fixture(scope="module")
def jakevdp(project: Project, repositories: Path) -> Iterator[None]:
    """The second instance of the README, with a notebook image of its own."""
    *commands, delete = oc_commands("Your own notebook image")
    type_commands(project, commands, repositories / "jakevdp-notebook")
    yield
    project.oc(*delete)


@pytest.fixture(scope="module")
def custom(project: Project, repositories: Path) -> Iterator[None]:
    """The hub of one's own from the README."""
    edit, rollout, *commands = oc_commands("Your own hub")
    assert (edit[0], rollout[:2]) == ("edit", ["rollout", "latest"])  # of test_an_edited_config_map below
    type_commands(project, commands, repositories / "custom-hub")
    project.oc("rollout", "status", "dc/custom-proxy")
    project.oc("rollout", "status", "dc/custom")
    yield
    project.oc("delete", "all,pvc", "--selector", "app=custom")


@pytest.mark.usefixtures("jakevdp")
def test_labels_route_pod_name_and_selector_say_jakevdp_and_the_repositories_are_in_effect(
    project: Project, browser: BrowserContext
) -> None:
    assert project.get("route/jakevdp")["spec"]["host"].startswith("jakevdp-")
    page = browser.new_page()
    open_jupyterlab(page, project.url("jakevdp"))
    pods = project.get("pods", "--selector", "app=jakevdp,component=singleuser-server")
    assert [pod["metadata"]["name"] for pod in pods] == [f"jakevdp-nb-{user_of(page)}"]
    assert {pod["metadata"]["labels"]["app"] for pod in pods} == {"jakevdp"}
    assert "jakevdp-notebook@sha256:" in pods[0]["spec"]["containers"][0]["image"]

    # The notebook image's repository: its notebook and its package are there.
    expect(page.get_by_role("listitem", name="Index.ipynb")).to_be_visible(timeout=MINUTE)
    new_notebook(page)
    printed = run_cell(
        page, "from tabulate import tabulate; print(tabulate([['jakevdp', 1]], tablefmt='plain'))"
    )
    assert printed == "jakevdp  1"


@pytest.mark.usefixtures("custom")
def test_a_forks_setting_and_its_package_are_in_effect(project: Project, browser: BrowserContext) -> None:
    page = browser.new_page()
    open_jupyterlab(page, project.url("custom"))
    new_notebook(page)
    assert run_cell(page, "import os; print(os.environ['GREETING'])") == "hello from the fork"
    page.goto(f"{project.url('custom')}hub/home")
    expect(page.get_by_text("Welcome to the 2nd hub")).to_be_visible(timeout=MINUTE)


@pytest.mark.usefixtures("custom")
def test_an_edited_config_map_is_in_effect_after_a_rollout(
    project: Project, browser: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit, rollout = ([word.replace("jupyterhub", "custom") for word in words] for words in EDIT)
    monkeypatch.setenv(
        "KUBE_EDITOR", f"""sed -i 's/^  jupyterhub_config.py: .*/  jupyterhub_config.py: {SETTING}/'"""
    )
    project.kubectl(*edit)
    project.oc(*rollout)
    project.oc("rollout", "status", "dc/custom")
    page = browser.new_page()
    page.goto(f"{project.url('custom')}hub/home", timeout=MINUTE)
    expect(page.get_by_text("Edited")).to_be_visible(timeout=MINUTE)


@pytest.mark.usefixtures("custom")
def test_a_broken_config_map_is_told_with_file_and_line_by_the_new_pod(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit, rollout = ([word.replace("jupyterhub", "custom") for word in words] for words in EDIT)
    broken = "c.KubeSpawner.imagee = 1"
    monkeypatch.setenv(
        "KUBE_EDITOR", f"""sed -i 's/^  jupyterhub_config.py: .*/  jupyterhub_config.py: {broken}/'"""
    )
    project.kubectl(*edit)
    project.oc(*rollout)
    fault = (
        "/opt/app-root/configs/jupyterhub_config.py, line 1: c.KubeSpawner.imagee is not a setting. "
        "Did you mean c.KubeSpawner.image?"
    )

    def told() -> bool:
        pods = project.get("pods", "--selector", "app=custom,component=hub")
        waiting = [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Pending"]
        return any(fault in project.oc("logs", pod, "-c", "check") for pod in waiting)

    eventually("the init container's log names file and line", told)

    def described() -> bool:
        pods = project.get("pods", "--selector", "app=custom,component=hub")
        return any(fault in str(pod["status"].get("initContainerStatuses")) for pod in pods)

    eventually("the pod's status, which `oc describe pod` shows, does so too", described)


@pytest.mark.usefixtures("jakevdp")
def test_the_first_instance_does_not_see_the_pods_of_the_second(project: Project) -> None:
    names = {pod["metadata"]["name"] for pod in project.get("pods", "--selector", "app=jupyterhub")}
    assert names
    assert not [name for name in names if name.startswith("jakevdp")]
