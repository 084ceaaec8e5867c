"""The sandbox's requirements on this machine; each missing one is a sentence with its remedy."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.containers.container import bwrap, is_root

OLDEST_PYTHON = (3, 10)
APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
CLONE = Path("/proc/sys/kernel/unprivileged_userns_clone")  # Debian, Arch
MAXIMUM = Path("/proc/sys/user/max_user_namespaces")
HELLO = "hello from a container"


def check_machine(state: Path) -> list[str]:
    """List the missing requirements of a sandbox with this state directory."""
    if platform.system() != "Linux":
        return [f"The sandbox needs Linux, this is {platform.system()}: run it in a Linux virtual machine."]
    problems = []
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        problems.append(
            f"The sandbox needs Python 3.10 or newer, this is {found}: run make PYTHON=python3.12."
        )
    if is_root() and shutil.which("setpriv") is None:
        problems.append(
            "The command setpriv is missing: install util-linux (Debian, Ubuntu: apt install util-linux)."
        )
    if shutil.which("git") is None:
        problems.append("The command git is missing: install it (Debian, Ubuntu: apt install git).")
    try:
        bwrap()
    except FileNotFoundError as error:
        return [*problems, str(error)]
    return problems or namespaces() or overlays(state)


def namespaces() -> list[str]:
    """List what keeps bwrap from creating a container."""
    failure = _try(["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"])
    if failure is None:
        return []
    if is_root():
        return [
            f"Namespaces are closed to this root user ({failure}), as in an unprivileged container: "
            "run the sandbox on the machine itself, or start the container with --privileged."
        ]
    if _number(APPARMOR) == 1:
        return [
            "AppArmor closes user namespaces to ordinary users on this machine: run "
            "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or the sandbox as root."
        ]
    if _number(CLONE) == 0:
        return [
            "User namespaces are closed to ordinary users on this machine: run "
            "`sudo sysctl kernel.unprivileged_userns_clone=1`, or the sandbox as root."
        ]
    if _number(MAXIMUM) == 0:
        return [
            "User namespaces are switched off on this machine: run "
            "`sudo sysctl user.max_user_namespaces=15000`, or the sandbox as root."
        ]
    return [
        f"User namespaces are closed here ({failure}), as in a container: run the sandbox on the machine "
        "itself, or start the container with --privileged."
    ]


def overlays(state: Path) -> list[str]:
    """List what keeps the state directory from holding an overlay's writable layer."""
    state.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=state, prefix="check-") as name:
        top = Path(name)
        for part in ("lower/usr", "upper", "work"):
            (top / part).mkdir(parents=True)
        args = ["--overlay-src", str(top / "lower"), "--overlay", str(top / "upper"), str(top / "work"), "/"]
        args += ["--ro-bind", "/usr", "/usr"]
        for link in ("bin", "lib", "lib64"):
            args += ["--symlink", f"usr/{link}", f"/{link}"] if Path("/", link).is_symlink() else []
            args += [] if Path("/", link).is_symlink() else ["--ro-bind-try", f"/{link}", f"/{link}"]
        failure = _try(args)
        for work in (top / "work").glob("*"):
            work.chmod(0o700)  # overlayfs leaves it closed
    if failure is None:
        return []
    return [
        f"The file system of {state} cannot hold container layers ({failure}): name a directory on ext4, xfs "
        "or btrfs in SANDBOX_STATE (NFS and a container's own file system do not do)."
    ]


def _try(args: list[str]) -> str | None:
    """Run a small container; return None on success, else bwrap's last message."""
    user = [] if is_root() else ["--unshare-user", "--uid", "1000620000", "--gid", "0"]
    command = [
        str(bwrap()),
        *user,
        *args,
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--die-with-parent",
    ]
    result = subprocess.run(
        [*command, "--", "/bin/sh", "-c", f"echo {HELLO}"],
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode == 0 and result.stdout.strip() == HELLO:
        return None
    return (result.stderr.strip().splitlines() or [f"exit code {result.returncode}"])[-1]


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
