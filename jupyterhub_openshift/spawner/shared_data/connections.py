"""Connections: labelled secrets that users choose on the spawn page, and the secret of each user.

Their keys are environment variables, as S3 clients, databases and Open Data Hub's data connections name
them: `AWS_ACCESS_KEY_ID`, `AWS_S3_ENDPOINT`, `PGHOST`. The pod refers to the secret with `envFrom`; the
kubelet reads the values. Variables of the hub take precedence, as Kubernetes prefers `env` to `envFrom`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial

from kubernetes_asyncio.client import V1EnvFromSource, V1Pod, V1SecretEnvSource

from ..home_volume import field, notebook_container
from ..object_names import object_name
from ..spawn_failures import SpawnRefused
from .labels import (
    CONNECTION,
    GROUPS,
    Obj,
    Unusable,
    annotations_of,
    groups_of_object,
    is_offered,
    labels_of,
    usable,
)

OPTION = "connections"  # in `user_options`
FIELD = "connection"  # in the form
_TITLE = "openshift.io/display-name"
_TEXTS = ("openshift.io/description", "description")
_TOKEN = "kubernetes.io/service-account.name"  # noqa: S105 (annotation of a service account's token)
_SENTENCE = "The secret {name} is not offered as a connection: it {reason}."


@dataclass(frozen=True)
class Connection:
    """A secret as the spawn page shows it; `groups` is None if everybody may choose it."""

    secret: str
    title: str
    description: str = ""
    groups: frozenset[str] | None = None


def connections(secrets: Iterable[Obj], application: str) -> tuple[list[Connection], list[str]]:
    """Return the usable secrets, sorted by title, and a sentence for each that is left out.

    `application` is the hub's name: its own secret and those of its users are never offered.
    """
    found, problems = usable(secrets, partial(_connection, application=application), _SENTENCE)
    return sorted(found, key=lambda each: (each.title.casefold(), each.secret)), problems


def _connection(secret: Obj, application: str) -> Connection | None:
    """Read the metadata of a secret; raise Unusable if nobody should choose it."""
    if not is_offered(secret, CONNECTION, (GROUPS,)):
        return None
    name, annotations = secret["metadata"]["name"], annotations_of(secret)
    if labels_of(secret).get("app.kubernetes.io/component") == "credentials" or name == application:
        raise Unusable("has the keys of a hub")
    if name.startswith(f"{application}-user-"):
        raise Unusable("belongs to one user")
    if _TOKEN in annotations:
        raise Unusable("has the token of a service account")
    if secret["metadata"].get("deletionTimestamp"):
        raise Unusable("is being deleted")
    text = next((annotations[key] for key in _TEXTS if annotations.get(key)), "")
    return Connection(name, annotations.get(_TITLE) or name, text, groups_of_object(secret))


def for_groups(offered: Iterable[Connection], groups: Collection[str]) -> list[Connection]:
    """The connections that a user with these groups may choose."""
    return [each for each in offered if each.groups is None or each.groups & set(groups)]


def chosen(user_options: object) -> list[str]:
    """Return the names of the chosen secrets, which a form or a client of the API has sent."""
    names = user_options.get(OPTION) if isinstance(user_options, dict) else None
    if not names:
        return []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SpawnRefused(f'"{OPTION}" should be a list of names, such as ["s3"].', reason="choice")
    return list(dict.fromkeys(names))


def refuse_others(names: Iterable[str], allowed: Iterable[Connection]) -> None:
    """Raise SpawnRefused for a name that the user may not choose; whether it exists is not told."""
    if others := sorted({*names} - {each.secret for each in allowed}):
        which = ", ".join(f'"{name}"' for name in others)
        noun = "the connection" if len(others) == 1 else "the connections"
        raise SpawnRefused(
            f"You may not use {noun} {which}, or this hub no longer offers it. "
            "Choose again: start the server from the hub's home page.",
            reason="choice",
            status_code=403,
        )


def user_secret(application: str, user: str) -> str:
    """The name of a user's own secret: the prefix, and the user as in the names of pods and claims."""
    return object_name(f"{application}-user-", user)


def with_environment_of(pod: V1Pod, required: Iterable[str], optional: Iterable[str]) -> V1Pod:
    """Make the keys of these secrets environment variables; of two with the same key, the last counts."""
    notebook = notebook_container(pod)
    present = {field(field(each, "secret_ref", "secretRef"), "name") for each in notebook.env_from or []}
    sources = [
        V1EnvFromSource(secret_ref=V1SecretEnvSource(name=name, optional=may_be_missing or None))
        for names, may_be_missing in ((required, False), (optional, True))
        for name in names
        if name not in present
    ]
    if sources:
        notebook.env_from = [*(notebook.env_from or []), *sources]
    return pod
