"""The exception for faults that a person can correct, and progress lines in the log."""

import sys
from functools import cache

from . import __version__

PRODUCT = f"JupyterHub for OpenShift {__version__}"


class StartupError(SystemExit):
    """A fault in a setting, a file or the cluster: the log shows its text alone, and the exit code is 1.

    A `SystemExit` whose argument is a text is printed without a traceback, also by JupyterHub.
    """

    def __str__(self) -> str:
        return str(self.code)


class ConfigurationFault(ValueError):
    """A setting with which no server can start. Its message completes "The configuration of this hub ...".

    Everyone may read the message: it has no value that could be secret.
    """


def say(line: str) -> None:
    """Write a line of progress to the log."""
    print(f"[jupyterhub-openshift] {line}", file=sys.stderr, flush=True)


@cache
def log_version() -> None:
    """Write product and version to the log, once per process."""
    say(PRODUCT)
