"""`python -m bench.hub`: run scenarios with two configurations in turn, and write ratios.

    .venv/bin/python -m bench.hub --scenario class --n 200 --pairs 3
    .venv/bin/python -m bench.hub --scenario start --config ours --config /path/to/jupyterhub_config.py

All processes run in a network namespace of their own, so that nothing else of the machine is reached.
"""

from __future__ import annotations

import argparse
import asyncio
import json
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

from .configurations import configuration
from .processes import make_account
from .scenarios import SCENARIOS, Numbers, Run
from .states import States

INSIDE = "BENCH_HUB_INSIDE"
RESULTS = CHECKOUT / "bench" / "results"
ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount"


def parse(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.hub", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--scenario", action="append", choices=[*SCENARIOS], help="may be repeated; default: all"
    )
    parser.add_argument("--n", type=int, default=50, help="how many people")
    parser.add_argument("--pairs", type=int, default=3, help="how often each configuration runs")
    parser.add_argument("--delay", type=float, default=0.5, help="seconds until a pod is ready")
    parser.add_argument(
        "--config", action="append", help="ours, peer, or a file; twice; default: ours and peer"
    )
    parser.add_argument("--states", type=Path, help="keep the states with N servers in this folder")
    options = parser.parse_args(words)
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


async def measure(options: argparse.Namespace, folder: Path) -> list[dict[str, object]]:
    """Run every scenario with each configuration in turn; one row for each of its numbers."""
    proxy = folder / "node_modules" / ".bin" / "configurable-http-proxy"
    rows: list[dict[str, object]] = []
    states = States(options.states or folder / "states", proxy, folder / "server.pem")
    for scenario in options.scenario:
        runs: dict[str, list[Numbers]] = {name: [] for name in options.config}
        for pair in range(options.pairs):
            for name in options.config:
                run = folder / f"{scenario}-{pair}-{len(runs[name])}-{options.config.index(name)}"
                run.mkdir()
                shutil.copy(folder / "server.pem", run)
                load, began = os.getloadavg()[0], time.monotonic()
                numbers = await SCENARIOS[scenario](
                    Run(run, proxy, configuration(name), options.n, options.delay, states)
                )
                shutil.rmtree(run / "postgresql", ignore_errors=True)
                runs[name].append(numbers)
                text = ", ".join(f"{key} {value:.3g}" for key, value in numbers.items())
                took = f"{time.monotonic() - began:.0f} s, load {load:.1f}"
                print(
                    f"{scenario} n={options.n} {name} {pair + 1}/{options.pairs} ({took}): {text}", flush=True
                )
        rows += summary(scenario, options.n, runs)
    return rows


def summary(scenario: str, n: int, runs: dict[str, list[Numbers]]) -> list[dict[str, object]]:
    """The medians of both, and the median of the pairs' ratios."""
    first, second = runs.values()
    rows: list[dict[str, object]] = []
    for metric in first[0]:
        pairs = [
            (ours[metric], peer[metric]) for ours, peer in zip(first, second, strict=True) if metric in ours
        ]
        ratios = [ours / peer for ours, peer in pairs if peer]
        rows.append(
            {
                "scenario": scenario,
                "n": n,
                "metric": metric,
                "ours": statistics.median(ours for ours, _ in pairs),
                "peer": statistics.median(peer for _, peer in pairs),
                "ratio": statistics.median(ratios) if ratios else None,
                "pairs": len(pairs),
            }
        )
    return rows


def report(rows: list[dict[str, object]]) -> str:
    """The rows as a Markdown table."""
    lines = ["| scenario | N | metric | first | second | ratio | pairs |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        numbers = [f"{row[key]:.3g}" if row[key] is not None else "" for key in ("ours", "peer", "ratio")]
        lines.append(
            f"| {row['scenario']} | {row['n']} | {row['metric']} | {' | '.join(numbers)} | {row['pairs']} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure, print the table, and write `bench/results/hub.json`."""
    options = parse(sys.argv[1:])
    if INSIDE not in os.environ:
        return enter()
    rows = asyncio.run(measure(options, Path(os.environ[INSIDE])))
    print(report(rows))
    RESULTS.mkdir(exist_ok=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True, cwd=CHECKOUT
    )
    (RESULTS / "hub.json").write_text(
        json.dumps({"commit": commit.stdout.strip(), "rows": rows}, indent=2) + "\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
