"""Every command that the README shows is run: here, or by the fixture or test that is named here."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import STATE, free_port
from tests.transcript.project import CHECKOUT, Project, eventually
from tests.transcript.readme import oc_commands, sections

pytestmark = pytest.mark.sandbox

RUN_BY = {
    "Try it on your machine": "test_make_run_reuses_what_is_built_and_leaves_nothing_behind",
    "On OpenShift": "the fixture project, and the last one test_deletion.py",
    "Your own notebook image": "the fixture jakevdp",
    "Your own hub": "test_custom_images.py",
    "When something is wrong": "test_the_first_look_at_a_fault",
    "Development": "`make test` itself",
}


def test_the_readme_shows_no_command_that_no_test_runs() -> None:
    assert sections().keys() == RUN_BY.keys()
    assert sections()["Development"] == [["make", "test"]]


@pytest.mark.cluster
@pytest.mark.parametrize("words", oc_commands("When something is wrong"), ids=" ".join)
def test_the_first_look_at_a_fault(project: Project, words: list[str]) -> None:
    assert project.oc(*words)


def test_make_run_reuses_what_is_built_and_leaves_nothing_behind(project: Project, tmp_path: Path) -> None:
    assert [words[0] for words in sections()["Try it on your machine"]] == ["git", "cd", "make"]
    if project.on_cluster:
        pytest.skip("`make run` needs no cluster")
    state, output = tmp_path / "state", tmp_path / "output"
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
    try:
        eventually("JupyterHub is up", lambda: "JupyterHub is up" in shown(run, output), seconds=300)
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGINT)  # as Ctrl-C does
        run.wait(timeout=60)

    assert "---> Installing JupyterHub" not in (state / "log" / "run.log").read_text()
    assert [path.name for path in (state / "pods").glob("*")] == []
    assert processes_with(str(state)) == []


def shown(run: subprocess.Popen[bytes], output: Path) -> str:
    """What it has printed; an assertion if it ended."""
    assert run.poll() is None, f"`make run` ended with exit code {run.returncode}:\n{output.read_text()}"
    return output.read_text()


def processes_with(argument: str) -> list[str]:
    """The command lines of this machine's processes that name something."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_text().replace("\0", " ")
        except OSError:  # it has just ended
            continue
        if argument in line:
            found.append(line)
    return found
