"""Where the checkout and the sandbox's state are, and what to type for the sandbox."""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
STATE = CHECKOUT / ".sandbox"

_python = Path(sys.executable)
_in_checkout = Path.cwd() == CHECKOUT and _python.is_relative_to(CHECKOUT)
COMMAND = f"{_python.relative_to(CHECKOUT) if _in_checkout else _python} -m sandbox"
