"""How soon, and in which words, a user reads that a server cannot start, beside plain KubeSpawner.

    .venv/bin/python -m bench.explain

Both start the same failing servers in the sandbox, with the hub's configuration and a start timeout of 60
seconds, KubeSpawner's own default; the hub sets 300.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.hub.npm_packages import configurable_http_proxy
from tests.hub.spawner.starts import PLAIN, Starts, failed_starts

TIMEOUTS = """
scheduling.AUTOSCALER_PATIENCE = 30  # as it is; the test shortens it
c.Spawner.start_timeout = 60
c.Spawner.consecutive_failure_limit = 0
"""


def main() -> None:
    """Print a Markdown table."""
    explained, plain = measure(), measure(PLAIN)
    print("| start | seconds | the user reads | plain KubeSpawner: seconds | the user reads |")
    print("|---|---|---|---|---|")
    for name in explained.events:
        row = [name]
        for starts in (explained, plain):
            row += [f"{starts.seconds[name]:.0f}", last_message(starts, name)]
        print(f"| {' | '.join(row)} |")


def measure(extra_config: str = "") -> Starts:
    """Let all starts fail once."""
    with (
        tempfile.TemporaryDirectory() as folder,
        failed_starts(Path(folder), configurable_http_proxy(), TIMEOUTS + extra_config) as starts,
    ):
        return starts


def last_message(starts: Starts, name: str) -> str:
    """The sentence of the failure, without log lines and command."""
    message = str(starts.events[name][-1]["message"]) if starts.events[name] else "(nothing)"
    return message.removeprefix("Spawn failed: ").partition("\n\n")[0]


if __name__ == "__main__":
    main()
