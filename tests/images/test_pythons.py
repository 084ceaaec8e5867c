"""The hub on each Python that JupyterHub supports and this machine has."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox.containers import base_images

from .starts import HUB, JUPYTERHUB

pytestmark = pytest.mark.sandbox

MINORS = range(10, 15)


def interpreter(minor: int) -> base_images.Interpreter | None:
    """Return a Python 3.x of this machine that can make virtual environments."""
    on_path = [shutil.which(f"python3.{minor}")]
    by_pyenv = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3.{minor}"))
    for candidate in filter(None, [*on_path, *by_pyenv]):
        answer = subprocess.run(
            [candidate, "-I", "-c", f"{base_images.NEEDED}; {base_images.TELL}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode == 0:
            prefix = Path(json.loads(answer.stdout)[0]).resolve()
            return base_images.Interpreter(str(prefix / f"bin/python3.{minor}"), str(prefix), f"3.{minor}")
    return None


@pytest.mark.parametrize("minor", MINORS)
def test_the_hub_is_assembled_and_starts(minor, workshop, checkout, monkeypatch, request):
    python = interpreter(minor)
    if python is None:
        pytest.skip(f"no Python 3.{minor} with its venv module is on this machine")
    if python == base_images.interpreter():
        hub = request.getfixturevalue("hub")
    else:
        monkeypatch.setattr(base_images, "interpreter", lambda: python)
        hub, _ = workshop.build(checkout, base_images.make(base_images.PYTHON, workshop.images))
    assert workshop.run(hub, "python --version").startswith(f"Python 3.{minor}.")
    printed = workshop.run(hub, HUB, own_network=True, CONFIGPROXY_AUTH_TOKEN="the-token")
    health, version, *_ = printed.splitlines()
    assert (health, version) == ("", json.dumps({"version": JUPYTERHUB})), printed
