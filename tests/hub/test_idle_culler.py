"""The idle culler's first run."""

import time

import pytest
from jupyterhub_idle_culler import IdleCuller

from jupyterhub_openshift.idle_culler import DelayedCuller


@pytest.mark.parametrize(("timeout", "delay"), [(3600, 30), (2, 2)])
def test_the_first_run_of_the_culler_is_delayed(timeout, delay, monkeypatch):
    done = []
    monkeypatch.setattr(time, "sleep", done.append)
    monkeypatch.setattr(IdleCuller, "start", lambda culler: done.append(culler.timeout))
    culler = DelayedCuller()
    culler.initialize([f"--timeout={timeout}"])
    culler.start()
    assert done == [delay, timeout]
