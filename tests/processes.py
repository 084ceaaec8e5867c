"""The processes of a test run."""

import os


def pid_of_test_run() -> int:
    """The process of the whole run: under xdist the parent of a worker, which controls all workers."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
