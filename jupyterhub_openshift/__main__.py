"""`python -m jupyterhub_openshift`: what the hub's init container, a build and a person in its pod run."""

import argparse
import gc
import signal
import sys
from io import TextIOWrapper
from pathlib import Path

from .logs import start_log
from .settings.reference import REFERENCE, show_settings

IMAGES = Path("/opt/app-root/etc/jupyterhub_config.py")
CONFIG = IMAGES if IMAGES.exists() else Path(__file__).parents[1] / "jupyterhub_config.py"  # of a checkout


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m jupyterhub_openshift", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    preflight = commands.add_parser("check", help="say what would keep the hub from starting")
    preflight.add_argument(
        "--build", action="store_true", help="without database and cluster, as in an image build"
    )
    commands.add_parser(
        "settings",
        help="print the settings, where each comes from, and what is wrong with them",
        description="Print the settings, where each comes from, and what is wrong with them.",
        epilog=REFERENCE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # A container's first process gets only the signals that it asks for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a container may have no locale
    options = parser.parse_args()
    start_log()
    if options.command == "check":
        gc.disable()  # for a process so short, collecting would take a fifth of its time
        from .preflight import check  # noqa: PLC0415 (it takes seconds, in which a signal must count)

        check(options.build, CONFIG)
    else:
        show_settings(CONFIG)


if __name__ == "__main__":
    main()
