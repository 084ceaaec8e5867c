"""What is measured: each scenario runs one hub, and gives numbers by name."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from . import processes
from .browsers import Browser, people_start
from .configurations import Configuration

Numbers = dict[str, float]
WINDOW = 60.0  # seconds in which a class starts


def names(count: int) -> list[str]:
    """People of a class."""
    return [f"user{number}" for number in range(count)]


async def start(folder: Path, proxy: Path, configuration: Configuration, n: int, delay: float) -> Numbers:
    """Until `/hub/health` answers: a hub with an empty database, and with the one that it has made."""
    async with processes.deployment(folder, proxy, delay):
        async with processes.hub(folder, configuration.file, configuration.environ) as hub:
            first, used = hub.seconds_to_health, hub.used()
        async with processes.hub(folder, configuration.file, configuration.environ) as hub:
            return {
                "seconds_to_health": first,
                "cpu_to_health": used.cpu,
                "memory_mb": used.memory,
                "seconds_to_health_again": hub.seconds_to_health,
                "cpu_to_health_again": hub.used().cpu,
            }


async def class_starts(
    folder: Path, proxy: Path, configuration: Configuration, n: int, delay: float
) -> Numbers:
    """N people log in within a minute, and each waits for a notebook; then the hub is restarted."""
    async with processes.deployment(folder, proxy, delay) as deployment:
        async with processes.hub(folder, configuration.file, configuration.environ) as hub:
            await first_page()
            before, transactions = hub.used(), deployment.database.transactions()
            outcome = await people_start(names(n), WINDOW)
            after = hub.used()
            requests = await deployment.control("GET", "/requests?clear=1")
            numbers = {
                "failures": float(len(outcome.failures)),
                "cpu_per_start": (after.cpu - before.cpu) / n,
                "transactions_per_start": (deployment.database.transactions() - transactions) / n,
                "api_requests_per_start": sum(requests.values()) / n,
                "memory_mb": after.memory,
                **waiting(outcome.seconds, delay),
            }
            for failure in outcome.failures[:5]:
                print(f"    {failure}", flush=True)
        began = time.monotonic()
        async with processes.hub(folder, configuration.file, configuration.environ) as hub:
            numbers["restart_seconds_to_health"] = hub.seconds_to_health
            numbers["restart_cpu_to_health"] = hub.used().cpu
            await first_page()
            numbers["restart_seconds_to_page"] = time.monotonic() - began
            numbers["restart_api_requests"] = float(
                sum((await deployment.control("GET", "/requests")).values())
            )
    return numbers


async def steady(folder: Path, proxy: Path, configuration: Configuration, n: int, delay: float) -> Numbers:
    """N servers run: their activity reports for a minute, then a minute without anything, then pages."""
    async with (
        processes.deployment(folder, proxy, delay) as deployment,
        processes.hub(folder, configuration.file, configuration.environ) as hub,
    ):
        await first_page()
        outcome = await people_start(names(n), max(WINDOW, n / 5))
        await asyncio.sleep(10)
        before = hub.used().cpu
        await deployment.control("POST", "/report?over=60")
        reported = hub.used().cpu
        await asyncio.sleep(60)
        idle = hub.used().cpu
        async with Browser("user0") as browser:
            await browser.log_in()
            for _ in range(20):
                await browser.get("/hub/home")
        return {
            "failures": float(len(outcome.failures)),
            "cpu_per_report": (reported - before) / n,
            "cpu_per_idle_minute": idle - reported,
            "cpu_per_home_page": (hub.used().cpu - idle) / 21,
            "memory_mb": hub.used().memory,
        }


async def idle(folder: Path, proxy: Path, configuration: Configuration, n: int, delay: float) -> Numbers:
    """Nobody is there for a minute."""
    async with (
        processes.deployment(folder, proxy, delay),
        processes.hub(folder, configuration.file, configuration.environ) as hub,
    ):
        await asyncio.sleep(5)
        before = hub.used().cpu
        await asyncio.sleep(60)
        return {"cpu_per_idle_minute": hub.used().cpu - before}


async def alone(folder: Path, proxy: Path, configuration: Configuration, n: int, delay: float) -> Numbers:
    """N people, one after the other: how long one waits whose hub has nothing else to do."""
    async with (
        processes.deployment(folder, proxy, delay),
        processes.hub(folder, configuration.file, configuration.environ),
    ):
        await first_page()
        seconds = []
        for name in names(n):
            async with Browser(name) as browser:
                seconds.append(await browser.start())
        return waiting(seconds, delay)


def waiting(seconds: list[float], delay: float) -> Numbers:
    """Median and 95th percentile of the waiting times, less the time that the pod itself takes."""
    if len(seconds) < 2:
        return {}
    percentiles = statistics.quantiles(seconds, n=20, method="inclusive")
    return {
        "median_less_delay": statistics.median(seconds) - delay,
        "p95_less_delay": percentiles[18] - delay,
    }


async def first_page() -> None:
    """Return when the hub's login page comes through the proxy."""
    while True:
        try:
            async with Browser("somebody") as browser:
                await browser.get("/hub/login")
                return
        except (RuntimeError, OSError):
            await asyncio.sleep(0.02)


SCENARIOS: dict[str, Callable[[Path, Path, Configuration, int, float], Awaitable[Numbers]]] = {
    "start": start,
    "class": class_starts,
    "steady": steady,
    "idle": idle,
    "alone": alone,
}
