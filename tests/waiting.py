"""Waiting with a bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(what: str, found: Callable[[], T | None], seconds: float = 60) -> T:
    """The first answer that is true, asked for until the time is over."""
    end = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.25)
    return answer
