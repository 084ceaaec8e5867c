"""`python -m openshift`: render resources.json, notebook/resources.json and the kustomize base."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from openshift.render import render


def main() -> None:
    """Render both files and write them."""
    parser = argparse.ArgumentParser(prog="python -m openshift", description=__doc__)
    parser.add_argument("--git-url", metavar="URL", help="Git repository that the images are built from")
    parser.add_argument("--git-ref", metavar="REF", help="branch, tag or commit of that repository")
    options = parser.parse_args()
    for path, document in render(options.git_url, options.git_ref).items():
        (Path(__file__).parent.parent / path).write_text(json.dumps(document, indent=2) + "\n")
        print(f"{path}: {len(document['items'])} objects")


if __name__ == "__main__":
    main()
