"""How long our images take to build, how large they are, and of what; beside plain pip and `npm install -g`.

    .venv/bin/python -m bench.build

Each image is built twice in containers of one base, with empty caches: by its `assemble`, and by what the S2I
scripts of the first JupyterHub for OpenShift did, with the very same versions of all packages.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sandbox.builds.mirrors import mirrors
from sandbox.builds.s2i import copy_source, ignored_files
from sandbox.builds.sources import copy_working_tree
from sandbox.containers.base_images import BUILD_CACHE, PYTHON, own
from sandbox.containers.container import Container, Mount
from sandbox.containers.image_store import merged, remove_tree
from sandbox.containers.images import Images
from sandbox.paths import CHECKOUT

UID = 1001
PLAIN = """
pip install -U pip setuptools wheel
pip install -r /tmp/plain.txt
{npm}
rm -rf /tmp/src
fix-permissions /opt/app-root -P
"""
NPM = "npm install -g configurable-http-proxy@{version}"
OURS = "/tmp/src/.s2i/bin/assemble"


@dataclass
class Measured:
    """A build: its time, and its bytes by what brought them."""

    seconds: float
    steps: list[tuple[float, str]]  # when each began
    sizes: Counter[str]

    @property
    def mb(self) -> float:
        """The whole layer."""
        return self.sizes.total() / 1e6


class Bench:
    """Builds in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.images = Images(folder / "images")
        self.base = self.images.base(PYTHON)
        settings = mirrors(os.environ, Path.home(), folder / "cache", folder / "mirrors", UID)
        inside = f"/{BUILD_CACHE}"
        self.mounts = [mount for mount in settings.mounts if mount.target != inside]
        kept = {name: value for name, value in settings.env.items() if not value.startswith(inside)}
        kept.pop("UV_LINK_MODE")  # there is no cache on another file system here
        self.env = {**kept, **self.base.env, "NPM_CONFIG_PREFIX": "/opt/app-root"}
        self.env.pop("NODE_OPTIONS", None)  # of the sandbox

    def build(self, source: Path, script: str) -> Measured:
        """Run a script over a source, and weigh what it leaves."""
        layer, work = self.images.new_layer()  # stays until the end: deleting slows down what ext4 does next
        (layer / "tmp").mkdir(mode=0o777)
        (layer / "tmp").chmod(0o1777)
        copy_source(source, layer / "tmp/src", ignored_files(source))
        (layer / "tmp/plain.txt").write_text(pins(source / "requirements.txt"))
        own(layer / "tmp/src", UID)
        hosts = [Mount(Path(name), name, read_only=True) for name in ("/etc/hosts", "/etc/resolv.conf")]
        container = Container(
            self.base, layer, work, UID, cwd="/opt/app-root/src", mounts=[*self.mounts, *hosts]
        )
        started = time.monotonic()
        process = subprocess.Popen(
            container.command(["/bin/bash", "-euo", "pipefail", "-c", script]),
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        log, steps = [], []
        for line in process.stdout or ():
            log.append(line)
            if line.startswith("---> "):
                steps.append((time.monotonic() - started, line.removeprefix("---> ").strip()))
        if process.wait():
            raise SystemExit("".join(log))
        return Measured(time.monotonic() - started, steps, weigh(layer))


def pins(lock: Path) -> str:
    """A lock without its hashes: what pip resolves nothing of, but checks nothing of either."""
    return "\n".join(re.findall(r"^[a-z0-9][^\\\n]*", lock.read_text(), re.MULTILINE)) + "\n"


def weigh(layer: Path) -> Counter[str]:
    """The bytes of a layer, by package where there is one."""
    sizes: Counter[str] = Counter()
    for entry in merged((layer,)):
        if stat.S_ISREG(entry.stat.st_mode):
            sizes[contributor(entry.path)] += entry.stat.st_size
    return sizes


def contributor(path: str) -> str:
    """`site-packages/sqlalchemy`, `node_modules/http-proxy`, else the first directories."""
    if found := re.search(r"(site-packages|node_modules)/((?:@[^/]+/)?[^/]+)", path):
        return f"{found[1]}/{found[2]}"
    return "/".join(path.split("/")[2:5])


def report(name: str, ours: Measured, plain: Measured) -> None:
    """A few lines to read."""
    faster, smaller = plain.seconds / ours.seconds, ours.mb / plain.mb
    print(f"\n{name}: {faster:.1f} times as fast as plain pip and npm, {smaller:.0%} of the size")
    print(f"  assemble           {ours.seconds:6.1f} s  {ours.mb:6.1f} MB on its base")
    print(f"  plain pip and npm  {plain.seconds:6.1f} s  {plain.mb:6.1f} MB")
    print("  assemble's steps:")
    for (begun, step), (ended, _) in pairwise(ours.steps):
        print(f"  {ended - begun:8.1f} s   {step}")
    print("  and its ten largest:")
    for what, size in ours.sizes.most_common(10):
        print(f"  {size / 1e6:8.1f} MB  {what}")


def main() -> None:
    """Build all, print all."""
    proxy = json.loads((CHECKOUT / "package-lock.json").read_text())["packages"][
        "node_modules/configurable-http-proxy"
    ]
    npm = NPM.format(version=proxy["version"])
    folder = Path(tempfile.mkdtemp(prefix="bench."))
    folder.chmod(0o755)
    try:
        copy_working_tree(CHECKOUT, folder / "checkout")
        bench = Bench(folder)
        for name, source, proxy_step in (
            ("jupyterhub", folder / "checkout", npm),
            ("minimal-notebook", folder / "checkout/notebook", ""),
        ):
            plain = bench.build(source, PLAIN.format(npm=proxy_step))
            report(name, bench.build(source, OURS), plain)
    finally:
        remove_tree(folder)


if __name__ == "__main__":
    main()
