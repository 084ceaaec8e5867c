"""The hub's commands, for its init container, an image build and a person in its pod (`oc exec`)."""

import argparse
import gc
import signal
import sys
from io import TextIOWrapper
from pathlib import Path

from .errors import PRODUCT, log_version
from .logs import start_log
from .settings.reference import REFERENCE

IN_THE_IMAGE = Path("/opt/app-root/etc/jupyterhub_config.py")
IN_A_CHECKOUT = Path(__file__).parents[1] / "jupyterhub_config.py"
CONFIG = IN_THE_IMAGE if IN_THE_IMAGE.exists() else IN_A_CHECKOUT


def main() -> None:
    """Parse the command line and run the command."""
    # A container's first process gets only the signals that it asks for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a container may have no locale
    options = parser().parse_args()
    start_log()
    log_version()
    # Each command imports what it needs: that takes seconds, in which a SIGTERM must end it.
    if options.command == "check":
        check(options.build, options.json)
    elif options.command == "backup":
        backup(options.folder, options.keep)
    elif options.command == "restore":
        restore(options.folder)
    else:
        settings()


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m jupyterhub_openshift", description=__doc__)
    top.add_argument("--version", action="version", version=PRODUCT)
    commands = top.add_subparsers(dest="command", required=True)
    preflight = commands.add_parser("check", help="say what would keep the hub from starting")
    preflight.add_argument(
        "--build", action="store_true", help="without database and cluster, as in an image build"
    )
    preflight.add_argument("--json", action="store_true", help="print the findings as JSON")
    saving = commands.add_parser(
        "backup", help="write the database's content to standard output, or to a folder"
    )
    saving.add_argument("--folder", type=Path, help="write a new file there instead")
    saving.add_argument(
        "--keep", type=int, default=0, metavar="N", help="then delete all but the N newest; 0: none"
    )
    loading = commands.add_parser(
        "restore", help="replace the database's content by a backup from standard input"
    )
    loading.add_argument("--folder", type=Path, help="take the newest backup there instead")
    commands.add_parser(
        "settings",
        help="print the settings, where each comes from, and what is wrong with them",
        description="Print the settings, where each comes from, and what is wrong with them.",
        epilog=REFERENCE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return top


def check(building: bool, show_json: bool) -> None:
    """Run the preflight; in a cluster, set owner references before anything else can fail."""
    gc.disable()  # for a process so short, collecting would take a fifth of its time
    if building:
        from .preflight.run import check_build  # noqa: PLC0415

        check_build(CONFIG)
        return
    from .cluster.owner_references import adopt_first  # noqa: PLC0415

    cluster, adopted = adopt_first()
    from .preflight.run import check_start  # noqa: PLC0415

    check_start(CONFIG, cluster, show_json)
    if not adopted:
        adopt_first()


def backup(folder: Path | None, keep: int) -> None:
    """Dump the database that the hub's configuration names; the hub may run meanwhile."""
    from .database.backups import write_backup  # noqa: PLC0415

    write_backup(database_of(CONFIG), folder, keep)


def restore(folder: Path | None) -> None:
    """Replace the content of that database, and end a hub that runs in this container."""
    from .database.backups import read_backup  # noqa: PLC0415

    read_backup(database_of(CONFIG), folder)


def database_of(config: Path) -> str:
    """Return the URL of the hub's database, as the configuration files have it."""
    from .cluster.api import find_cluster  # noqa: PLC0415
    from .cluster.project import read_project  # noqa: PLC0415
    from .inputs import Inputs, load_configuration  # noqa: PLC0415
    from .settings.environment import read_settings  # noqa: PLC0415

    found, cluster = read_settings(), find_cluster()
    c = load_configuration(config, Inputs(found, cluster, read_project(cluster)))
    return str(c.JupyterHub.db_url)


def settings() -> None:
    """Print the settings; then load the configuration, which says what else is wrong with them."""
    from .cluster.api import find_cluster  # noqa: PLC0415
    from .cluster.project import read_project  # noqa: PLC0415
    from .inputs import Inputs, load_configuration  # noqa: PLC0415
    from .settings.environment import read_settings  # noqa: PLC0415
    from .settings.reference import show_settings  # noqa: PLC0415

    found = read_settings()
    show_settings(found)
    cluster = find_cluster()
    load_configuration(CONFIG, Inputs(found, cluster, read_project(cluster)))


if __name__ == "__main__":
    main()
