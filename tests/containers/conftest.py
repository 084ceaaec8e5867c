"""Images that buildah builds from our Containerfiles, and containers with a strict cluster's limits."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from platformdirs import user_cache_path

from sandbox.builds.mirrors import mirrors
from sandbox.builds.sources import copy_working_tree
from sandbox.containers.container import Mount, bwrap, switch_user
from sandbox.containers.image_store import remove_tree
from sandbox.paths import STATE
from tests.conftest import tool
from tests.images.starts import HOSTS
from tests.paths import CHECKOUT

HERE = Path(__file__).parent
BUILD_UID, ANY_UID = 1001, 1000620000
INSTALL = "apt-get install buildah debootstrap"
MEMORY, PLENTY = Path("/dev/shm"), 8 * 1024**3  # bytes; the images and their copies take 3 GB
MONTH = 30 * 24 * 3600  # seconds
REPOSITORIES = {"hub": "custom-hub", "notebook": "jakevdp-notebook"}


@dataclass
class Buildah:
    """An image storage; builds get the package settings of this machine, images do not."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "private").mkdir()
        cache = STATE / "cache/downloads"
        settings = mirrors(os.environ, Path.home(), cache, self.folder / "private/mirrors", BUILD_UID)
        self.env = settings.env
        certificates = Path("/etc/ssl/certs")
        mounts = [*settings.mounts, Mount(certificates, str(certificates), read_only=True)]
        self.mounted = [mount.target for mount in mounts]
        self._options = [
            f"--volume={mount.source}:{mount.target}{':ro' if mount.read_only else ''}" for mount in mounts
        ]
        for name, value in self.env.items():
            self._options += [f"--env={name}={value}", f"--unsetenv={name}"]  # for the build, not the image

    def __call__(self, *words: str) -> str:
        """Run `buildah WORDS`."""
        done = subprocess.run(
            ["buildah", *storage(self.folder), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"buildah {words[0]}: {done.stdout}"
        return done.stdout

    def build(self, name: str, context: Path, file: Path | None = None, base: str = "") -> Image:
        """The image of a Containerfile."""
        words = [
            "build",
            "--layers=false",
            "--isolation=chroot",
            "--network=host",
            f"--tag={name}",
            *self._options,
        ]
        words += [f"--file={file}"] if file else []
        words += [f"--build-arg=BASE=localhost/{base}"] if base else []
        log = self(*words, str(context))
        container = self("from", f"localhost/{name}").strip()
        config = json.loads(self("inspect", container))["OCIv1"]["config"]
        return Image(name, log, Path(self("mount", container).strip()), config, self.folder)


@dataclass
class Image:
    """An image and its files."""

    name: str
    log: str
    root: Path
    config: dict[str, Any]
    folder: Path

    @property
    def env(self) -> dict[str, str]:
        return dict(item.split("=", 1) for item in self.config["Env"])

    def run(self, script: str, **env: str) -> str:
        """What a shell script prints, whose "$@" is the image's command; it must succeed.

        As any user of group 0, without capabilities, without network; /opt/app-root and /tmp can be written.
        """
        hosts, passwd = self.folder / "hosts", self.folder / "passwd"
        hosts.write_text(HOSTS)
        user = f"{ANY_UID}:x:{ANY_UID}:0:{ANY_UID} user:/opt/app-root/src:/sbin/nologin\n"  # as CRI-O adds it
        passwd.write_text((self.root / "etc/passwd").read_text() + user)
        command = [
            str(bwrap()),
            *("--ro-bind", str(self.root), "/", "--bind", str(self.root / "opt/app-root"), "/opt/app-root"),
            *("--perms", "1777", "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"),
            *("--ro-bind", str(hosts), "/etc/hosts", "--ro-bind", str(passwd), "/etc/passwd"),
            *("--unshare-pid", "--as-pid-1", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
            *("--die-with-parent", "--chdir", self.config["WorkingDir"], "--", *switch_user(ANY_UID, ())),
            *("/bin/bash", "-c", script, "bash", *self.config["Entrypoint"], *self.config["Cmd"]),
        ]
        done = subprocess.run(
            command,
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="session")
def buildah() -> Iterator[Buildah]:
    for name in ("buildah", "debootstrap", "setpriv"):
        tool(name, INSTALL)
    if os.geteuid() != 0:
        message = "building containers with debootstrap and running them under other user IDs needs root"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    for place in (MEMORY, Path(tempfile.gettempdir())):
        for stale in place.glob("containers.*"):  # of tests that were killed
            if not Path("/proc", stale.name.split(".")[1]).exists():
                discard(stale)
    folder = Path(tempfile.mkdtemp(prefix=f"containers.{os.getpid()}.", dir=workplace()))
    folder.chmod(0o755)  # containers run as others
    try:
        yield Buildah(folder)
    finally:
        discard(folder)


def discard(folder: Path) -> None:
    """Unmount and remove an image storage."""
    subprocess.run(["buildah", *storage(folder), "umount", "--all"], capture_output=True, check=True)
    remove_tree(folder)


def storage(folder: Path) -> list[str]:
    return [f"--root={folder}/root", f"--runroot={folder}/run"]


def workplace() -> Path:
    """Return a folder in memory, if there is enough: many small files take twice as long on a disk."""
    spare = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) if MEMORY.is_dir() else 0
    usable = spare > PLENTY and not os.statvfs(MEMORY).f_flag & (os.ST_NODEV | os.ST_NOEXEC)
    return MEMORY if usable else Path(tempfile.gettempdir())


@pytest.fixture(scope="session")
def images(buildah: Buildah) -> dict[str, Image]:
    """The images of hub and notebook, and a custom image based on each."""
    with context() as folder:
        debian(folder / "debian.tar")
        for name in ("common", "python"):
            shutil.copytree(CHECKOUT / "sandbox/containers/bases" / name, folder / name)
        shutil.rmtree(folder / "python/usr/libexec/sandbox")
        buildah.build("base", folder, HERE / "base.Containerfile")
    with context() as folder, ThreadPoolExecutor(2) as pool:
        copy_working_tree(CHECKOUT, folder / "checkout")
        sources = {"hub": folder / "checkout", "notebook": folder / "checkout/notebook"}

        def build(name: str) -> list[Image]:
            image = buildah.build(name, sources[name], base="base")
            repository = CHECKOUT / "tests/transcript/repos" / REPOSITORIES[name]
            custom = buildah.build(f"custom-{name}", repository, HERE / "custom.Containerfile", base=name)
            return [image, custom]

        return {image.name: image for both in pool.map(build, sources) for image in both}


@contextmanager
def context() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=workplace()) as folder:
        yield Path(folder)


def debian(archive: Path) -> None:
    """Write an archive of a Debian with Python and its venv module; the user's cache keeps it for a month."""
    kept = user_cache_path("jupyterhub-openshift") / "bookworm.tar"
    if not kept.exists() or time.time() - kept.stat().st_mtime > MONTH:
        kept.parent.mkdir(parents=True, exist_ok=True)
        root, partial = archive.parent / "root", archive.parent / "partial.tar"
        packages = "--include=python3,python3-venv,ca-certificates"
        made = subprocess.run(
            ["debootstrap", "--variant=minbase", packages, "bookworm", root],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stdout
        leave_out = [
            f"--exclude=./{path}" for path in ("dev", "var/cache/apt", "var/lib/apt/lists", "usr/share/doc")
        ]
        subprocess.run(["tar", "-C", root, *leave_out, "-cf", partial, "."], check=True)
        remove_tree(root)
        shutil.move(partial, kept)
    shutil.copyfile(kept, archive)
