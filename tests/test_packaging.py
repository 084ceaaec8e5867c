"""The product as a Python package: what a wheel of it contains and says of itself."""

import email
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

import jupyterhub_openshift
from sandbox.builds.sources import copy_working_tree
from tests.paths import CHECKOUT

UV = CHECKOUT / ".venv/bin/uv"


@pytest.mark.network
def test_a_wheel_has_every_file_of_the_package_its_version_and_its_dependencies(tmp_path: Path) -> None:
    copy_working_tree(CHECKOUT, tmp_path / "source")  # building writes beside the sources
    command = [UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path, tmp_path / "source"]
    subprocess.run(command, check=True, capture_output=True, text=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = email.message_from_bytes(
            archive.read(next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA")))
        )
    listing = ["git", "ls-files", "jupyterhub_openshift"]
    tracked = subprocess.run(listing, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    assert files == set(tracked.split())
    assert metadata["Version"] == jupyterhub_openshift.__version__
    direct = re.findall(r"^[a-z][^#\n]*", (CHECKOUT / "requirements.in").read_text(), re.MULTILINE)
    normalized = {_parts(requirement) for requirement in metadata.get_all("Requires-Dist") or []}
    assert normalized == {_parts(requirement) for requirement in direct}


def _parts(requirement: str) -> frozenset[str]:
    """A requirement without the order of its versions."""
    name, versions = re.fullmatch(r"([a-z0-9-]+)(.*)", requirement.replace(" ", "")).groups()
    return frozenset([name, *filter(None, versions.split(","))])
