"""The kernels of a user's environments are found, and run with the environment's programs."""

from __future__ import annotations

import json

from sandbox.containers.image_store import Image

from .conftest import Workshop

# As `python -m venv`, `uv venv` and `conda create` make them, with ipykernel; without the network.
MAKE = """
set -e
site=$(python -c "import sysconfig; print(sysconfig.get_path('purelib'))")
make() {
    python -m venv --without-pip $1
    echo "import site; site.addsitedir('$site')" > $(echo $1/lib/python3*/site-packages)/all.pth
    mkdir -p $1/share/jupyter/kernels/python3
    cp /opt/app-root/share/jupyter/kernels/python3/kernel.json $1/share/jupyter/kernels/python3/
}
make ~/physics
make ~/project/.venv
make ~/.conda/envs/Bio.2
mkdir ~/.conda/envs/Bio.2/conda-meta
python -m venv --without-pip ~/without-kernel
cp -R ~/physics ~/outdated
ln -sf /usr/bin/python3.99 ~/outdated/bin/python
mkdir -p ~/broken/share/jupyter/kernels/python3
cp -R ~/physics/. ~/broken
echo '{' > ~/broken/share/jupyter/kernels/python3/kernel.json
"""
LIST = """
import json, logging
from environment_kernels import EnvironmentKernels
logging.disable()
specs = EnvironmentKernels().get_all_specs()
print(json.dumps({name: each["spec"]["display_name"] for name, each in specs.items()}))
"""
RUN = """
import subprocess
from environment_kernels import EnvironmentKernels
from jupyter_client.manager import KernelManager
for name in ("env-physics-python3", "env-.conda-envs-bio.2-python3"):
    manager = KernelManager(kernel_name=name, kernel_spec_manager=EnvironmentKernels())
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    client.execute_interactive("import os, sys")
    client.execute_interactive("print(sys.prefix, *map(os.environ.get, ['VIRTUAL_ENV', 'CONDA_PREFIX']))")
    client.execute_interactive("!command -v python")
    manager.shutdown_kernel(now=True)
"""


def test_environments_are_found_in_their_places(workshop: Workshop, notebook: Image) -> None:
    printed = workshop.run(notebook, f"{MAKE}\npython -c '{LIST}'")
    assert json.loads(printed.splitlines()[-1]) == {
        "python3": "Python 3 (ipykernel)",
        "env-physics-python3": "Python 3 (physics)",
        "env-project-.venv-python3": "Python 3 (project)",
        "env-.conda-envs-bio.2-python3": "Python 3 (Bio.2)",
    }


def test_their_kernels_run_with_their_programs(workshop: Workshop, notebook: Image) -> None:
    home = "/opt/app-root/src"
    printed = workshop.run(notebook, f"{MAKE}\ncat > /tmp/run.py <<'END'\n{RUN}\nEND\npython /tmp/run.py")
    assert [line for line in printed.splitlines() if line.startswith(home)] == [
        f"{home}/physics {home}/physics None",
        f"{home}/physics/bin/python",
        f"{home}/.conda/envs/Bio.2  {home}/.conda/envs/Bio.2",
        f"{home}/.conda/envs/Bio.2/bin/python",
    ]
