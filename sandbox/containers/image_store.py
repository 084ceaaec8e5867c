"""Images on disk: a stack of layer directories, bottom first, and a config as in an image's own JSON.

images/layers/<sha256>/        a layer; deletions are overlayfs whiteouts
images/<sha256>.json           an image: its layers and config; the digest is that of this content
images/bases/<name>.json       which image is the base of that name, and from what it was made
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.apimachinery.json_types import Obj

OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")


@dataclass(frozen=True)
class Image:
    """An image: layers and config."""

    digest: str
    layers: tuple[Path, ...]
    config: Obj
    size: int = 0

    @property
    def env(self) -> dict[str, str]:
        """The image's environment."""
        return dict(item.split("=", 1) for item in self.config.get("Env", []))

    @property
    def labels(self) -> dict[str, str]:
        """The image's labels."""
        return dict(self.config.get("Labels") or {})


class ImageStore:
    """Layers and images on disk."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        for name in ("layers", "bases", "new"):
            (directory / name).mkdir(parents=True, exist_ok=True)
        for stale in (directory / "new").iterdir():  # left by killed builds
            if not Path("/proc", stale.name.partition(".")[0]).exists():
                remove_tree(stale)

    def get(self, digest_or_reference: str) -> Image | None:
        """Find an image by digest or by reference with digest."""
        digest = digest_or_reference.rpartition("@")[2]
        file = self._file(digest)
        return self._load(file) if digest.startswith("sha256:") and file.is_file() else None

    def new_layer(self) -> tuple[Path, Path]:
        """Create an empty layer directory and the work directory that overlayfs needs beside it."""
        top = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}.", dir=self.directory / "new"))
        (top / "layer").mkdir()
        (top / "layer").chmod(0o755)
        (top / "work").mkdir()
        return top / "layer", top / "work"

    def discard(self, layer: Path) -> None:
        """Remove a directory created by `new_layer`."""
        remove_tree(layer.parent)

    def keep(self, layer: Path) -> Path:
        """Store a filled layer under its digest."""
        kept = self.directory / "layers" / tree_digest(layer)
        try:
            layer.rename(kept)
        except OSError:
            if not kept.exists():  # else an equal layer exists
                raise
        self.discard(layer)
        return kept

    def add(self, layers: tuple[Path, ...], config: Obj) -> Image:
        """Record an image made of stored layers."""
        size = sum(entry.stat.st_size for entry in merged(layers) if stat.S_ISREG(entry.stat.st_mode))
        content = {"layers": [layer.name for layer in layers], "config": config, "size": size}
        text = json.dumps(content, sort_keys=True)
        digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        write(self._file(digest), text)
        return Image(digest, layers, config, size)

    def not_group_writable(self, image: Image) -> list[str]:
        """List the files that their owner may write but group 0, and so an arbitrary UID, may not.

        Looks at /opt/app-root and at whatever else the build made, but for /tmp with what S2I uploads there.
        """
        refused = []
        for entry in merged(image.layers):
            mode = entry.stat.st_mode
            writable = mode & stat.S_IWUSR and not stat.S_ISLNK(mode)
            group = mode & stat.S_IWGRP and entry.stat.st_gid == entry.group_0
            ours = entry.path.startswith("opt/app-root") or entry.built
            if writable and not group and ours and not entry.path.startswith("tmp/"):
                refused.append(f"/{entry.path}")
        return sorted(refused)

    def _file(self, digest: str) -> Path:
        return self.directory / f"{digest.removeprefix('sha256:')}.json"

    def _load(self, file: Path) -> Image:
        content = json.loads(file.read_text())
        layers = tuple(self.directory / "layers" / name for name in content["layers"])
        return Image(f"sha256:{file.stem}", layers, content["config"], content["size"])


@dataclass(frozen=True)
class Entry:
    """A file, directory or link of an image."""

    path: str
    stat: os.stat_result
    built: bool  # owned by the user that ran assemble
    group_0: int  # what group 0 of the image is on this machine


def merged(layers: tuple[Path, ...]) -> Iterator[Entry]:
    """Yield the entries that a container of these layers sees, without the host's /usr."""
    seen: set[str] = set()
    hidden: set[str] = set()
    root = os.geteuid() == 0
    for layer in reversed(layers):
        newly_hidden: set[str] = set()
        for path, status in walk(layer, skip=hidden.__contains__):
            if not stat.S_ISDIR(status.st_mode) or is_opaque(layer / path):
                newly_hidden.add(path)
            if path not in seen and not stat.S_ISCHR(status.st_mode):
                yield Entry(path, status, root and status.st_uid != 0, 0 if root else os.getegid())
            seen.add(path)
        hidden |= newly_hidden


def walk(top: Path, skip: Callable[[str], bool] = lambda path: False) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every path under a directory, sorted, without following links or entering skipped ones."""
    pending = [""]
    while pending:
        folder = pending.pop()
        with os.scandir(top / folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if skip(path):
                continue
            yield path, entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)


def is_opaque(directory: Path) -> bool:
    """Return True when overlayfs hides the lower layers' content of a directory."""
    for attribute in OPAQUE:
        try:
            if os.getxattr(directory, attribute) == b"y":
                return True
        except OSError:
            continue
    return False


def tree_digest(top: Path) -> str:
    """Digest names, kinds, modes, owners and contents of a tree, without times."""
    total = hashlib.sha256()
    for path, status in sorted(walk(top)):
        file = top / path
        about = f"{path}\0{status.st_mode:o}\0{status.st_uid}:{status.st_gid}\0"
        if stat.S_ISREG(status.st_mode):
            with file.open("rb") as content:
                digest = hashlib.sha256()
                while block := content.read(1 << 20):
                    digest.update(block)
            about += digest.hexdigest()
        elif stat.S_ISLNK(status.st_mode):
            about += str(file.readlink())
        elif stat.S_ISDIR(status.st_mode) and is_opaque(file):
            about += "opaque"
        total.update(about.encode("utf-8", "surrogateescape") + b"\n")
    return total.hexdigest()


def write(file: Path, text: str) -> None:
    """Write a file atomically, also when another process writes the same one."""
    partial = file.with_suffix(f".{os.getpid()}")
    partial.write_text(text)
    partial.rename(file)


def remove_tree(top: Path) -> None:
    """Remove a directory, whatever modes a container left in it."""
    if not top.exists():
        return
    if os.geteuid() != 0:  # root needs no permission
        for folder, names, _ in os.walk(top):
            for name in names:
                directory = Path(folder, name)
                if not directory.is_symlink():
                    directory.chmod(0o700)  # before the walk enters it
    shutil.rmtree(top)
