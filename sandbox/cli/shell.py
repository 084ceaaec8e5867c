"""What a command works with: the client, and where it prints."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sandbox.apimachinery.resources import Resource
from sandbox.cli import client
from sandbox.cli.client import Client


class Output(Protocol):
    """A file, or what does as one."""

    def write(self, text: str, /) -> object:
        """Take a piece of text."""

    def flush(self) -> object:
        """Let it be seen."""


class UsageError(Exception):
    """`error: ...`, exit code 1."""


@dataclass
class Shell:
    """One invocation."""

    client: Client
    checkout: Path
    out: Output = field(default_factory=lambda: sys.stdout)
    err: Output = field(default_factory=lambda: sys.stderr)

    def say(self, text: str = "") -> None:
        """A line of output."""
        print(text, file=self.out, flush=True)

    def warn(self, text: str) -> None:
        """A line for the person, not for a pipe."""
        print(text, file=self.err, flush=True)


def resources_of(words: str) -> list[Resource]:
    """`all,pvc`: the resources, each once."""
    found: dict[str, Resource] = {}
    for word in words.split(","):
        named = client.find_resource(word)
        if not named:
            raise UsageError(f'the server doesn\'t have a resource type "{word}"')
        found.update({resource.key: resource for resource in named})
    return list(found.values())


def named_objects(words: list[str]) -> list[tuple[Resource, str]]:
    """`pods a b`, `route/jupyterhub`, `pods`: the resource and the name, empty for all."""
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
    """`pod/x`, `deploymentconfig.apps.openshift.io/x`: as `oc` names what it did something to."""
    kind = resource.singular
    return f"{kind}.{resource.group}/{name}" if resource.group else f"{kind}/{name}"
