"""People who start a server, work in it and leave, again and again; and what they lose."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.hub.browsers import Browser
from bench.hub.processes import PROXY_URL
from bench.hub.virtual_cluster import CONTROL_PORT

ERRORS = (RuntimeError, aiohttp.ClientError, TimeoutError, asyncio.TimeoutError)
WORK, PAUSE, LOOK = (20.0, 60.0), (3.0, 15.0), 2.0  # seconds


@dataclass
class Seen:
    """What all people saw."""

    counts: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    killed: set[str] = field(default_factory=set)  # the UIDs of pods that were killed on purpose
    waits: list[float] = field(default_factory=list)  # seconds from the click to the notebook


async def control(path: str) -> dict[str, Any]:
    """Ask the virtual cluster."""
    address = f"http://127.0.0.1:{CONTROL_PORT}{path}"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return dict(await answer.json())


async def person(name: str, chance: random.Random, seen: Seen, end: float) -> None:
    """Start, work and leave until the end; then leave for good."""
    while time.monotonic() < end:
        async with Browser(name) as browser:
            if await start(browser, seen, end):
                await work(browser, chance.uniform(*WORK), seen, end)
            await leave(browser, seen)
        await asyncio.sleep(chance.uniform(*PAUSE))


async def start(browser: Browser, seen: Seen, end: float) -> bool:
    """Try until there is a notebook, as somebody who reloads the page."""
    began = time.monotonic()
    while time.monotonic() < end:
        try:
            await browser.start()
        except ERRORS:
            seen.counts["failed starts"] += 1
            await asyncio.sleep(LOOK)
        else:
            seen.counts["starts"] += 1
            seen.waits.append(time.monotonic() - began)
            return True
    return False


async def work(browser: Browser, seconds: float, seen: Seen, end: float) -> None:
    """Look at the notebook every few seconds; its pod must be the same all the time."""
    until = min(time.monotonic() + seconds, end)
    pod = (await control("/pods")).get(browser.name)
    while pod and time.monotonic() < until:
        await asyncio.sleep(LOOK)
        found = (await control("/pods")).get(browser.name)
        if found != pod:
            if pod not in seen.killed:
                seen.lost.append(f"{browser.name}: {pod} became {found}")
            return
        try:
            _, text = await browser.get(f"/user/{browser.name}/")
            seen.counts["pages" if "a notebook" in text else "failed pages"] += 1
        except ERRORS:
            seen.counts["failed pages"] += 1


async def leave(browser: Browser, seen: Seen) -> None:
    """Stop the server; try again until the hub has it."""
    for _ in range(90):
        try:
            await browser.log_in_home()
            xsrf = next((each.value for each in browser.session.cookie_jar if each.key == "_xsrf"), "")
            address = f"{PROXY_URL}/hub/api/users/{browser.name}/server?_xsrf={xsrf}"
            async with browser.session.delete(address) as answer:
                if answer.status in (202, 204):
                    return
        except ERRORS:
            pass
        await asyncio.sleep(LOOK)
    seen.counts["could not leave"] += 1
