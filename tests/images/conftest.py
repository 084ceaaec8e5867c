"""Images that the sandbox builds as OpenShift does, and containers of them."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.builds.s2i import Builder
from sandbox.builds.sources import BuildFailure, copy_working_tree
from sandbox.containers.base_images import PYTHON
from sandbox.containers.container import Container, Mount, bwrap
from sandbox.containers.image_store import Image
from sandbox.containers.images import Images
from tests.conftest import STATE
from tests.paths import CHECKOUT
from tests.transcript.project import Project

from .starts import HOSTS

ANY_UID = 1000620000


@dataclass
class Workshop:
    """Build and run images; downloaded packages are kept in the checkout's .sandbox."""

    images: Images
    folder: Path
    number: int = 0

    def build(self, source: Path, base: Image, *, incremental_from: Image | None = None) -> tuple[Image, str]:
        """The image that S2I makes of a source, and the build's log."""
        image, log = self._build(source, base, incremental_from)
        assert image, log
        return image, log

    def failing_build(self, source: Path, base: Image) -> str:
        """The log of a build that fails."""
        image, log = self._build(source, base, None)
        assert image is None, log
        return log

    def _build(self, source: Path, base: Image, previous: Image | None) -> tuple[Image | None, str]:
        self.number += 1
        log = self.folder / f"build-{self.number}.log"
        strategy: dict[str, Any] = {"from": {"kind": "DockerImage", "name": f"base@{base.digest}"}}
        build: dict[str, Any] = {
            "metadata": {"name": f"test-{self.number}", "namespace": "test"},
            "spec": {"strategy": {"sourceStrategy": strategy}},
        }
        if previous:
            strategy["incremental"] = True
            build["status"] = {"outputDockerImageReference": "the last build"}
        builder = Builder(self.images, STATE, lambda reference: previous)
        try:
            return asyncio.run(builder.build(build, source, log)), log.read_text()
        except BuildFailure:
            return None, log.read_text()

    def run(self, image: Image, command: str, *, own_network: bool = False, **env: str) -> str:
        """What a shell command prints in a container that runs as any user of group 0; it must succeed."""
        layer, work = self.images.new_layer()
        container = Container(image, layer, work, ANY_UID, cwd="/opt/app-root/src")
        if own_network:
            hosts = self.folder / "hosts"
            hosts.write_text(HOSTS)
            container.mounts.append(Mount(hosts, "/etc/hosts", read_only=True))
        words = container.command(["/bin/bash", "-c", command, "bash", *image.config["Cmd"]])
        if own_network:
            words.insert(words.index(str(bwrap())) + 1, "--unshare-net")
        try:
            done = subprocess.run(
                words,
                env={**image.env, **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
                check=False,
            )
        finally:
            self.images.discard(layer)
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(Images(STATE / "images"), tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that Git hands to a build."""
    folder = tmp_path_factory.mktemp("source") / "checkout"
    copy_working_tree(CHECKOUT, folder)
    return folder


@pytest.fixture(scope="session")
def base(workshop: Workshop) -> Image:
    return workshop.images.base(PYTHON)


@pytest.fixture(scope="session")
def hub(workshop: Workshop, project: Project) -> Image:
    return of_stream("jupyterhub:latest", workshop, project)


@pytest.fixture(scope="session")
def notebook(workshop: Workshop, project: Project) -> Image:
    return of_stream("minimal-notebook:3.12", workshop, project)


def of_stream(tag: str, workshop: Workshop, project: Project) -> Image:
    """Return the image that the project's BuildConfig has built."""
    image = workshop.images.get(project.get(f"imagestreamtag/{tag}")["image"]["metadata"]["name"])
    assert image
    return image


@pytest.fixture
def repo(tmp_path: Path) -> Callable[..., Path]:
    """A user's repository: `repo({"requirements.txt": "cowsay"})`."""

    def make(files: dict[str, str], executable: tuple[str, ...] = ()) -> Path:
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
            file.chmod(0o755 if name in executable else 0o644)
        return tmp_path

    return make
