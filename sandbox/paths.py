"""The checkout that the sandbox serves, its state, and the command that starts it.

The package runs from a checkout or installed. Installed, it serves the folder that `--checkout` or
`SANDBOX_CHECKOUT` names, else the current one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

IMPORT_PATH = Path(__file__).resolve().parent.parent  # `python -m sandbox` finds the package here
_beside = IMPORT_PATH if (IMPORT_PATH / "resources.json").is_file() else Path.cwd()
CHECKOUT = Path(os.environ.get("SANDBOX_CHECKOUT") or _beside).resolve()
STATE = CHECKOUT / ".sandbox"

_python = Path(sys.executable)
_in_checkout = Path.cwd() == CHECKOUT and _python.is_relative_to(CHECKOUT)
COMMAND = f"{_python.relative_to(CHECKOUT) if _in_checkout else _python} -m sandbox"
