"""Progress in the terminal: a line for each step with its duration, updated live on a terminal."""

from __future__ import annotations

import shutil
import time
from collections.abc import Awaitable, Callable
from typing import TextIO

CLEAR = "\r\033[K"


class Progress:
    """Writes progress lines to a stream."""

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.live = out.isatty()

    async def step(self, name: str, work: Callable[[Callable[[str], None]], Awaitable[None]]) -> None:
        """Run one step; `work` gets a function that reports its progress."""
        began = time.monotonic()
        self._line(f"  ...      {name}")
        try:
            await work(lambda text: self._line(f"  {time.monotonic() - began:5.1f} s  {name}  {text}"))
        except BaseException:
            self._end(f"  failed   {name}")
            raise
        self._end(f"  {time.monotonic() - began:5.1f} s  {name}")

    def _line(self, text: str) -> None:
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            self.out.write(CLEAR + text[:width])
            self.out.flush()

    def _end(self, text: str) -> None:
        self.out.write((CLEAR if self.live else "") + text + "\n")
        self.out.flush()
