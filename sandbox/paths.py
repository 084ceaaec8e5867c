"""Where the checkout and the sandbox's state are."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
STATE = CHECKOUT / ".sandbox"
