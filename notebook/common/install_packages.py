"""Install a user's packages beside those of the server, or explain in a few lines why that is impossible.

    python install_packages.py UV SERVER ARGUMENT...

SERVER is "the hub" or "the notebook server", the arguments come from dependency_files.py. The resolver gets
them together with the server's direct requirements, and prefers what is installed. So any package may change
its version, as long as the server's packages declare that they accept it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from itertools import pairwise
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
SERVER_REQUIREMENTS = HERE / "requirements.in"
OVERRIDES = HERE / "overrides.txt"
LOCKED = "uv-lock-requirements.txt"
MOST_LINES, LONGEST_LINE = 12, 300
MOST_CLASHES, MOST_TRIED = 5, 40
CONFLICT = 2  # the exit code after a conflict that is explained


@dataclass(frozen=True)
class Resolver:
    """uv, for this Python."""

    uv: str
    python: str = sys.executable

    def install(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        """Install into this environment."""
        words = ["install", "--override", str(OVERRIDES), "--requirement", str(SERVER_REQUIREMENTS)]
        return self._run([*words, *arguments])

    def export(self, project: str, into: Path) -> subprocess.CompletedProcess[str]:
        """Write the versions of a project's uv.lock as a requirements file."""
        words = ["export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "--project", project]
        command = [self.uv, *words, "--python", self.python, "--output-file", str(into)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def resolve(self, requirement: str, with_server: bool) -> str | None:
        """Return the resolved versions with the reason for each; None if there is no solution."""
        files = [str(SERVER_REQUIREMENTS)] if with_server else []
        done = self._run(["compile", "--no-header", "--override", str(OVERRIDES), "-", *files], requirement)
        return done.stdout if done.returncode == 0 else None

    def _run(self, words: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
        # As pip does, take the best version of all indexes.
        command = [self.uv, "pip", *words, "--python", self.python, "--index-strategy", "unsafe-best-match"]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def explain(resolver: Resolver, server: str, arguments: list[str], error: str) -> list[str]:
    """Name the user's requirement that conflicts with the server's; else shorten uv's message."""
    if "No solution found" not in error:
        return shorten(error)
    for requirement in list(user_requirements(arguments))[:MOST_TRIED]:
        if resolver.resolve(str(requirement), with_server=True) is not None:
            continue
        alone = resolver.resolve(str(requirement), with_server=False)
        if alone is None:
            return shorten(error)
        clashes = list(find_clashes(alone))
        if clashes:
            lines = [
                f"ERROR: Your requirement {requirement} conflicts with {server}:",
                *clashes[:MOST_CLASHES],
            ]
            return [*lines, advice(resolver, requirement, server)]
    return shorten(error)


def advice(resolver: Resolver, requirement: Requirement, server: str) -> str:
    """Say what to write instead."""
    fitting = resolver.resolve(requirement.name, with_server=True)
    version = re.search(
        rf"^{re.escape(requirement.name)}==(\S+)", fitting or "", re.MULTILINE | re.IGNORECASE
    )
    if version:
        return f"Write instead: {requirement.name}=={version[1]}"
    return f"No version of {requirement.name} works with {server}: remove it."


def find_clashes(resolved: str) -> Iterator[str]:
    """Compare what a requirement needs on its own with what the server's packages declare.

    A package of the server that changes its version too is left out: its other version declares other things.
    """
    versions: dict[str, tuple[str, str]] = {}
    for name, version, via in re.findall(r"^(\S+)==(\S+)\n((?:    #.*\n)*)", resolved, re.MULTILINE):
        reason = ", ".join(re.findall(r"#\s+(?:via )?(?!-)([\w.-]+)$", via, re.MULTILINE))
        versions[canonicalize_name(name)] = (version, reason)
    for owner, declared in server_requirements():
        name = canonicalize_name(declared.name)
        version, reason = versions.get(name, ("", ""))
        owner_name, _, owner_version = owner.partition(" ")
        moved, _ = versions.get(canonicalize_name(owner_name), (owner_version, ""))
        if version and moved == owner_version and not declared.specifier.contains(version, prereleases=True):
            because = f", since {reason} needs it" if reason else ""
            yield f"  {owner} needs {name}{declared.specifier}; yours installs {name} {version}{because}"


def server_requirements() -> Iterator[tuple[str, Requirement]]:
    """Yield what the server's packages declare, direct ones first, each with its declarer."""
    waiting = [("the image", Requirement(line)) for line in requirement_lines(SERVER_REQUIREMENTS)]
    left_out = {Requirement(line).name for line in requirement_lines(OVERRIDES)}
    seen = set()
    while waiting:
        owner, requirement = waiting.pop(0)
        if requirement.name in left_out:
            continue
        yield owner, requirement
        name = canonicalize_name(requirement.name)
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        for text in found.requires or []:
            needed = Requirement(text)
            extras = [*requirement.extras, ""]
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append((f"{found.name} {found.version}", needed))


def user_requirements(arguments: list[str]) -> Iterator[Requirement]:
    """Yield the single requirements of the user's files; a project in a folder is none."""
    for option, value in pairwise(arguments):
        if option == "--requirement":
            for line in requirement_lines(Path(value)):
                try:
                    yield Requirement(line)
                except InvalidRequirement:
                    continue


def requirement_lines(file: Path) -> Iterator[str]:
    """Yield the lines of a requirements file and of those that it includes, without options and comments."""
    text = file.read_text().replace("\\\n", " ") if file.suffix in {".txt", ".in"} else ""
    for line in text.splitlines():
        stripped = re.sub(r"(^|\s)#.*|\s--hash\S*", "", line).strip()
        included = re.match(r"(?:-r|--requirement)[ =]*(\S+)", stripped)
        if included and (file.parent / included[1]).is_file():
            yield from requirement_lines(file.parent / included[1])
        elif stripped and not stripped.startswith("-"):
            yield stripped


def shorten(text: str) -> list[str]:
    """Keep the first lines of a message, which can be thousands."""
    lines = [
        line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} ..." for line in text.splitlines()
    ]
    return lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], "  ..."]


def main(uv: str, server: str, arguments: list[str]) -> int:
    """Install, and print what was installed or why it was not."""
    resolver = Resolver(uv)
    with tempfile.TemporaryDirectory() as work:
        return install(resolver, server, arguments, Path(work))


def install(resolver: Resolver, server: str, arguments: list[str], work: Path) -> int:
    """Install the packages of the lock file, if there is one, with all others."""
    if "--uv-lock" in arguments:
        at = arguments.index("--uv-lock")
        exported = resolver.export(arguments[at + 1], work / LOCKED)
        if exported.returncode:
            print(f"ERROR: uv.lock cannot be read: {' '.join(exported.stderr.split())}", file=sys.stderr)
            return CONFLICT
        arguments = [*arguments[:at], "--requirement", str(work / LOCKED), *arguments[at + 2 :]]
    done = resolver.install(arguments)
    if done.returncode == 0:
        print(done.stdout + done.stderr, end="", flush=True)
        return 0
    lines = explain(resolver, server, arguments, done.stderr)
    print(*lines, sep="\n", file=sys.stderr)
    return CONFLICT if lines[0].startswith("ERROR:") else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
