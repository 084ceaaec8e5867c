"""Show the kernels of the user's own environments in the launcher: venv, uv and conda.

An environment is a directory with a `pyvenv.cfg` (venv, uv) or `conda-meta`, in one of the places below. Its
kernels are those that are installed in it, as `pip install ipykernel` does. Nothing is registered: a new one
shows at the next look at the launcher, and a deleted one is gone. One whose Python does not exist any more,
because the image now has another version, is left out.

| place in the home | made by |
|---|---|
| `physics`, `.venv` | `python -m venv ~/physics`, `uv venv` |
| `project/.venv`, `project/venv`, `project/env` | `uv sync` in a project |
| `envs/*`, `.virtualenvs/*`, `.conda/envs/*` | virtualenvwrapper, `conda create` |

Of the libraries for this, nb_conda_kernels finds only conda's environments, and nb_venv_kernels only what a
command has registered.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel

PLACES = ("*", ".venv", "*/.venv", "*/venv", "*/env", "envs/*", ".virtualenvs/*", ".conda/envs/*")
IN_PROJECT = (".venv", "venv", "env")  # named after the project


class EnvironmentKernel(NamedTuple):
    """A kernel that an environment has installed."""

    environment: Path
    directory: Path  # of its kernel.json
    title: str  # of the environment

    def spec(self) -> KernelSpec:
        """Return the kernel specification that starts it with the environment's programs."""
        spec = KernelSpec.from_resource_dir(str(self.directory))
        programs = self.environment / "bin"
        if not Path(spec.argv[0]).is_absolute():  # "python" in the specification of ipykernel
            spec.argv[0] = str(programs / spec.argv[0])
        spec.display_name = f"{spec.display_name.removesuffix(' (ipykernel)')} ({self.title})"
        conda = (self.environment / "conda-meta").is_dir()
        # VIRTUAL_ENV may name the server's own environment.
        activated = {"CONDA_PREFIX": str(self.environment), "VIRTUAL_ENV": "", "PYTHONNOUSERSITE": "1"}
        spec.env = {
            **(activated if conda else {"VIRTUAL_ENV": str(self.environment)}),
            "PATH": f"{programs}:{os.environ.get('PATH', '')}",
            **spec.env,
        }
        return spec


def environment_kernels(home: Path) -> Mapping[str, EnvironmentKernel]:
    """Find the kernels of all environments, by a name that is valid and unique."""
    found: dict[str, EnvironmentKernel] = {}
    for environment in environments(home):
        parts = environment.relative_to(home)
        title = parts.parent.name if parts.name in IN_PROJECT and len(parts.parts) > 1 else parts.name
        for directory in sorted(environment.glob("share/jupyter/kernels/*")):
            if (directory / "kernel.json").is_file():
                name = re.sub(r"[^a-z0-9._-]+", "-", f"env-{parts}-{directory.name}".lower())
                found.setdefault(name, EnvironmentKernel(environment, directory, title))
    return found


def environments(home: Path) -> Iterator[Path]:
    """Yield the environments whose Python exists."""
    for place in PLACES:
        for directory in sorted(home.glob(place)):
            has_mark = (directory / "pyvenv.cfg").is_file() or (directory / "conda-meta").is_dir()
            if has_mark and (directory / "bin/python").exists():
                yield directory


class EnvironmentKernels(KernelSpecManager):  # type: ignore[misc]
    """Adds the kernels of the user's environments to those of the image."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the directories of all kernels by name."""
        own = environment_kernels(Path.home())
        return {
            **{name: str(kernel.directory) for name, kernel in own.items()},
            **super().find_kernel_specs(),
        }

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return a kernel's specification; raise NoSuchKernel."""
        try:
            return super().get_kernel_spec(kernel_name)
        except NoSuchKernel:
            kernel = environment_kernels(Path.home()).get(kernel_name.lower())
            if kernel is None:
                raise
            return kernel.spec()
