"""The idle culler's first look."""

import time

import pytest
from jupyterhub_idle_culler import IdleCuller

from jupyterhub_openshift.idle_culler import PatientCuller


@pytest.mark.parametrize(("timeout", "patience"), [(3600, 30), (2, 2)])
def test_servers_have_time_to_report_before_the_first_look(timeout, patience, monkeypatch):
    done = []
    monkeypatch.setattr(time, "sleep", done.append)
    monkeypatch.setattr(IdleCuller, "start", lambda culler: done.append(culler.timeout))
    culler = PatientCuller()
    culler.initialize([f"--timeout={timeout}"])
    culler.start()
    assert done == [patience, timeout]
