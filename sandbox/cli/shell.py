"""The context of a command: client, checkout and output streams."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sandbox.apimachinery.resources import Resource
from sandbox.cli import client
from sandbox.cli.client import Client


class Output(Protocol):
    """A writable text stream."""

    def write(self, text: str, /) -> object:
        """Write text."""

    def flush(self) -> object:
        """Flush buffered text."""


class UsageError(Exception):
    """A wrong use of a command: prints `error: ...` and exits with 1."""


@dataclass
class Shell:
    """The context of one invocation."""

    client: Client
    checkout: Path
    out: Output = field(default_factory=lambda: sys.stdout)
    err: Output = field(default_factory=lambda: sys.stderr)

    def say(self, text: str = "") -> None:
        """Print a line to the output."""
        print(text, file=self.out, flush=True)

    def warn(self, text: str) -> None:
        """Print a line to the error stream."""
        print(text, file=self.err, flush=True)


def resources_of(words: str) -> list[Resource]:
    """Resolve `all,pvc` to resources, each once."""
    found: dict[str, Resource] = {}
    for word in words.split(","):
        named = client.find_resource(word)
        if not named:
            raise UsageError(f'the server doesn\'t have a resource type "{word}"')
        found.update({resource.key: resource for resource in named})
    return list(found.values())


def named_objects(words: list[str]) -> list[tuple[Resource, str]]:
    """Resolve `pods a b`, `route/jupyterhub` or `pods` to resources and names; an empty name means all."""
    if not words:
        raise UsageError("You must specify the type of resource to get, for example: get pods")
    if all("/" in word for word in words):
        pairs = [word.split("/", 1) for word in words]
        return [(resources_of(kind)[0], name) for kind, name in pairs]
    if any("/" in word for word in words):
        raise UsageError("either RESOURCE NAME ..., or RESOURCE/NAME ..., for example: get route/jupyterhub")
    kinds, names = resources_of(words[0]), words[1:]
    return [(kind, name) for kind in kinds for name in names or [""]]


def qualified(resource: Resource, name: str) -> str:
    """Format `pod/x` or `deploymentconfig.apps.openshift.io/x`, as `oc` names objects in its output."""
    kind = resource.singular
    return f"{kind}.{resource.group}/{name}" if resource.group else f"{kind}/{name}"
