"""Source-to-Image as OpenShift's builder does it, by way of a generated Dockerfile.

| step of that Dockerfile | here |
|---|---|
| `FROM`, `LABEL`, `ENV` | the base's layers; labels and environment of the image's config |
| `COPY` of the source to /tmp/src and of `.s2i/bin` to /tmp/scripts | into the new layer, owned by 1001:0 |
| `USER 1001`, `RUN assemble` | in a container whose writable layer is kept |
| `CMD run` | of the image's config, in shell form |

Sources: `pkg/build/strategies/dockerfile/dockerfile.go` of source-to-image, `pkg/build/builder/sti.go` of
OpenShift's builder.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from sandbox.apimachinery.json_types import Obj
from sandbox.builds.mirrors import Mirrors, mirrors
from sandbox.builds.sources import BuildFailure
from sandbox.containers.container import Container, Mount, is_root
from sandbox.containers.host import BUILD_CACHE
from sandbox.containers.image_store import Image, remove_tree, walk
from sandbox.containers.images import Images

Env = list[tuple[str, str]]
SCRIPTS = ("assemble", "run", "save-artifacts")
SCRIPTS_LABEL = "io.openshift.s2i.scripts-url"
USER_LABEL = "io.openshift.s2i.assemble-user"
DEFAULT_SCRIPTS = "/usr/libexec/s2i"
DEFAULT_USER = "1001"
UPLOADED = "/tmp/scripts"  # noqa: S108
EXTRACT = "mkdir -p /tmp/artifacts && tar -xf /tmp/artifacts.tar -C /tmp/artifacts && rm /tmp/artifacts.tar"
GENERIC = ("GenericBuildFailed", "Generic Build failure - check logs for details.")


class Builder:
    """Builds images. `find` resolves an image reference: that of the last build, for an incremental one."""

    def __init__(self, images: Images, state: Path, find: Callable[[str], Image | None]) -> None:
        self.images = images
        self.cache = state / "cache" / "downloads"
        self.temporary = state / "tmp"
        self.find = find

    async def build(self, build: Obj, source: Path, log: Path) -> Image:
        """Run one build and append its output to `log`; raises BuildFailure."""
        base_name = build["spec"]["strategy"]["sourceStrategy"]["from"]["name"]
        base = await asyncio.to_thread(self.images.get, base_name)
        if base is None:
            detail = f"error: the image {base_name} is not there"
            raise BuildFailure("PullBuilderImageFailed", "Failed pulling builder image.", detail)
        self.temporary.mkdir(parents=True, exist_ok=True)
        private = Path(tempfile.mkdtemp(dir=self.temporary))
        layer, work = self.images.new_layer()
        try:
            uid = int(base.labels.get(USER_LABEL) or DEFAULT_USER)
            settings = mirrors(os.environ, Path.home(), self.cache, private / "mirrors", uid)
            with log.open("ab", buffering=0) as output:
                return await Assembly(self, build, base, uid, layer, work, settings, output).run(source)
        finally:
            await asyncio.to_thread(self.images.discard, layer)
            await asyncio.to_thread(remove_tree, private)


@dataclass
class Assembly:
    """One build and its new layer."""

    builder: Builder
    build: Obj
    base: Image
    uid: int
    layer: Path
    work: Path
    mirrors: Mirrors
    log: IO[bytes]

    async def run(self, source: Path) -> Image:
        """Build the image from the source."""
        spec = self.build["spec"]
        self.say(
            f"Generating dockerfile with builder image {spec['strategy']['sourceStrategy']['from']['name']}"
        )
        env = await asyncio.to_thread(self._upload, source)
        config = self._config(env)
        self.say(f"STEP: FROM {self.base.digest}")
        self.say(f"STEP: ENV {' '.join(name for name, _ in env)}".rstrip())
        restored = await self._save_artifacts(env)
        assemble = self._script("assemble")
        self.say(f"STEP: USER {self.uid}\nSTEP: RUN {assemble}")
        command = f"umask 0022; {EXTRACT + ' && ' if restored else ''}exec {assemble}"
        code = await self._run(self._container(self.base, self.layer, self.work), command, env, self.log)
        if code:
            raise BuildFailure(*GENERIC, f'error: building at STEP "RUN {assemble}": exit status {code}')
        self.say(f"STEP: CMD {self._script('run')}")
        await asyncio.to_thread(remove_mount_points, self.layer, self.mirrors.mounts)
        kept = await asyncio.to_thread(self.builder.images.keep, self.layer)
        image = await asyncio.to_thread(self.builder.images.add, (*self.base.layers, kept), config)
        self.say(f"COMMIT {image.digest}")
        return image

    def say(self, line: str) -> None:
        """Append a line to the build's log."""
        self.log.write(f"{line}\n".encode())

    def _upload(self, source: Path) -> Env:
        """Copy source and scripts into the layer; return the environment that the build adds."""
        temporary = self.layer / "tmp"
        temporary.mkdir()
        temporary.chmod(0o1777)
        for script in SCRIPTS:
            own = source / ".s2i" / "bin" / script
            if own.is_file():
                (temporary / "scripts").mkdir(exist_ok=True)
                shutil.copyfile(own, temporary / "scripts" / script)
                (temporary / "scripts" / script).chmod(0o755)
        ignored = ignored_files(source)
        copy_source(source, temporary / "src", ignored)
        environment = temporary / "src" / ".s2i" / "environment"
        env = read_environment(environment.read_text()) if environment.is_file() else []
        if is_root():
            for top in (temporary / "src", temporary / "scripts"):
                for path in (top, *top.rglob("*")) if top.exists() else ():
                    os.chown(path, self.uid, 0, follow_symlinks=False)
        return [*env, *build_environment(self.build)]

    def _script(self, name: str) -> str:
        """Find a script: in the source's `.s2i/bin`, else at the address in the base image's label."""
        if (self.layer / "tmp" / "scripts" / name).exists():
            return f"{UPLOADED}/{name}"
        url = self.base.labels.get(SCRIPTS_LABEL) or self.base.env.get("STI_SCRIPTS_URL", "")
        return f"{url.removeprefix('image://') or DEFAULT_SCRIPTS}/{name}"

    def _config(self, env: Env) -> Obj:
        spec = self.build["spec"]
        source = spec.get("source", {})
        labels = {
            **self.base.labels,
            "io.openshift.build.image": spec["strategy"]["sourceStrategy"]["from"]["name"],
            "io.openshift.build.source-location": source.get("git", {}).get("uri", ""),
            "io.openshift.build.commit.ref": source.get("git", {}).get("ref", ""),
            "io.openshift.build.source-context-dir": source.get("contextDir", ""),
        }
        labels = {name: value for name, value in labels.items() if value}
        labels |= {
            label["name"]: label.get("value", "") for label in spec.get("output", {}).get("imageLabels", [])
        }
        merged = {**self.base.env, **dict(env)}
        return {
            **self.base.config,
            "Env": [f"{name}={value}" for name, value in merged.items()],
            # `exec`, as OpenShift's images have bash as sh, which replaces itself by a single command.
            "Cmd": ["/bin/sh", "-c", f"exec {self._script('run')}"],
            "User": str(self.uid),
            "Labels": labels,
        }

    def _container(self, image: Image, upper: Path, work: Path) -> Container:
        mounts = [*self.mirrors.mounts]
        for name in ("/etc/hosts", "/etc/resolv.conf"):
            if Path(name).exists():
                mounts.append(Mount(Path(name), name, read_only=True))
        cwd = self.base.config.get("WorkingDir") or "/"
        return Container(image, upper, work, self.uid, hostname=self._hostname(), cwd=cwd, mounts=mounts)

    def _hostname(self) -> str:
        return f"{self.build['metadata']['name']}-build"[:63]

    async def _run(self, container: Container, command: str, env: Env, output: IO[bytes]) -> int:
        """Run a shell command as a build step; cancelling the build kills it."""
        variables = {**self.mirrors.env, **container.image.env, **dict(env)}
        cache = {name: value for name, value in self.mirrors.env.items() if f"/{BUILD_CACHE}/" in value}
        running = await container.start(["/bin/sh", "-c", command], {**variables, **cache}, output)
        try:
            return await running.wait()
        finally:
            running.kill()

    async def _save_artifacts(self, env: Env) -> bool:
        """Run save-artifacts of the previous image into the layer; return True when it saved anything."""
        previous = self._previous()
        if previous is None:
            return False
        script = self._script("save-artifacts")
        upper, work = self.builder.images.new_layer()
        archive = self.layer / "tmp" / "artifacts.tar"
        try:
            if script.startswith(UPLOADED):
                shutil.copytree(self.layer / "tmp" / "scripts", upper / "tmp" / "scripts")
            with archive.open("wb") as output:
                command = f"if [ -s {script} ]; then {script}; fi"
                code = await self._run(self._container(previous, upper, work), command, env, output)
        finally:
            await asyncio.to_thread(self.builder.images.discard, upper)
        if code:
            raise BuildFailure(*GENERIC, f'error: building at STEP "RUN {script}": exit status {code}')
        if not archive.stat().st_size:
            archive.unlink()
            return False
        if is_root():
            os.chown(archive, self.uid, 0)
        return True

    def _previous(self) -> Image | None:
        if not self.build["spec"]["strategy"]["sourceStrategy"].get("incremental"):
            return None
        reference = self.build.get("status", {}).get("outputDockerImageReference")
        return self.builder.find(reference) if reference else None


