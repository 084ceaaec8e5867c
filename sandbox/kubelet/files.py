"""The files that a container runtime puts over an image's own."""

from __future__ import annotations

from pathlib import Path

from sandbox.containers.image_store import Image

HOST_RESOLV_CONF = Path("/etc/resolv.conf")


def passwd(image: Image, uid: int, home: str) -> str:
    """The image's own lines, and one for a UID that it does not know, in the words of CRI-O (`utils.go`)."""
    own = next(
        (text for layer in reversed(image.layers) if (text := _text(layer / "etc/passwd")) is not None), ""
    )
    if any(line.split(":")[2:3] == [str(uid)] for line in own.splitlines()):
        return own
    return f"{own}{uid}:x:{uid}:0:{uid} user:{home}:/sbin/nologin\n"


def resolv_conf() -> str:
    """The host's; services are found in /etc/hosts."""
    return _text(HOST_RESOLV_CONF) or ""


def _text(file: Path) -> str | None:
    try:
        return file.read_text()
    except OSError:
        return None
