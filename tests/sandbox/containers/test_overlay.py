"""A directory of the host with a layer over it, as an ordinary user's container sees it."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from sandbox.containers import overlay
from sandbox.containers.container import bwrap


def write(folder: Path, *files: str) -> Path:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(f"{folder.name}\n")
    return folder


def seen(directories: list[Path], target: Path, mount_point: Path | None) -> list[str]:
    """What an ordinary user's container finds there, while something is mounted in it."""
    args = overlay.read_only(directories, target, [mount_point] if mount_point else [])
    command = [str(bwrap()), "--unshare-user", "--ro-bind", "/", "/", *args, "--chdir", str(target), "--"]
    show = 'for f in $(find . -type f | sort); do echo "$f: $(cat "$f")"; done; readlink link; touch new 2>&1'
    mount = f"mount -t tmpfs none {mount_point} && echo mounted >{mount_point}/x && " if mount_point else ""
    outside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    done = subprocess.run(
        [*outside, mount + shlex.join([*command, "sh", "-c", show])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("mounted", [None, "host-only/drivers", "both/drivers"])
def test_layers_are_visible_over_a_directory_with_mounts_in_it(tmp_path: Path, mounted: str | None) -> None:
    """As /usr on WSL, where drivers are mounted in /usr/lib/wsl."""
    host = write(tmp_path / "host", "both/host", "both/layer", "both/drivers/x", "host-only/drivers/x")
    (host / "link").symlink_to("both/host")
    layer = write(tmp_path / "layer", "both/layer", "layer-only/deep/layer")
    inside = {
        name: "mounted" if mounted == name else "host" for name in ("both/drivers", "host-only/drivers")
    }
    assert seen([host, layer], host, host / mounted if mounted else None) == [
        f"./both/drivers/x: {inside['both/drivers']}",
        "./both/host: host",
        "./both/layer: layer",
        f"./host-only/drivers/x: {inside['host-only/drivers']}",
        "./layer-only/deep/layer: layer",
        "both/host",
        "touch: cannot touch 'new': Read-only file system",
    ]


def test_mount_points_are_those_of_this_process() -> None:
    assert {Path("/"), Path("/proc")} <= set(overlay.mount_points())
