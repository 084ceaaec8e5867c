"""Memory limits are cgroups that end with their container, or at the next start."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sandbox.containers.memory import SWITCH, memory_limit, remove_stale_limits

MIB = 1024 * 1024
EAT = "import sys; x = bytearray(200 * 1024 * 1024); sys.exit(3)"


def test_a_process_beyond_its_limit_is_killed():
    limit = memory_limit("test-beyond", 64 * MIB)
    if limit is None:
        pytest.skip("this process may not create a memory cgroup")
    try:
        killed = subprocess.run([*limit.join(), "python3", "-c", EAT], check=False)
        assert (killed.returncode, limit.killed()) == (-9, True)
    finally:
        limit.remove()


def test_a_process_within_its_limit_goes_on():
    limit = memory_limit("test-within", 512 * MIB)
    if limit is None:
        pytest.skip("this process may not create a memory cgroup")
    try:
        ended = subprocess.run([*limit.join(), "python3", "-c", EAT], check=False)
        assert (ended.returncode, limit.killed()) == (3, False)
    finally:
        limit.remove()


def test_limits_can_be_switched_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(SWITCH, "off")
    assert memory_limit("test-off", MIB) is None


def test_limits_of_a_killed_sandbox_are_removed_and_those_of_a_running_one_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr("sandbox.containers.memory._parent", lambda: tmp_path)
    ended = subprocess.Popen(["true"])
    ended.wait()
    for pid in (1, ended.pid):
        (tmp_path / f"sandbox-{pid}-uid-main-0").mkdir()
    remove_stale_limits()
    assert [each.name for each in tmp_path.iterdir()] == ["sandbox-1-uid-main-0"]
