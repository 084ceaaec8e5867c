"""`python -m bench.soak`: users work while something fails every 20 seconds; writes results/soak.json.

    .venv/bin/python -m bench.soak                                # ten minutes, 50 users
    .venv/bin/python -m bench.soak --seconds 120 --users 10 --seed 7

Each pod of the virtual cluster stands for a kernel, which is lost if the pod ends without a fault of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.hub.__main__ import INSIDE, enter
from bench.hub.processes import Database
from bench.hub.report import RESULTS

from .parts import Part, make_parts, supervise
from .people import Seen, control, person

WARM_UP = 30.0  # seconds of a process's life that the slope of its memory leaves out
Samples = dict[int, list[tuple[float, float]]]  # by process: seconds, MB


def parse(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--every", type=float, default=20, help="seconds between two faults")
    parser.add_argument("--seed", type=int, default=None)
    return parser.parse_args(words)


def faults(parts: dict[str, Part], seen: Seen) -> dict[str, Callable[[], Awaitable[None]]]:
    """What can happen, by name."""

    async def kill(*names: str, down: float = 0.0) -> None:
        for name in names:
            parts[name].held = down > 0
            parts[name].kill()
        try:
            await asyncio.sleep(down)
        finally:  # also when the soak ends meanwhile
            for name in names:
                parts[name].held = False

    async def kill_pod() -> None:
        seen.killed |= set((await control("/kill")).values())

    async def api(status: int) -> None:
        await control(f"/fault?status={status}&seconds=8")

    return {
        "hub killed": lambda: kill("hub"),
        "proxy killed": lambda: kill("proxy"),
        "hub and proxy killed": lambda: kill("hub", "proxy"),
        "database killed": lambda: kill("database"),
        "database away for 8 s": lambda: kill("database", down=8),
        "API answers 500 for 8 s": lambda: api(500),
        "API answers 429 for 8 s": lambda: api(429),
        "pod killed": kill_pod,
    }


async def cause_faults(parts: dict[str, Part], seen: Seen, chance: random.Random, every: float) -> None:
    """One after the other; each is counted and printed."""
    possible = faults(parts, seen)
    began = time.monotonic()
    while True:
        await asyncio.sleep(every)
        name = chance.choice([*possible])
        seen.counts[f"fault: {name}"] += 1
        print(f"  {time.monotonic() - began:5.0f} s: {name}", flush=True)
        await possible[name]()


async def watch_memory(parts: list[Part], samples: dict[str, Samples]) -> None:
    """Take a sample of each every five seconds."""
    while True:
        for part in parts:
            if found := part.memory():
                process, memory = found
                samples[part.name].setdefault(process, []).append((time.monotonic(), memory))
        await asyncio.sleep(5)


def slope(samples: Samples) -> float:
    """MB an hour, of all lives of a process together: each has a start of its own."""
    points: list[tuple[float, float]] = []
    for life in samples.values():
        late = [(at, memory) for at, memory in life if at - life[0][0] > WARM_UP]
        if len(late) > 2:
            middle = statistics.fmean(at for at, _ in late), statistics.fmean(memory for _, memory in late)
            points += [(at - middle[0], memory - middle[1]) for at, memory in late]
    spread = sum(at**2 for at, _ in points)
    return 3600 * sum(at * memory for at, memory in points) / spread if spread else 0.0


async def soak(options: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Run everything; return the row of the report."""
    chance, seen = random.Random(options.seed), Seen()
    database = Database(folder / "postgresql")
    database.create()
    proxy = folder / "node_modules" / ".bin" / "configurable-http-proxy"
    parts = make_parts(folder, proxy, 0.5, database)
    samples: dict[str, Samples] = {"hub": {}, "proxy": {}}
    background = [asyncio.ensure_future(supervise([*parts.values()]))]
    try:
        await asyncio.sleep(15)
        background.append(asyncio.ensure_future(watch_memory([parts["hub"], parts["proxy"]], samples)))
        background.append(asyncio.ensure_future(cause_faults(parts, seen, chance, options.every)))
        end = time.monotonic() + options.seconds
        people = [
            person(f"user{number}", random.Random(f"{options.seed} {number}"), seen, end)
            for number in range(options.users)
        ]
        everyone = asyncio.gather(*people)
        await asyncio.sleep(options.seconds)
        background.pop().cancel()  # no more faults: all must come to rest
        await everyone
        pods = await at_rest()
        records = database.query("SELECT count(*) FROM spawners WHERE server_id IS NOT NULL")
    finally:
        for task in background:
            task.cancel()
        for name in ("hub", "proxy", "database", "cluster"):
            parts[name].end()
    logs = {name: parts[name].log.read_text(errors="replace") for name in ("hub", "proxy")}
    tracebacks = {name: text.count("Traceback (most recent call last)") for name, text in logs.items()}
    for name, number in tracebacks.items():
        if number:
            shutil.copy(parts[name].log, RESULTS / f"soak-{name}.log")
    kinds = Counter({name: number for name, number in seen.counts.items() if name.startswith("fault: ")})
    for line in seen.lost:
        print(f"  lost: {line}")
    return {
        "seed": options.seed,
        "seconds": options.seconds,
        "users": options.users,
        "faults": sum(kinds.values()),
        "lost_kernels": len(seen.lost),
        "orphans": pods + records,
        "tracebacks": sum(tracebacks.values()),
        "memory_slope_mb_per_hour": {name: round(slope(each), 1) for name, each in samples.items()},
        "median_wait_seconds": round(statistics.median(seen.waits), 2) if seen.waits else None,
        "seen": dict(sorted(seen.counts.items())),
    }


async def at_rest(seconds: float = 60) -> int:
    """How many pods are left when nobody is there."""
    end = time.monotonic() + seconds
    while (left := len(await control("/pods"))) and time.monotonic() < end:
        await asyncio.sleep(1)
    return left


def main() -> int:
    """Soak, print the row, and write it; fail if something was lost."""
    if INSIDE not in os.environ:
        return enter("bench.soak")
    options = parse(sys.argv[1:])
    options.seed = random.randrange(10**6) if options.seed is None else options.seed
    print(f"seed {options.seed}", flush=True)
    row = asyncio.run(soak(options, Path(os.environ[INSIDE])))
    text = json.dumps(row, indent=2)
    print(text)
    (RESULTS / "soak.json").write_text(text + "\n")
    return int(any(row[key] for key in ("lost_kernels", "orphans", "tracebacks")))


if __name__ == "__main__":
    sys.exit(main())
