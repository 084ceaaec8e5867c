"""`python -m jupyterhub_openshift check`: the preflight of the hub's init container, and of a build."""

import argparse
import signal
import sys

from .check import check


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m jupyterhub_openshift", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("check", help="say what would keep the hub from starting")
    command.add_argument(
        "--build", action="store_true", help="without database and cluster, as in an image build"
    )
    # A container's first process gets only the signals that it asks for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    check(building=parser.parse_args().build)


if __name__ == "__main__":
    main()
