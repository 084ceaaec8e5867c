"""Limits of ephemeral storage count what a pod has written."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.apimachinery.json_types import Obj
from sandbox.kubelet.storage import excess, has_limit

KIB = 1024


def container(name: str, limit: str = "") -> Obj:
    return {"name": name, "resources": {"limits": {"ephemeral-storage": limit}} if limit else {}}


def pod(*containers: Obj, size_limit: str = "") -> Obj:
    volume = {"name": "scratch", "emptyDir": {"sizeLimit": size_limit} if size_limit else {}}
    return {"spec": {"containers": list(containers), "volumes": [volume]}}


def write(file: Path, kibibytes: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * kibibytes * KIB)


@pytest.mark.parametrize(
    ("it", "problem"),
    [
        (pod(container("a", "1Mi")), ""),
        (
            pod(container("a", "100Ki")),
            "Pod ephemeral local storage usage exceeds the total limit of containers 100Ki. ",
        ),
        (
            pod(container("a", "100Ki"), container("b")),
            'Container a exceeded its local ephemeral storage limit "100Ki". ',
        ),
        (
            pod(container("a"), size_limit="50Ki"),
            'Usage of EmptyDir volume "scratch" exceeds the limit "50Ki". ',
        ),
        (
            pod(container("a", "290Ki")),
            "Pod ephemeral local storage usage exceeds the total limit of containers 290Ki. ",
        ),
    ],
)
def test_a_pod_with_200_kib_in_a_container_and_100_in_a_volume(tmp_path: Path, it: Obj, problem: str):
    write(tmp_path / "pod/a/upper/tmp/x", 150)
    write(tmp_path / "logs/a/0.log", 50)
    write(tmp_path / "scratch/y", 100)
    assert has_limit(it)
    volumes = {"scratch": tmp_path / "scratch"}
    assert excess(it, tmp_path / "pod", volumes, tmp_path / "logs") == problem


def test_a_pod_without_limits_is_not_measured():
    assert not has_limit(pod(container("a")))
