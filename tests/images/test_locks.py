"""The packages of the images are locked, and the locks of both images fit."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import tool
from tests.paths import CHECKOUT

HERE = Path(__file__).resolve().parent
EXAMPLES = [f"notebook/{name}-notebook/requirements.txt" for name in ("scipy", "pytorch", "collaboration")]
LOCKS = (
    "requirements.txt",
    "builder/nodejs.txt",
    "notebook/requirements.txt",
    "notebook/common/uv.txt",
    *EXAMPLES,
)


def versions(lock: str) -> dict[str, set[str]]:
    """Return the versions of each package: an older Python may need an older one."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", (CHECKOUT / lock).read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_python_package_is_locked_with_hashes_and_names_no_index(lock):
    text = (CHECKOUT / lock).read_text()
    assert "index-url" not in text
    uncommented = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE)
    blocks = re.split(r"^(?=\S)", uncommented, flags=re.MULTILINE)[1:]
    hashed = re.compile(r"[a-z0-9-]+==\S+[^\n]*\\\n    --hash=sha256:")
    assert blocks
    assert [block for block in blocks if not hashed.match(block)] == []


@pytest.mark.parametrize("lock", ["notebook/requirements.txt", *EXAMPLES])
def test_the_notebook_image_has_the_hubs_versions(lock):
    hub, notebook = versions("requirements.txt"), versions(lock)
    both = hub.keys() & notebook.keys()
    assert both
    assert {name: notebook[name] & hub[name] for name in both if not notebook[name] & hub[name]} == {}


def test_hub_and_notebook_have_the_same_jupyterhub():
    assert versions("notebook/requirements.txt")["jupyterhub"] == versions("requirements.txt")["jupyterhub"]


def test_every_npm_package_is_locked_with_a_hash_and_names_no_registry():
    packages = json.loads((CHECKOUT / "package-lock.json").read_text())["packages"]
    del packages[""]
    assert packages["node_modules/configurable-http-proxy"]["version"].startswith("5.")
    assert {package["integrity"].partition("-")[0] for package in packages.values()} == {"sha512"}
    assert [name for name, package in packages.items() if "resolved" in package] == []


@pytest.mark.network
@pytest.mark.parametrize(
    ("machine", "elf"), [("x86_64", 62), ("aarch64", 183), ("ppc64le", 21), ("s390x", 22)]
)
def test_uv_is_installed_on_each_architecture_of_openshift(machine, elf):
    script = """
    source notebook/common/steps.sh
    python=$1 machine=$2
    uname() { echo "$machine"; }
    install_uv >&2
    head -c 20 "$work/uv/bin/uv"
    """
    done = subprocess.run(
        ["bash", "-euc", script, "bash", sys.executable, machine],
        cwd=CHECKOUT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    order = "big" if machine == "s390x" else "little"
    assert int.from_bytes(done.stdout[18:20], order) == elf


@pytest.mark.network
def test_no_vulnerability_is_known_of_what_is_locked():
    tool("npm", "install npm")
    done = subprocess.run([HERE / "audit.sh"], capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip("; ".join(re.findall("^NOT AUDITED: (.*)", done.stdout, re.MULTILINE)))
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_lock_contains_a_package_of_overrides_txt():
    left_out = re.findall(
        r"^([a-z0-9-]+);", (CHECKOUT / "notebook/common/overrides.txt").read_text(), re.MULTILINE
    )
    assert left_out
    assert [(lock, name) for lock in LOCKS for name in left_out if name in versions(lock)] == []
