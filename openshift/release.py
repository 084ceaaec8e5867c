"""`make release`: say what is missing for a release, or print the commands that make it. Nothing is changed.

A release is the tag `vX.Y.Z` of a commit whose `__version__` is X.Y.Z. The build configs of that commit take
their source from the tag, so that the images that a user builds do not change when the repository does.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from jupyterhub_openshift import __version__
from openshift.render import read, render

CHECKOUT = Path(__file__).parent.parent


def main() -> None:
    """Exit with 1 and a line per problem, or print the remaining commands."""
    if problems := problems_of(__version__):
        lines = [f"Version {__version__} cannot be released yet:", *(f"  {each}" for each in problems)]
        sys.exit("\n".join(lines))
    print(f"Version {__version__} can be released. When make test, make audit and make test-cluster pass:")
    print(f"  git tag --annotate v{__version__} --message 'Release {__version__}'")
    print(f"  git push origin v{__version__}")


def problems_of(version: str) -> list[str]:
    """Return what this checkout lacks for the release of a version."""
    tag = f"v{version}"
    problems = []
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        problems.append(f"__version__ is {version}, not three numbers; an example: 1.2.3")
    if not re.search(rf"(?m)^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$", text_of("CHANGELOG.md")):
        problems.append(f"CHANGELOG.md has no section of this version; an example: ## {version} (2026-12-31)")
    if (ref := read("common")["git_ref"]) != tag:
        problems.append(f"openshift/common.json builds the images from git_ref {ref}; set it to {tag}")
    if any(json.loads(text_of(path)) != document for path, document in render().items()):
        problems.append("the rendered templates are out of date; run: make resources")
    if git("status", "--porcelain"):
        problems.append("the working tree has changes that are not committed")
    if git("tag", "--list", tag):
        problems.append(f"the tag {tag} exists; raise __version__ in jupyterhub_openshift/__init__.py")
    return problems


def text_of(path: str) -> str:
    """Return the text of a file of the checkout."""
    return (CHECKOUT / path).read_text()


def git(*words: str) -> str:
    """Return what a command of Git prints."""
    return subprocess.run(["git", *words], cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
