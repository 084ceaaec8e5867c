"""Stop the start of a user's server if the hub runs another major version of JupyterHub.

Otherwise the two would redirect the browser to each other without end. The message goes to the log and to
the pod's termination message, which the hub reads. If the hub does not answer, the server starts, as
jupyterhub-singleuser tries to reach the hub for a while.
"""

import os
import sys
import urllib.request
from pathlib import Path

from jupyterhub import __version__ as own

TERMINATION_LOG = Path("/dev/termination-log")  # terminationMessagePath of a container


def main() -> None:
    """Compare the major versions; `jupyterhub/_version.py` only warns."""
    hub = hub_version()
    if not hub or major(hub) == major(own):
        return
    older, build = (
        ("notebook image", "minimal-notebook") if major(own) < major(hub) else ("hub", "jupyterhub")
    )
    message = (
        f"The notebook image has JupyterHub {own} and the hub has {hub}, which do not work together. "
        f"Ask those who run this hub to rebuild the {older}, for example: oc start-build {build}"
    )
    if TERMINATION_LOG.exists():
        TERMINATION_LOG.write_text(message)
    sys.exit(message)


def hub_version() -> str | None:
    """Return the version that the hub sends with its answers; None if it does not answer."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(os.environ["JUPYTERHUB_API_URL"], timeout=5) as answer:
            version: str | None = answer.headers.get("X-JupyterHub-Version")
            return version
    except (KeyError, OSError, ValueError):
        return None


def major(version: str) -> int:
    """Return 6 for 6.1.1."""
    return int(version.partition(".")[0])


if __name__ == "__main__":
    main()
