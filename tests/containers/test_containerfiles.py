"""The Containerfiles repeat what S2I builds read from other files."""

import json
import re
import shlex
from pathlib import Path

import pytest

from sandbox.builds.s2i import read_environment
from tests.paths import CHECKOUT

HERE = Path(__file__).parent
FOLDERS = pytest.mark.parametrize("folder", [CHECKOUT, CHECKOUT / "notebook"], ids=["hub", "notebook"])


def instruction(folder: Path, name: str) -> dict[str, str]:
    """Return the pairs of a LABEL or ENV instruction."""
    text = (folder / "Containerfile").read_text().replace("\\\n", " ")
    (found,) = re.findall(rf"^{name} (.*)$", text, re.MULTILINE)
    return dict(pair.split("=", 1) for pair in shlex.split(found))


@FOLDERS
def test_the_labels_are_those_of_image_metadata(folder):
    metadata = json.loads((folder / "builder/image_metadata.json").read_text())
    labels = {name: value for label in metadata["labels"] for name, value in label.items()}
    assert instruction(folder, "LABEL") == labels


@FOLDERS
def test_the_environment_is_that_of_the_s2i_environment(folder):
    environment = dict(read_environment((folder / ".s2i/environment").read_text()))
    assert instruction(folder, "ENV") == environment


@FOLDERS
def test_both_kinds_of_build_leave_out_the_same_files(folder):
    assert (folder / ".containerignore").read_text() == (folder / ".s2iignore").read_text()


def test_the_documented_containerfile_is_the_one_that_the_tests_build():
    blocks = re.findall(r"```dockerfile\n(.*?)```", (CHECKOUT / "docs/images.md").read_text(), re.DOTALL)
    assert blocks == [(HERE / "custom.Containerfile").read_text()]
