"""The one exception for what a person can put right."""

import sys


class StartupError(SystemExit):
    """A fault in a setting, a file or the cluster: its text is all that is shown, and the exit code is 1.

    A `SystemExit` whose argument is a text is printed without a traceback, also by JupyterHub.
    """

    def __str__(self) -> str:
        return str(self.code)


def say(line: str) -> None:
    """One line of progress for `oc logs`."""
    print(f"[jupyterhub-openshift] {line}", file=sys.stderr, flush=True)
