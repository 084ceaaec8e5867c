"""Compile the packages below a folder to bytecode: the last step of a build.

    python compile_packages.py SITE_PACKAGES

It compiles only sources without bytecode, so that the layer of a custom image repeats nothing of its base.
Python checks the bytecode by the hash of its source, so the image does not depend on the time of the build.
At most four processes run at once: a node may have many cores, but a build has only 1 GiB of memory.
"""

import contextlib
import gc
import os
import py_compile
import sys
from importlib.util import cache_from_source
from pathlib import Path

AT_ONCE = 4
SOURCES_PER_PROCESS = 100


def main(folder: Path) -> None:
    """Compile in child processes: a fork costs less than an interpreter's start."""
    sources = sorted(path for path in folder.rglob("*.py") if not Path(cache_from_source(path)).exists())
    at_once = min(AT_ONCE, len(os.sched_getaffinity(0)))
    running = 0
    gc.disable()
    for first in range(0, len(sources), SOURCES_PER_PROCESS):
        if running == at_once:
            os.wait()
            running -= 1
        if os.fork() == 0:
            compile_sources(sources[first : first + SOURCES_PER_PROCESS])
            os._exit(0)
        running += 1
    for _ in range(running):
        os.wait()


def compile_sources(sources: list[Path]) -> None:
    """Skip what does not compile: some packages ship templates that are not valid Python."""
    for source in sources:
        with contextlib.suppress(py_compile.PyCompileError):
            py_compile.compile(
                str(source), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
