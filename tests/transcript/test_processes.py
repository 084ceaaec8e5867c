"""Who runs what: every process of a pod is the project's UID with group 0, and the images let it write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.containers.images import Images
from tests.transcript.project import Project

pytestmark = pytest.mark.sandbox
IN_A_CONTAINER = 3  # PID namespaces deep: the machine's, the one that dies with the sandbox, the container's


def children(pid: int) -> list[int]:
    """All processes below one; none when it has just ended."""
    try:
        lists = [(task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []
    below = [int(child) for each in lists for child in each.split()]
    return [*below, *(each for child in below for each in children(child))]


def status(pid: int) -> dict[str, str]:
    """The fields of a process's status file; none when it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}


@pytest.mark.skipif(
    os.getuid() != 0, reason="an ordinary user's processes all have that user's UID on the host"
)
def test_every_process_of_every_pod_runs_as_the_projects_uid_with_group_0(project: Project) -> None:
    if project.pid is None:
        pytest.skip("the processes of a cluster's pods are on its nodes")
    below = [status(pid) for pid in children(project.pid)]
    pods = [fields for fields in below if len(fields.get("NSpid", "").split()) >= IN_A_CONTAINER]
    uid = str(project.uid())
    seen = {(fields["Name"], fields["Uid"].split()[1], fields["Gid"].split()[1]) for fields in pods}
    assert {name for name, _, _ in seen} >= {"python", "node", "postgres"}
    assert {(name, user, group) for name, user, group in seen if (user, group) != (uid, "0")} == set()
    assert {(fields["CapEff"], fields["NoNewPrivs"]) for fields in pods} == {("0" * 16, "1")}


@pytest.mark.parametrize("stream", ["jupyterhub:latest", "minimal-notebook:3.12"])
def test_group_0_may_write_what_the_owner_may_write_in_an_image(project: Project, stream: str) -> None:
    if project.images is None:
        pytest.skip("the images of a cluster are in its registry")
    images = Images(project.images)
    tag = project.get(f"imagestreamtag/{stream}")
    image = images.get(tag["image"]["metadata"]["name"])
    assert image is not None
    assert images.not_group_writable(image) == []
    if os.getuid() == 0:
        assembled_by = {path.lstat().st_uid for path in (image.layers[-1] / "opt/app-root").iterdir()}
        assert assembled_by == {1001}
        assert project.uid() != 1001
