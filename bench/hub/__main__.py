"""`python -m bench.hub`: run scenarios with two configurations in turn, and write ratios.

    .venv/bin/python -m bench.hub --scenario class --n 200 --pairs 3
    .venv/bin/python -m bench.hub --scenario start --config ours --config /path/to/jupyterhub_config.py

All processes run in a network namespace of their own, so that nothing else of the machine is reached.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sandbox.containers.container import bwrap
from sandbox.paths import CHECKOUT

from . import report
from .configurations import configuration
from .processes import make_account
from .scenarios import SCENARIOS, Numbers, Run
from .states import States

INSIDE = "BENCH_HUB_INSIDE"
ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount"


def parse(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.hub", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--scenario", action="append", choices=[*SCENARIOS], help="may be repeated; default: all"
    )
    parser.add_argument(
        "--n", type=int, action="append", help="how many people; may be repeated; default: 50"
    )
    parser.add_argument("--pairs", type=int, default=3, help="how often each configuration runs")
    parser.add_argument("--delay", type=float, default=0.5, help="seconds until a pod is ready")
    parser.add_argument(
        "--config", action="append", help="ours, peer, or a file; twice; default: ours and peer"
    )
    parser.add_argument("--states", type=Path, help="keep the states with N servers in this folder")
    parser.add_argument("--dry", action="store_true", help="leave bench/results as it is")
    options = parser.parse_args(words)
    options.n = options.n or [50]
    options.config = options.config or ["ours", "peer"]
    options.scenario = options.scenario or [*SCENARIOS]
    return options


def enter(module: str = "bench.hub") -> int:
    """Install the proxy, and run a module again where only loopback is reached."""
    with tempfile.TemporaryDirectory(prefix="bench-hub-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(CHECKOUT / file, folder)
        npm = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(npm, cwd=folder, check=True, capture_output=True)
        account = folder / "account"
        make_account(account, folder)
        (folder / "hosts").write_text("127.0.0.1 localhost jupyterhub jupyterhub-proxy\n")
        command = [str(bwrap()), "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent"]
        command += ["--bind", str(folder / "hosts"), "/etc/hosts"]
        command += ["--tmpfs", "/run", "--bind", str(account), ACCOUNT]
        command += ["--", sys.executable, "-m", module, *sys.argv[1:]]
        return subprocess.run(command, cwd=CHECKOUT, env={**os.environ, INSIDE: name}, check=False).returncode


async def measure(options: argparse.Namespace, folder: Path) -> list[report.Row]:
    """Run every scenario with each configuration in turn; one row for each of its numbers."""
    proxy = folder / "node_modules" / ".bin" / "configurable-http-proxy"
    rows: list[report.Row] = []
    states = States(options.states or folder / "states", proxy, folder / "server.pem")
    for scenario, n in itertools.product(options.scenario, options.n):
        runs: dict[str, list[Numbers]] = {name: [] for name in options.config}
        loads = []
        for pair, name in itertools.product(range(options.pairs), options.config):
            path = folder / f"{scenario}-{n}-{pair}-{options.config.index(name)}"
            path.mkdir()
            shutil.copy(folder / "server.pem", path)
            run = Run(path, proxy, configuration(name), n, options.delay, states)
            loads.append(os.getloadavg()[0])
            began = time.monotonic()
            numbers = await SCENARIOS[scenario](run)
            runs[name].append(numbers)
            shutil.rmtree(path)
            text = ", ".join(f"{key} {value:.3g}" for key, value in numbers.items())
            took = f"{time.monotonic() - began:.0f} s, load {loads[-1]:.1f}"
            print(f"{scenario} n={n} {name} {pair + 1}/{options.pairs} ({took}): {text}", flush=True)
        rows += report.summary(scenario, n, runs, statistics.median(loads))
    return rows


def main() -> int:
    """Measure, print the table, and write the results unless they are of other configurations."""
    options = parse(sys.argv[1:])
    if INSIDE not in os.environ:
        return enter()
    rows = asyncio.run(measure(options, Path(os.environ[INSIDE])))
    print(report.table(rows))
    if options.config == ["ours", "peer"] and not options.dry:
        git = ["git", "rev-parse", "HEAD"]
        commit = subprocess.run(git, capture_output=True, text=True, check=True, cwd=CHECKOUT)
        report.write(commit.stdout.strip(), rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