def read_environment(text: str) -> Env:
    """Parse `.s2i/environment`."""
    pairs = [line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return [(name.strip(), value.strip()) for name, value in pairs if name.strip()]


def build_environment(build: Obj) -> Env:
    """Return the builder's OPENSHIFT_BUILD_* variables, then those of the BuildConfig."""
    spec, meta = build["spec"], build["metadata"]
    env = [("OPENSHIFT_BUILD_NAME", meta["name"]), ("OPENSHIFT_BUILD_NAMESPACE", meta.get("namespace", ""))]
    git = spec.get("source", {}).get("git")
    if git:
        env.append(("OPENSHIFT_BUILD_SOURCE", git["uri"]))
        if git.get("ref"):
            env.append(("OPENSHIFT_BUILD_REFERENCE", git["ref"]))
        commit = spec.get("revision", {}).get("git", {}).get("commit")
        if commit:
            env.append(("OPENSHIFT_BUILD_COMMIT", commit))
    for item in spec["strategy"]["sourceStrategy"].get("env", []):
        if "valueFrom" in item:
            detail = f"error: the sandbox has no builds with valueFrom, as in {item['name']}; give a value"
            raise BuildFailure(*GENERIC, detail)
        env.append((item["name"], item.get("value", "")))
    return env


def ignored_files(source: Path) -> set[str]:
    """List the files that `.s2iignore` excludes. As in .dockerignore, `*` stops at `/` and `!` includes."""
    file = source / ".s2iignore"
    ignored: set[str] = set()
    if not file.is_file():
        return ignored
    paths = [path for path, _ in walk(source)]
    for line in file.read_text().splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        if pattern.startswith("!"):
            ignored -= {path for path in ignored if matches(path, pattern[1:])}
        else:
            ignored |= {path for path in paths if matches(path, pattern)}
    return ignored


def matches(path: str, pattern: str) -> bool:
    """Match a path like Go's filepath.Match, from the top of the source."""
    parts, patterns = PurePosixPath(path).parts, PurePosixPath(pattern.strip("/")).parts
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def copy_source(source: Path, target: Path, ignored: set[str]) -> None:
    """Copy a source tree with Git's file modes, whatever the umask."""
    target.mkdir()
    target.chmod(0o755)
    for path, status in walk(source, skip=ignored.__contains__):
        if path.split("/")[0] == ".git":
            continue
        if stat.S_ISDIR(status.st_mode):
            (target / path).mkdir()
            (target / path).chmod(0o755)
        elif stat.S_ISLNK(status.st_mode):
            (target / path).symlink_to((source / path).readlink())
        elif stat.S_ISREG(status.st_mode):
            shutil.copyfile(source / path, target / path)
            (target / path).chmod(0o755 if status.st_mode & stat.S_IXUSR else 0o644)


def remove_mount_points(layer: Path, mounts: list[Mount]) -> None:
    """Remove the empty mount points that bwrap created in a layer."""
    for mount in mounts:
        point = layer / mount.target.lstrip("/")
        if point.is_file() and not point.is_symlink() and not point.stat().st_size:
            point.unlink()
        for directory in (point, *point.parents):
            if directory == layer:
                break
            with suppress(OSError):
                directory.rmdir()
