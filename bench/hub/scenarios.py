"""What is measured: each scenario runs one hub, and gives numbers by name."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .browsers import Browser, people_start, people_stop
from .configurations import Configuration
from .states import States, names

Numbers = dict[str, float]
WINDOW = 60.0  # seconds in which a class starts, and for which a running hub is watched


@dataclass(frozen=True)
class Run:
    """One run of one configuration."""

    folder: Path
    proxy: Path
    configuration: Configuration
    n: int
    delay: float  # seconds until a pod is ready
    states: States

    def deployment(self, state: Path | None = None) -> processes.DeploymentContext:
        """PostgreSQL, proxy and virtual cluster."""
        return processes.deployment(self.folder, self.proxy, self.delay, state)

    def hub(self) -> processes.HubContext:
        """The hub with this configuration."""
        return processes.hub(self.folder, self.configuration)

    async def state(self) -> Path:
        """The state with N running servers."""
        return await self.states.of(self.configuration, self.n)


async def start(run: Run) -> Numbers:
    """Until `/hub/health` answers: a hub with an empty database, and with the one that it has made."""
    async with run.deployment():
        async with run.hub() as hub:
            first, used = hub.seconds_to_health, hub.used()
        async with run.hub() as hub:
            return {
                "seconds_to_health": first,
                "cpu_to_health": used.cpu,
                "memory_mb": used.memory,
                "seconds_to_health_again": hub.seconds_to_health,
                "cpu_to_health_again": hub.used().cpu,
            }


async def class_starts(run: Run) -> Numbers:
    """N people log in within a minute, and each waits for a notebook."""
    async with run.deployment() as deployment, run.hub() as hub:
        await first_page()
        before, transactions = hub.used(), deployment.database.transactions()
        outcome = await people_start(names(run.n), WINDOW)
        after = hub.used()
        for failure in outcome.failures[:5]:
            print(f"    {failure}", flush=True)
        requests = await deployment.control("GET", "/requests")
        return {
            "failures": float(len(outcome.failures)),
            "cpu_per_start": (after.cpu - before.cpu) / run.n,
            "transactions_per_start": (deployment.database.transactions() - transactions) / run.n,
            "api_requests_per_start": sum(requests.values()) / run.n,
            "memory_mb": after.memory,
            **waiting(outcome.seconds, run.delay),
        }


async def restart(run: Run) -> Numbers:
    """The hub starts while N servers run: until its first page, and until it knows all servers."""
    state = await run.state()
    async with run.deployment(state) as deployment:
        began = time.monotonic()
        async with run.hub() as hub:
            numbers = {"seconds_to_health": hub.seconds_to_health, "cpu_to_health": hub.used().cpu}
            await first_page()
            numbers["seconds_to_page"] = time.monotonic() - began
            await hub.logs("Initialized ")
            numbers["seconds_to_all_servers"] = time.monotonic() - began
            numbers["cpu_to_all_servers"] = hub.used().cpu
            async with Browser("user0") as browser:
                await browser.log_in()
                await browser.get("/user/user0/")
            numbers["memory_mb"] = hub.used().memory
        requests = await deployment.control("GET", "/requests")
        numbers["api_requests"] = float(sum(requests.values()))
        numbers["lost_servers"] = float(run.n - len((await deployment.control("GET", "/state"))["servers"]))
        return numbers


async def steady(run: Run) -> Numbers:
    """N servers run: each reports its activity once in a minute."""
    return await _watched(run, reports=True)


async def quiet(run: Run) -> Numbers:
    """N servers run, and nobody does anything for a minute."""
    return await _watched(run, reports=False)


async def _watched(run: Run, *, reports: bool) -> Numbers:
    state = await run.state()
    async with run.deployment(state) as deployment, run.hub() as hub:
        await hub.logs("Initialized ")
        await asyncio.sleep(5)
        before = hub.used().cpu
        transactions = deployment.database.transactions()
        await deployment.control("GET", "/requests?clear=1")
        if reports:
            answers = await deployment.control("POST", f"/report?over={WINDOW}")
            if set(answers["reports"]) != {"200"}:
                raise RuntimeError(f"reports were refused: {answers}")
        else:
            await asyncio.sleep(WINDOW)
        used = hub.used()
        return {
            "cpu_per_minute": used.cpu - before,
            "transactions": float(deployment.database.transactions() - transactions),
            "api_requests": float(sum((await deployment.control("GET", "/requests")).values())),
            "memory_mb": used.memory,
        }


async def page(run: Run) -> Numbers:
    """CPU of pages, with N users whose servers run."""
    state = await run.state()
    async with run.deployment(state), run.hub() as hub:
        await hub.logs("Initialized ")
        await asyncio.sleep(5)
        numbers = {}
        async with Browser("user0") as browser:
            await browser.log_in()
            for name, path in (("home", "/hub/home"), ("token", "/hub/token")):
                await browser.get(path)
                before, count = hub.used().cpu, 50
                for _ in range(count):
                    await browser.get(path)
                numbers[f"{name}_cpu_ms"] = (hub.used().cpu - before) / count * 1000
        return numbers


async def churn(run: Run) -> Numbers:
    """N servers run; over a minute, one in ten of their users stops the server and starts it again."""
    state = await run.state()
    async with run.deployment(state) as deployment, run.hub() as hub:
        await hub.logs("Initialized ")
        await asyncio.sleep(5)
        before = hub.used().cpu
        people = names(run.n)[:: max(1, 10)]
        outcome = await people_stop(people, WINDOW)
        for failure in outcome.failures[:5]:
            print(f"    {failure}", flush=True)
        left = len((await deployment.control("GET", "/state"))["servers"])
        return {
            "failures": float(len(outcome.failures)),
            "lost_servers": float(run.n - left),
            "cpu_per_stop_and_start": (hub.used().cpu - before) / len(people),
            "memory_mb": hub.used().memory,
            **waiting(outcome.seconds, run.delay),
        }


async def idle(run: Run) -> Numbers:
    """Nobody is there for a minute."""
    async with run.deployment(), run.hub() as hub:
        await asyncio.sleep(5)
        before = hub.used().cpu
        await asyncio.sleep(WINDOW)
        return {"cpu_per_minute": hub.used().cpu - before}


async def alone(run: Run) -> Numbers:
    """N people, one after the other: how long one waits whose hub has nothing else to do."""
    async with run.deployment(), run.hub():
        await first_page()
        seconds = []
        for name in names(run.n):
            async with Browser(name) as browser:
                seconds.append(await browser.start())
        return waiting(seconds, run.delay)


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


SCENARIOS: dict[str, Callable[[Run], Awaitable[Numbers]]] = {
    "start": start,
    "class": class_starts,
    "restart": restart,
    "steady": steady,
    "quiet": quiet,
    "page": page,
    "churn": churn,
    "idle": idle,
    "alone": alone,
}
