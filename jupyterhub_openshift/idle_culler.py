"""jupyterhub-idle-culler with a delay before its first run.

The culler starts with the hub and culls at once. But while the hub was down, servers could not report
activity, so a server that became active again in that time would be culled.
"""

import time

from jupyterhub_idle_culler import IdleCuller
from traitlets.config import Config

from .logs import LOGGING, start_log

FIRST_RUN_DELAY = 30  # seconds: twice the longest pause between two reports of a server


class DelayedCuller(IdleCuller):  # type: ignore[misc]
    """An idle culler whose first run is delayed."""

    def start(self) -> None:
        """Wait, then start as upstream."""
        time.sleep(min(FIRST_RUN_DELAY, self.timeout))
        super().start()


if __name__ == "__main__":
    as_json = start_log()
    logs = {"Application": {"logging_config": LOGGING}} if as_json else {}
    DelayedCuller.launch_instance(config=Config(logs))
