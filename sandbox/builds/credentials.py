"""What Git needs of a build's source secret, in files that only this build reads.

| key of the secret | used for |
|---|---|
| `username`, `password` | answers to Git's questions, for HTTP |
| `ssh-privatekey` | SSH |
| `ca.crt` | the certificate authority of the Git server |
| `.gitconfig` | Git's settings |

Source: `pkg/build/builder/cmd/scmauth` of OpenShift's builder.
"""

from __future__ import annotations

import base64
from pathlib import Path

from sandbox.apimachinery.json_types import Obj

ASK = """#!/bin/sh
case $1 in
    Username*) cat "{folder}/username" ;;
    *) cat "{folder}/password" ;;
esac
"""


def git_environment(secret: Obj, folder: Path) -> dict[str, str]:
    """Write the secret's keys into a folder; return the variables that point Git there."""
    data = {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}
    for key, value in data.items():
        (folder / key).write_bytes(value)
        (folder / key).chmod(0o600)
    environ = {}
    if "password" in data:
        (folder / "username").touch()
        ask = folder / "ask"
        ask.write_text(ASK.format(folder=folder))
        ask.chmod(0o700)
        environ["GIT_ASKPASS"] = str(ask)
    if "ssh-privatekey" in data:
        options = f"-i '{folder}/ssh-privatekey' -o IdentitiesOnly=yes -o StrictHostKeyChecking=no"
        environ["GIT_SSH_COMMAND"] = f"ssh {options}"
    if "ca.crt" in data:
        environ["GIT_SSL_CAINFO"] = str(folder / "ca.crt")
    if ".gitconfig" in data:
        environ["GIT_CONFIG_GLOBAL"] = str(folder / ".gitconfig")
    return environ
