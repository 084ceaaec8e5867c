"""The README's last command, after all that needs the instance."""

from __future__ import annotations

import pytest

from tests.conftest import DELETE
from tests.transcript.project import Project
from tests.waiting import eventually

pytestmark = pytest.mark.cluster


def test_the_last_command_of_the_readme_leaves_nothing_of_the_instance(project: Project) -> None:
    assert DELETE == ["delete", "all,pvc", "--selector", "app=jupyterhub"]
    project.oc(*DELETE)
    kinds = "all,pvc,secrets,configmaps,networkpolicies,poddisruptionbudgets"
    eventually("nothing is left", lambda: project.get(kinds, "--selector", "app=jupyterhub") == [])
