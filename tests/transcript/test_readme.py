"""Run every command of the README: here, or in the fixture or test that RUN_BY names."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.conftest import DELETE, STATE, of_sandbox, type_commands_of_readme
from tests.paths import CHECKOUT
from tests.ports import free_port
from tests.transcript.jupyterlab import open_jupyterlab
from tests.transcript.project import Project
from tests.transcript.readme import oc_commands, sections
from tests.waiting import eventually

RUN_BY = {
    "Try it on your machine": "the fixture made",
    "On OpenShift": "the fixture project, and the last one test_deletion.py",
    "Your own notebook image": "the fixture jakevdp",
    "Your own hub": "test_custom_images.py",
    "When something is wrong": "test_the_commands_for_troubleshooting_print_something",
    "Development": "`make test` itself",
}


def test_every_section_of_the_readme_with_commands_names_the_test_that_runs_them() -> None:
    assert sections().keys() == RUN_BY.keys()
    assert sections()["Development"] == [["make", "test"]]


@pytest.mark.cluster
@pytest.mark.parametrize("words", oc_commands("When something is wrong"), ids=" ".join)
def test_the_commands_for_troubleshooting_print_something(project: Project, words: list[str]) -> None:
    assert project.oc(*words)


@dataclass
class Made:
    """A running `make run`."""

    run: subprocess.Popen[bytes]
    state: Path

    def stop(self) -> None:
        """Interrupt it as Ctrl-C does."""
        if self.run.poll() is None:
            os.killpg(self.run.pid, signal.SIGINT)
        self.run.wait(timeout=60)


@pytest.fixture(scope="module")
def made(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """`make run` next to the project, with the images that were built there."""
    assert [words[0] for words in sections()["Try it on your machine"]] == ["git", "cd", "make"]
    folder = tmp_path_factory.mktemp("made")
    state, output = folder / "state", folder / "output"
    state.mkdir()
    for name in ("images", "cache"):
        (state / name).symlink_to(STATE / name)
    with output.open("w") as writing:
        run = subprocess.Popen(
            ["make", "run", f"PORT={free_port()}"],
            cwd=CHECKOUT,
            env={**os.environ, "SANDBOX_STATE": str(state)},
            stdout=writing,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    made = Made(run, state)
    try:
        eventually("JupyterHub is up", lambda: "JupyterHub is up" in shown(run, output), seconds=300)
        yield made
    finally:
        made.stop()


def test_make_run_reuses_images_that_are_built(made: Made) -> None:
    assert "---> Installing JupyterHub" not in (made.state / "log" / "run.log").read_text()


@pytest.mark.cluster
def test_a_second_pass_of_the_whole_transcript_in_one_project_is_like_the_first(
    project: Project, request: pytest.FixtureRequest, browser: BrowserContext
) -> None:
    if not project.on_cluster:  # other tests need the images of the one that they share
        project = of_sandbox(request.getfixturevalue("made").state)
    project.oc(*DELETE)
    project.kubectl("delete", "-f", "notebook/resources.json", "-f", "resources.json")
    project.kubectl("delete", "serviceaccount/jupyterhub", "rolebinding/edit")
    builds = ("builds", "--selector", "buildconfig in (jupyterhub,minimal-notebook)")
    eventually("the builds go with their BuildConfigs", lambda: project.get(*builds) == [])
    type_commands_of_readme(project)
    open_jupyterlab(browser.new_page(), project.url("jupyterhub"))


def test_ctrl_c_leaves_nothing_behind(made: Made) -> None:
    made.stop()
    assert [path.name for path in (made.state / "pods").glob("*")] == []
    assert processes_with(str(made.state)) == []


def shown(run: subprocess.Popen[bytes], output: Path) -> str:
    """The output so far; fails if the process has ended."""
    assert run.poll() is None, f"`make run` ended with exit code {run.returncode}:\n{output.read_text()}"
    return output.read_text()


def processes_with(argument: str) -> list[str]:
    """The command lines of processes on this machine that contain the argument."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_text().replace("\0", " ")
        except OSError:  # it has just ended
            continue
        if argument in line:
            found.append(line)
    return found
