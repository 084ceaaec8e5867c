"""What CONTRIBUTING.md tells a newcomer to type and to open is there."""

import re
import shlex

from tests.paths import CHECKOUT

PAGE = (CHECKOUT / "CONTRIBUTING.md").read_text()


def test_every_make_target_of_the_page_exists():
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", PAGE))
    assert {"check", "test", "lint", "lock", "resources"} <= named
    assert named - targets == set()


def test_every_pytest_command_of_the_page_selects_tests():
    commands = [shlex.split(command) for command in re.findall(r"`\.venv/bin/pytest ([^`]+)`", PAGE)]
    assert len(commands) >= 5
    for path, *options in commands:
        files = [CHECKOUT / path] if path.endswith(".py") else [*(CHECKOUT / path).rglob("test_*.py")]
        names = re.findall(r"^(?:async )?def (test_\w+)", "\n".join(f.read_text() for f in files), re.M)
        keyword = options[options.index("-k") + 1] if "-k" in options else "test_"
        assert [name for name in names if keyword in name], (path, options)


def test_every_file_and_folder_of_the_page_exists():
    named = re.findall(
        r"`((?:\.s2i|builder|docs|jupyterhub_\w+|notebook|openshift|sandbox|tests)[\w./-]*)`", PAGE
    )
    assert len(named) > 20
    assert [path for path in named if not (CHECKOUT / path).exists()] == []
