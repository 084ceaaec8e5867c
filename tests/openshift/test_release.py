"""`make release` in a copy of the checkout: what is missing, and the commands once nothing is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jupyterhub_openshift
from sandbox.builds.sources import copy_working_tree
from tests.environment import inherited
from tests.paths import CHECKOUT

VERSION = jupyterhub_openshift.__version__
AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.org")


def release(copy: Path) -> list[str]:
    """The lines that `make release` prints there."""
    ran = subprocess.run(
        [sys.executable, "-m", "openshift.release"],
        cwd=copy, env=inherited(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == (1 if ran.stderr else 0)
    return (ran.stdout + ran.stderr).splitlines()


def git(copy: Path, *words: str) -> None:
    subprocess.run(["git", *AUTHOR, *words], cwd=copy, check=True, capture_output=True)


def test_everything_that_is_missing_for_a_release_is_reported_until_it_can_be_tagged(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy_working_tree(CHECKOUT, copy)
    git(copy, "init", "--quiet")
    assert release(copy) == [
        f"Version {VERSION} cannot be released yet:",
        f"  CHANGELOG.md has no section of this version; an example: ## {VERSION} (2026-12-31)",
        f"  openshift/common.json builds the images from git_ref master; set it to v{VERSION}",
        "  the working tree has changes that are not committed",
    ]
    common, changes = copy / "openshift/common.json", copy / "CHANGELOG.md"
    common.write_text(json.dumps(json.loads(common.read_text()) | {"git_ref": f"v{VERSION}"}))
    changes.write_text(f"{changes.read_text()}\n## {VERSION} (2026-12-31)\n")
    assert release(copy)[1:] == [
        "  the rendered templates are out of date; run: make resources",
        "  the working tree has changes that are not committed",
    ]
    subprocess.run([sys.executable, "-m", "openshift"], cwd=copy, check=True, capture_output=True)
    git(copy, "add", "--all")
    git(copy, "commit", "--quiet", "--message", "Release")
    assert release(copy) == [
        f"Version {VERSION} can be released. When make test, make audit and make test-cluster pass:",
        f"  git tag --annotate v{VERSION} --message 'Release {VERSION}'",
        f"  git push origin v{VERSION}",
    ]
    git(copy, "tag", f"v{VERSION}")
    assert release(copy)[1:] == [
        f"  the tag v{VERSION} exists; raise __version__ in jupyterhub_openshift/__init__.py"
    ]
