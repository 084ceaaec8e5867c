"""Overlay mounts as options of bwrap; the lowest directory comes first."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path


def writable(directories: Sequence[Path], upper: Path, work: Path, target: str) -> list[str]:
    """Mount an overlay whose writes go to `upper`."""
    return [*_sources(directories), "--overlay", str(upper), str(work), target]


def read_only(directories: Sequence[Path], target: Path, mount_points: Sequence[Path]) -> list[str]:
    """Mount a read-only overlay. In a user namespace, a directory that contains mounts is assembled by entry.

    So it is with /usr on WSL, which mounts drivers in /usr/lib/wsl (clone_private_mount in Linux: EINVAL).
    """
    if not _hold(directories, mount_points):
        return [*_sources(directories), "--ro-overlay", str(target)]
    entries = _one_by_one(directories, target, mount_points)
    return ["--tmpfs", str(target), *entries, "--remount-ro", str(target)]


def mount_points() -> list[Path]:
    """List the mount points that this process sees."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [
        Path(re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), line.split()[4])) for line in lines
    ]


def _one_by_one(directories: Sequence[Path], target: Path, mount_points: Sequence[Path]) -> list[str]:
    args = []
    for name in sorted({entry.name for directory in directories for entry in directory.iterdir()}):
        found = [directory / name for directory in directories if os.path.lexists(directory / name)]
        top, inner = found[-1], target / name
        parts = [part for part in found if part.is_dir() and not part.is_symlink()]
        if top.is_symlink():
            args += ["--symlink", str(top.readlink()), str(inner)]
        elif top not in parts or len(parts) == 1:
            args += ["--ro-bind", str(top), str(inner)]
        elif _hold(parts, mount_points):
            args += ["--dir", str(inner), *_one_by_one(parts, inner, mount_points)]
        else:
            args += [*_sources(parts), "--ro-overlay", str(inner)]
    return args


def _hold(directories: Sequence[Path], mount_points: Sequence[Path]) -> bool:
    return any(directory in point.parents for directory in directories for point in mount_points)


def _sources(directories: Sequence[Path]) -> list[str]:
    return [arg for directory in directories for arg in ("--overlay-src", str(directory))]
