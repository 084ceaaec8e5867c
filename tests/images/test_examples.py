"""The example images are built by S2I from their folders, on the notebook image."""

from __future__ import annotations

import json
from pathlib import Path

from sandbox.containers.image_store import Image

from .conftest import Workshop
from .starts import GET

# Opens a notebook twice, as two browsers do, and prints both sessions.
COLLABORATE = f"""{GET}
echo '{{"cells": [], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}' > Notes.ipynb
"$@" &> /tmp/log &
get_until_it_answers http://127.0.0.1:8080/api > /dev/null
cat > /tmp/open.py <<'END'
import json, re, urllib.request
token = re.search("token=([0-9a-f]+)", open("/tmp/log").read())[1]
for _ in range(2):
    request = urllib.request.Request(
        f"http://127.0.0.1:8080/api/collaboration/session/Notes.ipynb?token={{token}}",
        json.dumps({{"format": "json", "type": "notebook"}}).encode(),
        method="PUT",
    )
    print(urllib.request.urlopen(request).read().decode())
END
python /tmp/open.py
"""


def test_collaboration_notebook_gives_everyone_the_same_document(
    workshop: Workshop, notebook: Image, checkout: Path
) -> None:
    image, log = workshop.build(checkout / "notebook/collaboration-notebook", notebook)
    assert "Checking that JupyterLab and a kernel start" in log
    first, second = map(json.loads, workshop.run(image, COLLABORATE, own_network=True).splitlines()[-2:])
    assert first["fileId"] == second["fileId"]
    assert first["sessionId"] == second["sessionId"]
