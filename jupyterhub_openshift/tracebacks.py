"""Find the lines of the user's own files in the traceback of an error."""

import sysconfig
import traceback
from pathlib import Path

_LIBRARIES = (
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    str(Path(__file__).parent),
)


def own_lines(error: BaseException) -> list[str]:
    """Return file, line and function of each frame outside of Python, its packages and this one."""
    frames = traceback.extract_tb(error.__traceback__)
    return [
        f"{frame.filename}, line {frame.lineno}, in {frame.name}"
        for frame in frames
        if not _is_library(frame.filename)
    ]


def _is_library(file: str) -> bool:
    return file.startswith("<") or any(Path(file).is_relative_to(folder) for folder in _LIBRARIES)
