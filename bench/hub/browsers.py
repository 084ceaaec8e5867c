"""People with browsers: what each of their requests is, and how long they wait."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin

import aiohttp

from .processes import PROXY_URL

PATIENCE = aiohttp.ClientTimeout(total=300)


@dataclass
class Outcome:
    """How a class of people fared: seconds from the click to the notebook of each, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Browser:
    """A person's browser, with its own cookies."""

    def __init__(self, name: str) -> None:
        self.name = name
        jar = aiohttp.CookieJar(unsafe=True)
        self.session = aiohttp.ClientSession(cookie_jar=jar, timeout=PATIENCE)

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def get(self, path: str) -> tuple[str, str]:
        """The page at an address, after all redirects: its address and its text."""
        async with self.session.get(urljoin(PROXY_URL, path)) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise RuntimeError(f"{answer.status} at {answer.url}: {' '.join(text.split())[:200]}")
            return answer.url.path, text

    async def log_in(self) -> str:
        """Log in; the path at which that ends. The hub starts a server for who has none."""
        _, page = await self.get("/hub/login")
        token = re.search(r'name="_xsrf" value="([^"]+)"', page)
        form = {"username": self.name, "password": "x", "_xsrf": token[1] if token else ""}
        async with self.session.post(f"{PROXY_URL}/hub/login", data=form) as answer:
            if answer.status >= 400:
                raise RuntimeError(f"{answer.status} at the login: {(await answer.text())[:200]}")
            return answer.url.path

    async def log_in_home(self) -> None:
        """Log in without starting a server."""
        _, page = await self.get("/hub/login?next=/hub/home")
        if token := re.search(r'name="_xsrf" value="([^"]+)"', page):
            form = {"username": self.name, "password": "x", "_xsrf": token[1]}
            async with self.session.post(f"{PROXY_URL}/hub/login?next=/hub/home", data=form) as answer:
                if answer.status >= 400:
                    raise RuntimeError(f"{answer.status} at the login")

    async def start(self) -> float:
        """Log in and wait for the notebook, as the page of the hub does: the seconds from the click to it."""
        began = time.monotonic()
        path = await self.log_in()
        if "/spawn-pending/" in path:
            await self._wait_for_progress()
            path, _ = await self.get(f"/user/{self.name}/")
        if path != f"/user/{self.name}/":
            raise RuntimeError(f"arrived at {path}")
        return time.monotonic() - began

    async def stop_and_start(self) -> float:
        """Stop the server as the button does, and start it again: the seconds from the second click on."""
        await self.log_in()
        async with self.session.delete(f"{self._api()}/server", headers=self._xsrf()) as answer:
            if answer.status not in (202, 204):
                raise RuntimeError(f"{answer.status} at the stop: {(await answer.text())[:200]}")
        while True:
            async with self.session.get(self._api(), headers=self._xsrf()) as answer:
                if not (await answer.json())["servers"]:
                    break
            await asyncio.sleep(0.2)
        began = time.monotonic()
        await self.get("/hub/spawn")
        await self._wait_for_progress()
        path, _ = await self.get(f"/user/{self.name}/")
        if path != f"/user/{self.name}/":
            raise RuntimeError(f"arrived at {path}")
        return time.monotonic() - began

    def _api(self) -> str:
        return f"{PROXY_URL}/hub/api/users/{self.name}"

    def _xsrf(self) -> dict[str, str]:
        cookies = {
            cookie.key: cookie.value for cookie in self.session.cookie_jar if cookie["path"] == "/hub/"
        }
        return {"X-XSRFToken": cookies.get("_xsrf", ""), "Referer": f"{PROXY_URL}/hub/home"}

    async def _wait_for_progress(self) -> None:
        address = f"{self._api()}/server/progress"
        headers = {"Accept": "text/event-stream", **self._xsrf()}
        async with self.session.get(
            address, params={"_xsrf": headers["X-XSRFToken"]}, headers=headers
        ) as events:
            if events.status != 200:
                raise RuntimeError(f"{events.status} for the progress: {(await events.text())[:200]}")
            async for line in events.content:
                if line.startswith(b"data:"):
                    event = json.loads(line[5:])
                    if event.get("failed"):
                        raise RuntimeError(event.get("message", "failed"))
                    if event.get("ready"):
                        return
        raise RuntimeError("the progress ended without a server")


async def people_start(names: list[str], window: float) -> Outcome:
    """All of them log in, evenly over `window` seconds whatever the hub does (an open loop)."""
    return await _all(names, window, Browser.start)


async def people_start_in_turn(names: list[str], at_once: int) -> Outcome:
    """All of them log in, at most so many at the same time (a closed loop)."""
    return await _all(names, 0, Browser.start, at_once)


async def people_stop(names: list[str], window: float) -> Outcome:
    """All of them stop their servers and start them again, evenly over `window` seconds."""
    return await _all(names, window, Browser.stop_and_start)


async def _all(
    names: list[str], window: float, what: Callable[[Browser], Awaitable[float]], at_once: int = 10**6
) -> Outcome:
    outcome = Outcome()
    places = asyncio.Semaphore(at_once)

    async def one(number: int, name: str) -> None:
        await asyncio.sleep(window * number / len(names))
        async with places, Browser(name) as browser:
            try:
                outcome.seconds.append(await what(browser))
            except (RuntimeError, aiohttp.ClientError, TimeoutError, asyncio.TimeoutError) as error:
                outcome.failures.append(f"{name}: {error!r}"[:300])

    await asyncio.gather(*(one(number, name) for number, name in enumerate(names)))
    return outcome
