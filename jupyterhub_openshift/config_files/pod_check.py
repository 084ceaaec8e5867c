"""Build the pod of a sample user, for each profile, and validate it against the Kubernetes API."""

import difflib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from unittest.mock import patch

import kubespawner.spawner
from jupyterhub import orm
from jupyterhub.app import JupyterHub
from jupyterhub.user import User
from kubernetes_asyncio import client
from kubespawner import KubeSpawner
from traitlets import TraitError

from ..spawner.openshift_spawner import OpenShiftSpawner
from ..tracebacks import own_lines
from .pod_schema import Obj, manifest_problems

SAMPLE_USER = "sample-user"


async def pod_problems(app: JupyterHub) -> list[str]:
    """Return why a server could not start; `app` is an initialized JupyterHub."""
    problems: dict[str, None] = {}
    with without_cluster():
        for profile, build in _spawners(app):
            try:
                found = await _problems(build())
            except Exception as error:
                found = _explained(error)
            where = f"in the profile {profile!r} " if profile else ""
            problems |= {f"{where}{problem}": None for problem in found if problem not in problems}
    return [*problems]


async def sample_servers(app: JupyterHub) -> list[tuple[str, list[Obj]]]:
    """Return profile, and pod and claim of a sample user; the profile is "" for the server without one.

    A server is left out if a function of the configuration raises an error for the sample user.
    """
    found = []
    with without_cluster():
        for profile, build in _spawners(app):
            with suppress(Exception):
                found.append((profile, [manifest for manifest, _ in await _manifests(build())]))
    return found


def _spawners(app: JupyterHub) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the spawner of a sample user, and one for each profile: as functions, since an override may fail.

    Profiles that are computed at spawn time cannot be checked.
    """
    if not issubclass(app.spawner_class, KubeSpawner):
        return
    user = _sample_user(app)
    spawner = user._new_spawner("")
    yield "", lambda: spawner
    if not spawner.profile_list or callable(spawner.profile_list):
        return
    for profile in spawner._get_initialized_profile_list(spawner._sorted_dict_values(spawner.profile_list)):
        for overrides in _overrides(profile.get("profile_options") or {}):
            all_overrides = [profile.get("kubespawner_override") or {}, *overrides]
            yield profile["display_name"], partial(_with_overrides, user, all_overrides)


def _with_overrides(user: User, overrides: list[dict[str, Any]]) -> Any:  # noqa: ANN401 (KubeSpawner)
    spawner = user._new_spawner("")
    for override in overrides:
        spawner._apply_overrides(override)
    return spawner


def _overrides(options: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Yield overrides so that each choice of each option occurs; there may be too many combinations."""
    choices = [list(option["choices"].values()) for option in options.values() if option.get("choices")]
    for row in [*itertools.zip_longest(*choices)] or [()]:
        yield [choice.get("kubespawner_override") or {} for choice in row if choice]


async def _problems(spawner: Any) -> list[str]:  # noqa: ANN401 (KubeSpawner)
    """Return the problems of the objects that this spawner would create."""
    if found := [*_of_environment(spawner)]:
        return found  # KubeSpawner fails for them
    try:
        manifests = await _manifests(spawner)
    except Exception as error:  # a spawn would fail with it
        return _explained(error)
    return [problem for manifest, kind in manifests for problem in manifest_problems(manifest, kind)]


async def _manifests(spawner: Any) -> list[tuple[Obj, str]]:  # noqa: ANN401 (KubeSpawner)
    """Return the objects that this spawner would create, as JSON, and their models."""
    if isinstance(spawner, OpenShiftSpawner):
        pod = await spawner.unresolved_pod_manifest()
    else:
        pod = await spawner.get_pod_manifest()
    objects = [(pod, "V1Pod")]
    if spawner.storage_pvc_ensure:
        objects.append((spawner.get_pvc_manifest(), "V1PersistentVolumeClaim"))
    serialize = spawner.api.api_client.sanitize_for_serialization
    return [(serialize(each), kind) for each, kind in objects]


def _of_environment(spawner: Any) -> Iterator[str]:  # noqa: ANN401 (KubeSpawner)
    for name, given in spawner.environment.items():
        value = given
        if callable(given):
            with suppress(Exception):  # it may expect what the sample user lacks
                value = given(spawner)
        if isinstance(value, (bool, int, float)):
            text = str(value).lower() if isinstance(value, bool) else str(value)
            yield f"the variable {name!r} should be text, but is {type(value).__name__}. Write {text!r}"
        elif isinstance(value, (bytes, list, set, tuple)):
            yield f"the variable {name!r} should be text, but is {type(value).__name__}"


def _explained(error: Exception) -> list[str]:
    """Return an exception as a sentence; none if a function of the configuration raised it.

    Such a function may expect what the sample user lacks, such as an e-mail address for a name.
    """
    return [] if own_lines(error) else [_sentence(error)]


def _sentence(error: Exception) -> str:
    """Return an exception of KubeSpawner or of the API's models as a sentence."""
    text = " ".join(str(error).split())
    if match := re.fullmatch(r"'V1(\w+)' did not have an attribute matching '(\w+)'", text):
        fields = getattr(client, f"V1{match[1]}").attribute_map.values()
        near = difflib.get_close_matches(match[2], fields, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"has {match[2]!r}, which is not a field of a {match[1]} in the Kubernetes API{hint}"
    if match := re.fullmatch(r"Invalid value for `(\w+)`, must not be `None`", text):
        return f"lacks the field {re.sub('_(.)', lambda letter: letter[1].upper(), match[1])!r}"
    if match := re.fullmatch(r"Expected object of type 'dict' \(or 'V1(\w+)'\) but got '(\w+)'\.", text):
        return f"each {match[1]} should be a dict, but one is {match[2]}"
    if type(error) is KeyError:
        return f"the key {error.args[0]!r} is missing"
    readable = isinstance(error, (ValueError, TraitError)) and text
    return text if readable else f"{type(error).__name__}: {text}"


def _sample_user(app: JupyterHub) -> User:
    record = orm.User(name=SAMPLE_USER)
    app.db.add(record)
    app.db.commit()
    return User(record, app.tornado_settings)


@contextmanager
def without_cluster() -> Iterator[None]:
    """Let KubeSpawner do without the credentials of a cluster: the check sends it no request."""
    with patch.object(kubespawner.spawner, "load_config"):
        yield
