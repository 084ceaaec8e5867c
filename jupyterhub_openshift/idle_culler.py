"""jupyterhub-idle-culler, which gives servers time to report before it looks at them for the first time.

It starts with the hub, and looks at once. But while the hub was away, no server could tell it of activity:
who came back to an idle server in that time would lose it.
"""

import time

from jupyterhub_idle_culler import IdleCuller
from traitlets.config import Config

from .logs import LOGGING, start_log

PATIENCE = 30  # seconds, twice the longest pause in which a server tries again


class PatientCuller(IdleCuller):  # type: ignore[misc]
    """The same, later."""

    def start(self) -> None:
        """As upstream, but not at once."""
        time.sleep(min(PATIENCE, self.timeout))
        super().start()


if __name__ == "__main__":
    as_json = start_log()
    logs = {"Application": {"logging_config": LOGGING}} if as_json else {}
    PatientCuller.launch_instance(config=Config(logs))
