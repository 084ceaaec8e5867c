"""docs/spawn-failures.md has a row for each cause, with the words that the user reads."""

from typing import get_args

import pytest

from jupyterhub_openshift.spawner.causes import Cause
from tests.paths import CHECKOUT

from .failure_examples import failures

FAILURES = failures()
ROWS = {
    cells[0].strip("`"): cells
    for line in (CHECKOUT / "docs/spawn-failures.md").read_text().splitlines()
    if line.startswith("| `")
    for cells in [[cell.strip() for cell in line.strip("|").split(" | ")]]
}


def test_every_cause_has_an_example_and_a_row():
    assert sorted(ROWS) == sorted(FAILURES) == sorted(get_args(Cause))


@pytest.mark.parametrize("cause", get_args(Cause))
def test_a_row_shows_what_the_user_reads_and_the_command(cause):
    sentence, command, *_ = [*FAILURES[cause].jupyterhub_message.split("\n\n"), ""]
    assert ROWS[cause][2:] == [
        sentence,
        f"`{command.removeprefix('For administrators: ')}`" if command else "-",
    ]
