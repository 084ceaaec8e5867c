"""`python enter.py PID DIRECTORY COMMAND...`: run a command in the namespaces of a container's process.

nsenter(1) cannot enter a user namespace that has no rights over the mounts, which is what bwrap leaves an
ordinary user in: the namespace that owns the mounts has to be entered first. Stands alone: it runs without
the sandbox's packages.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
import termios

NS_GET_USERNS = 0xB701  # ioctl_ns(2)
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def main(pid: str, directory: str, command: list[str]) -> int:
    """Enter the namespaces, fork (a PID namespace applies to children) and run the command."""
    kinds = ("user", "mnt", "pid", "ipc", "uts")
    space = {kind: os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in kinds}
    own = os.stat("/proc/self/ns/user").st_ino  # noqa: PTH116
    owner = fcntl.ioctl(space["mnt"], NS_GET_USERNS)
    if os.fstat(owner).st_ino != own:
        set_namespace(owner)
    for kind in ("mnt", "pid", "ipc", "uts"):
        set_namespace(space[kind])
    if os.fstat(space["user"]).st_ino not in (own, os.fstat(owner).st_ino):
        set_namespace(space["user"])
    os.chdir(directory)
    child = os.fork()
    if child == 0:
        if os.isatty(0):  # a session of its own, so that a shell has job control
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        try:
            os.execvpe(command[0], command, os.environ)  # noqa: S606
        except OSError as error:
            sys.stderr.write(f"{command[0]}: {error.strerror}\n")
            os._exit(127)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else 128 - code


def set_namespace(descriptor: int) -> None:
    """Call setns(2), which the standard library has since Python 3.12."""
    if LIBC.setns(descriptor, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
