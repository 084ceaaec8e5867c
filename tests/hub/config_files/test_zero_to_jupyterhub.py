"""The page for users of Zero to JupyterHub names a test for each tick, and only settings that exist."""

import json
import re

import pytest
from traitlets.config import Config

from jupyterhub_openshift.config_files.trait_check import TraitChecker
from jupyterhub_openshift.settings.environment import VARIABLES
from tests.paths import CHECKOUT

PAGE = (CHECKOUT / "docs/zero-to-jupyterhub.md").read_text()
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| `")]
TEMPLATES = json.loads((CHECKOUT / "resources.json").read_text())["items"]
PARAMETERS = {parameter["name"] for item in TEMPLATES for parameter in item.get("parameters", [])}
KNOWN = PARAMETERS | VARIABLES.keys()


def test_every_tick_names_an_existing_test():
    promised = re.findall(r"✓ (\w+) \|$", PAGE, re.MULTILINE)
    assert PAGE.count("✓") == len(promised) >= 40
    sources = "\n".join(file.read_text() for file in (CHECKOUT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^(?:async )?def (test_\w+)", sources, re.MULTILINE))
    assert [name for name in promised if name not in there] == []


def test_every_row_without_a_tick_gives_an_alternative_or_a_reason():
    assert [row[0] for row in ROWS if len(row) < 2 or not row[1].strip()] == []


@pytest.mark.parametrize("here", [row[1] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_setting_and_parameter_that_a_row_names_exists(here):
    """A name without `c.` after one with it, such as `volume_mounts`, is of the same class."""
    checker, section, problems = TraitChecker(Config()), "", []
    for name in re.findall(r"`([^`]+)`", here):
        if setting := re.fullmatch(r"c\.(\w+)\.(\w+)(?: = .*)?", name):
            section = setting[1]
            problems.append(checker.unknown(section, setting[2]))
        elif section and re.fullmatch(r"[a-z]+(?:_[a-z]+)+(?: = .*)?", name):
            problems.append(checker.unknown(section, name.partition(" ")[0]))
        elif re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+", name) and not {name, f"JUPYTERHUB_{name}"} & KNOWN:
            problems.append(f"{name} is neither a setting nor a parameter.")
    assert [problem for problem in problems if problem] == []
