"""Builds as OpenShift runs them, by the sandbox's builder, and what the finished images do."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.bases import PYTHON
from sandbox.builds import Builder
from sandbox.container import Container, Mount, bwrap
from sandbox.images import Image, Images
from sandbox.paths import CHECKOUT, STATE
from sandbox.sources import BuildFailure, copy_working_tree

from .starts import HOSTS

ANY_UID = 1000620000


@dataclass
class Workshop:
    """Builds and runs images; packages that were downloaded once are kept in the checkout's .sandbox."""

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
    folder = tmp_path_factory.mktemp("workshop")
    return Workshop(Images(folder / "images"), folder)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Git would give a build."""
    folder = tmp_path_factory.mktemp("source") / "checkout"
    copy_working_tree(CHECKOUT, folder)
    return folder


@pytest.fixture(scope="session")
def base(workshop: Workshop) -> Image:
    return workshop.images.base(PYTHON)


@pytest.fixture(scope="session")
def hub(workshop: Workshop, checkout: Path, base: Image) -> Image:
    image, _ = workshop.build(checkout, base)
    return builder_image(workshop, image)


@pytest.fixture(scope="session")
def notebook(workshop: Workshop, checkout: Path, base: Image) -> Image:
    image, _ = workshop.build(checkout / "notebook", base)
    return builder_image(workshop, image)


def builder_image(workshop: Workshop, image: Image) -> Image:
    """With the label that our BuildConfigs set."""
    labels = {**image.labels, "io.openshift.s2i.scripts-url": "image:///opt/app-root/builder"}
    return workshop.images.add(image.layers, {**image.config, "Labels": labels})


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
