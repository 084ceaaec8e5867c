"""Ends the start of a user's server if the hub has another major version of JupyterHub.

The two would send the browser to and fro between them. The sentence is in the log and in the pod's status,
where the hub reads it. A hub that does not answer is left to jupyterhub-singleuser, which tries for a while.
"""

import os
import sys
import urllib.request
from pathlib import Path

from jupyterhub import __version__ as own

TERMINATION_LOG = Path("/dev/termination-log")  # terminationMessagePath of a container


def main() -> None:
    """Compare, as jupyterhub/_version.py does, which only warns."""
    hub = hub_version()
    if not hub or major(hub) == major(own):
        return
    older, build = (
        ("notebook image", "minimal-notebook") if major(own) < major(hub) else ("hub", "jupyterhub")
    )
    message = (
        f"The notebook image has JupyterHub {own} and the hub has {hub}, which do not work together. "
        f"Those who run this hub rebuild the {older}, for example: oc start-build {build}"
    )
    if TERMINATION_LOG.exists():
        TERMINATION_LOG.write_text(message)
    sys.exit(message)


def hub_version() -> str | None:
    """What the hub says of itself; None if it says nothing."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(os.environ["JUPYTERHUB_API_URL"], timeout=5) as answer:
            return answer.headers.get("X-JupyterHub-Version")
    except (KeyError, OSError, ValueError):
        return None


def major(version: str) -> int:
    """6 of 6.1.1."""
    return int(version.partition(".")[0])


if __name__ == "__main__":
    main()
