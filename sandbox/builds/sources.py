"""The source of a build: Git, an upload, or the checkout for its own repository's address."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from sandbox.apimachinery.json_types import Obj
from sandbox.builds.credentials import git_environment

Say = Callable[[str], None]

PROTOCOLS = "http:https:git:ssh:file"


class BuildFailure(Exception):
    """A failed build, with `reason` and `message` for its status and a text for the log."""

    def __init__(self, reason: str, message: str, detail: str = "") -> None:
        super().__init__(detail or message)
        self.reason = reason
        self.message = message


async def fetch(
    build: Obj, uploads: Path, checkout: Path, into: Path, say: Say, *, secret: Obj | None = None
) -> Path:
    """Fetch the source into an empty directory; return the context directory within it."""
    source = build["spec"].get("source") or {}
    if "binary" in source:
        shutil.copytree(uploads / build["metadata"]["name"], into, symlinks=True, dirs_exist_ok=True)
    elif "git" in source and is_own(source["git"]["uri"], checkout):
        say(f'Cloning "{source["git"]["uri"]}" ...\n\t(its working tree here: {checkout})')
        await asyncio.to_thread(copy_working_tree, checkout, into)
    elif "git" in source:
        with tempfile.TemporaryDirectory() as private:
            credentials = git_environment(secret, Path(private)) if secret else {}
            await _clone(source["git"], into, say, credentials)
    if "dockerfile" in source:
        (into / "Dockerfile").write_text(source["dockerfile"])
    return _context(into, source.get("contextDir", ""))


def unpack(archive: bytes, as_file: str, into: Path) -> None:
    """Unpack the upload of `oc start-build --from-dir` or `--from-file`; raises ValueError for no archive."""
    into.mkdir(parents=True)
    if as_file:
        (into / Path(as_file).name).write_bytes(archive)
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(archive)
        file.flush()
        # Not tarfile, which has no extraction filter before 3.10.12 and 3.11.4 (Debian 12: 3.11.2).
        command = ["tar", "--extract", "--no-same-owner", "--file", file.name, "--directory", str(into)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise ValueError(f"the upload is no tar archive: {'; '.join(ran.stderr.splitlines())}")


def own_addresses(checkout: Path) -> set[str]:
    """List the Git addresses in the checkout's own BuildConfigs."""
    found = set()
    for file in (checkout / "resources.json", checkout / "notebook" / "resources.json"):
        if file.is_file():
            for item in json.loads(file.read_text()).get("items", []):
                if item.get("kind") == "BuildConfig":
                    found.add(_bare(item["spec"].get("source", {}).get("git", {}).get("uri", "")))
    return found - {""}


def is_own(address: str, checkout: Path) -> bool:
    """Return True when a Git address is the checkout's own."""
    return _bare(address) in own_addresses(checkout)


def copy_working_tree(checkout: Path, into: Path) -> None:
    """Copy the checkout's working tree without the files that Git ignores."""
    listing = ["git", "-C", str(checkout), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, capture_output=True, check=False)
    if done.returncode:
        # An unpacked archive has no Git metadata: copy everything but generated folders.
        shutil.copytree(checkout, into, symlinks=True, dirs_exist_ok=True, ignore=_made_here(checkout))
        return
    for name in filter(None, os.fsdecode(done.stdout).split("\0")):
        file = checkout / name
        if file.is_symlink() or file.is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, into / name, follow_symlinks=False)


def _context(top: Path, folder: str) -> Path:
    inside: Path = (top / folder.lstrip("/")).resolve()
    if not inside.is_dir() or not inside.is_relative_to(top.resolve()):
        text = "The supplied context directory does not exist."
        raise BuildFailure("InvalidContextDirectory", text, f"error: {text} ({folder})")
    return inside


async def _clone(git: Obj, into: Path, say: Say, credentials: dict[str, str]) -> None:
    say(f'Cloning "{git["uri"]}" ...')
    # Git's other transports can run commands; a password prompt would block the build.
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": PROTOCOLS, **credentials}
    commands = [["git", "clone", "--quiet", "--recursive", "--", git["uri"], str(into)]]
    if git.get("ref"):
        commands.append(["git", "-C", str(into), "checkout", "--quiet", git["ref"], "--"])
    about = "--format=\tCommit:\t%H (%s)%n\tAuthor:\t%an <%ae>%n\tDate:\t%ad"
    commands.append(["git", "-C", str(into), "log", "-1", about])
    for command in commands:
        process = await asyncio.create_subprocess_exec(
            *command, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if text := output.decode(errors="replace").rstrip():
            say(text)
        if process.returncode:
            raise BuildFailure("FetchSourceFailed", "Failed to fetch the input source.", f"error: {text}")
    await asyncio.to_thread(shutil.rmtree, into / ".git", ignore_errors=True)


def _made_here(checkout: Path) -> Callable[[str, list[str]], set[str]]:
    def ignore(folder: str, names: list[str]) -> set[str]:
        top = {".git", ".venv", ".sandbox"} if Path(folder) == checkout else set()
        return {name for name in names if name in top | {"__pycache__", "node_modules"}}

    return ignore


def _bare(address: str) -> str:
    return address.removesuffix("/").removesuffix(".git").lower()
