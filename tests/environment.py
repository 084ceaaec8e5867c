"""The environment of the processes that tests start."""

import os


def inherited() -> dict[str, str]:
    """PATH, and the variables with which coverage measures a child process."""
    return {
        name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("COVERAGE")
    }
