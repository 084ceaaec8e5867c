"""jupyterhub-idle-culler, which gives servers time to report before it looks at them for the first time.

It starts with the hub, and looks at once. But while the hub was away, no server could tell it of activity:
who came back to an idle server in that time would lose it.
"""

import time

from jupyterhub_idle_culler import IdleCuller

PATIENCE = 30  # seconds, twice the longest pause in which a server tries again


class PatientCuller(IdleCuller):  # type: ignore[misc]
    """The same, later."""

    def start(self) -> None:
        """As upstream, but not at once."""
        time.sleep(min(PATIENCE, self.timeout))
        super().start()


if __name__ == "__main__":
    PatientCuller.launch_instance()
