"""Deployments in which N servers run, made once and then started as often as needed.

A state is a folder with the data of PostgreSQL, the objects of the virtual cluster and the routes of the
proxy, as a stopped hub has left them.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

from . import processes
from .browsers import people_start_in_turn
from .configurations import Configuration

AT_ONCE = 20  # starts at the same time, while a state is made


class States:
    """The states by configuration and number of servers; each is made when it is first needed."""

    def __init__(self, folder: Path, proxy: Path, certificate: Path) -> None:
        self.folder = folder
        self.proxy = proxy
        self.certificate = certificate

    async def of(self, configuration: Configuration, n: int) -> Path:
        """The folder of a state."""
        state = self.folder / f"{configuration.name.replace('/', '_')}-{n}"
        if not state.exists():
            work = self.folder / f"{state.name}.new"
            work.mkdir(parents=True)
            shutil.copy(self.certificate, work)
            await self._make(work, configuration, n)
            work.rename(state)
        return state

    async def _make(self, folder: Path, configuration: Configuration, n: int) -> None:
        print(f"making a state of {configuration.name} with {n} servers", flush=True)
        async with processes.deployment(folder, self.proxy, delay=0.1) as deployment:
            async with processes.hub(folder, configuration):
                outcome = await people_start_in_turn(names(n), AT_ONCE)
                if outcome.failures:
                    raise RuntimeError(f"{len(outcome.failures)} starts failed: {outcome.failures[:3]}")
                await asyncio.sleep(3)  # until the servers have reported their first activity
            (folder / "cluster.json").write_text(json.dumps(await deployment.control("GET", "/state")))
            (folder / "routes.json").write_text(json.dumps(await processes.routes()))


def names(count: int) -> list[str]:
    """People of a class."""
    return [f"user{number}" for number in range(count)]
