"""The results: `bench/results/hub.json`, a Markdown table and a plot of the ratios beside their goals."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from sandbox.paths import CHECKOUT

Row = dict[str, Any]

RESULTS = CHECKOUT / "bench" / "results"
GOALS = {  # ratios of ours to the peer's
    ("start", "seconds_to_health"): 0.7,
    ("alone", "median_less_delay"): 0.6,
    ("class", "cpu_per_start"): 0.6,
    ("class", "p95_less_delay"): 0.5,
    ("restart", "seconds_to_page"): 0.2,
    ("steady", "cpu_per_minute"): 0.5,
    ("steady", "memory_mb"): 1.0,
    ("idle", "cpu_per_minute"): 0.5,
}
GROWTH = {  # what grows with N: with the number of people, or as it is measured
    ("class", "cpu_per_start"): "n",
    ("restart", "cpu_to_all_servers"): "1",
    ("steady", "cpu_per_minute"): "1",
}


def summary(scenario: str, n: int, runs: dict[str, list[dict[str, float]]], load: float) -> list[Row]:
    """The medians of both configurations, and the median of the pairs' ratios."""
    first, second = runs.values()
    rows = []
    for metric in first[0]:
        pairs = [(ours[metric], peer[metric]) for ours, peer in zip(first, second, strict=True)]
        ratios = [ours / peer for ours, peer in pairs if peer]
        rows.append(
            {
                "scenario": scenario,
                "n": n,
                "metric": metric,
                "ours": statistics.median(ours for ours, _ in pairs),
                "peer": statistics.median(peer for _, peer in pairs),
                "ratio": statistics.median(ratios) if ratios else None,
                "goal": GOALS.get((scenario, metric)),
                "pairs": len(pairs),
                "load": round(load, 1),
            }
        )
    return rows


def merged(old: Iterable[Row], new: list[Row]) -> list[Row]:
    """The new rows in place of old ones of the same scenario and N."""
    measured = {(row["scenario"], row["n"]) for row in new}
    kept = [row for row in old if (row["scenario"], row["n"]) not in measured]
    return sorted([*kept, *new], key=lambda row: (row["scenario"], row["n"]))


def exponents(rows: list[Row]) -> list[Row]:
    """How costs grow: the slope of a line through their logarithms, 1 for costs in proportion to N."""
    found = []
    for (scenario, metric), factor in GROWTH.items():
        points = [row for row in rows if (row["scenario"], row["metric"]) == (scenario, metric)]
        if len({row["n"] for row in points}) < 2:
            continue
        sizes = [math.log(row["n"]) for row in points]
        slopes = {
            name: statistics.linear_regression(
                sizes, [math.log(row[name] * (row["n"] if factor == "n" else 1)) for row in points]
            ).slope
            for name in ("ours", "peer")
        }
        found.append({"scenario": scenario, "metric": metric, "n": [row["n"] for row in points], **slopes})
    return found


def table(rows: list[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| scenario | N | metric | ours | peer | ratio | goal | pairs | load |", "|---" * 9 + "|"]
    for row in rows:
        numbers = [_number(row[key]) for key in ("ours", "peer", "ratio", "goal")]
        cells = [row["scenario"], str(row["n"]), row["metric"], *numbers, str(row["pairs"]), str(row["load"])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def growth_table(growth: list[Row]) -> str:
    """The exponents in Markdown."""
    lines = ["| scenario | metric | N | ours | peer |", "|---" * 5 + "|"]
    for row in growth:
        sizes = ", ".join(str(n) for n in row["n"])
        lines.append(
            f"| {row['scenario']} | {row['metric']} | {sizes} | {row['ours']:.2f} | {row['peer']:.2f} |"
        )
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def plot(rows: list[Row]) -> str:
    """The ratios that have a goal, as bars in SVG; a line marks the goal, and 1 is the peer."""
    bars = [row for row in rows if row["goal"] is not None and row["ratio"] is not None]
    width, left, unit, step = 720, 270, 320, 26
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {step * len(bars) + 40}" '
        'font-family="sans-serif" font-size="13">',
        "<title>Ratios of ours to the peer's; the line is the goal</title>",
        f'<rect width="{width}" height="{step * len(bars) + 40}" fill="white"/>',
    ]
    for number, row in enumerate(bars):
        top = 10 + step * number
        label = escape(f"{row['scenario']} N={row['n']} {row['metric']}")
        colour = "#2a7f62" if row["ratio"] <= row["goal"] else "#b5543c"
        length = min(row["ratio"], 1.3) * unit
        goal = left + row["goal"] * unit
        lines += [
            f'<text x="{left - 8}" y="{top + 15}" text-anchor="end">{label}</text>',
            f'<rect x="{left}" y="{top + 2}" width="{length:.0f}" height="18" fill="{colour}"/>',
            f'<text x="{left + length + 6:.0f}" y="{top + 15}">{row["ratio"]:.2f}</text>',
            f'<path d="M{goal:.0f} {top}v22" stroke="black" stroke-width="2"/>',
        ]
    one, bottom = left + unit, 10 + step * len(bars)
    lines += [
        f'<path d="M{one} 6V{bottom}" stroke="gray" stroke-dasharray="4"/>',
        f'<text x="{one}" y="{bottom + 18}" text-anchor="middle" fill="gray">peer</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def write(commit: str, new: list[Row], folder: Path = RESULTS) -> str:
    """Write all files, with the rows of earlier runs that were not measured again; return the table."""
    folder.mkdir(exist_ok=True)
    file = folder / "hub.json"
    old = json.loads(file.read_text())["rows"] if file.exists() else []
    rows = merged(old, [{**row, "commit": commit} for row in new])
    growth = exponents(rows)
    file.write_text(json.dumps({"commit": commit, "rows": rows, "exponents": growth}, indent=2) + "\n")
    text = f"{table(rows)}\n\nGrowth with N, as an exponent:\n\n{growth_table(growth)}\n"
    (folder / "hub.md").write_text(
        f"# The hub beside Zero to JupyterHub's defaults\n\nWritten by `python -m bench.hub`.\n\n{text}"
    )
    (folder / "hub.svg").write_text(plot(rows))
    return table(rows)
