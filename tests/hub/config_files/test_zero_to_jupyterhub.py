"""The page for those who come from Zero to JupyterHub promises a test for each tick."""

import re

from tests.paths import CHECKOUT

PAGE = (CHECKOUT / "docs/zero-to-jupyterhub.md").read_text()


def test_every_tick_names_an_existing_test():
    promised = re.findall(r"✓ (\w+) \|$", PAGE, re.MULTILINE)
    assert PAGE.count("✓") == len(promised) >= 40
    sources = "\n".join(file.read_text() for file in (CHECKOUT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^(?:async )?def (test_\w+)", sources, re.MULTILINE))
    assert [name for name in promised if name not in there] == []


def test_every_row_without_a_tick_gives_an_alternative_or_a_reason():
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert all(len(row.split(" | ")) >= 2 and row.split(" | ")[1].strip() for row in rows)
