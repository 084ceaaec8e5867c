"""Shared volumes: labelled claims, mounted under `shared/` in the home of every server of their groups.

| claim | mounted |
|---|---|
| annotation `hub.jupyter.org/groups: a,b` | for members of a or b; without it for everybody |
| annotation `hub.jupyter.org/read-only: "true"`, or access mode ReadOnlyMany alone | read-only |
| of a user or of the hub's database; access mode ReadWriteOncePod | never |
| lost, being deleted, or pending though its class binds at once | not until that changes |
| its folder is a mount of the configuration | never: the configuration takes precedence |
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from kubernetes_asyncio.client import (
    V1PersistentVolumeClaimVolumeSource,
    V1Pod,
    V1Volume,
    V1VolumeMount,
)
from kubespawner.slugs import safe_slug

from ..home_volume import claim_of, field, mount_path, notebook_container
from .labels import (
    GROUPS,
    READ_ONLY,
    SHARED_VOLUME,
    Obj,
    Unusable,
    boolean,
    groups_of_object,
    is_offered,
    labels_of,
    usable,
)

FOLDER = "shared"
_OWNERS = {"singleuser-storage": "of a user", "database": "of a hub's database"}
_SLUG_LENGTH = 50  # a volume's name has at most 63 characters, `shared-claim-` included
_SENTENCE = "The claim {name} is not mounted: it {reason}."


@dataclass(frozen=True)
class SharedVolume:
    """A claim that servers mount; `groups` is None if everybody's do."""

    claim: str
    groups: frozenset[str] | None = None
    read_only: bool = False
    read_only_source: bool = False  # the volume itself can only be attached read-only


def shared_volumes(
    claims: Iterable[Obj], binding_modes: Mapping[str, str | None]
) -> tuple[list[SharedVolume], list[str]]:
    """Return the usable claims, sorted by name, and a sentence for each that is left out.

    `binding_modes` has the mode of each storage class that exists, None if it is unknown.
    """
    found, problems = usable(claims, partial(_shared_volume, binding_modes=binding_modes), _SENTENCE)
    return sorted(found, key=lambda volume: volume.claim), problems


def _shared_volume(claim: Obj, binding_modes: Mapping[str, str | None]) -> SharedVolume | None:
    """Read a claim; raise Unusable if no server should mount it."""
    if not is_offered(claim, SHARED_VOLUME, (GROUPS, READ_ONLY)):
        return None
    owner = _OWNERS.get(labels_of(claim).get("component", ""))
    if owner:
        raise Unusable(f"is the volume {owner}")
    groups, read_only = groups_of_object(claim), boolean(claim, READ_ONLY)
    modes = claim["spec"].get("accessModes") or []
    if modes == ["ReadWriteOncePod"]:
        raise Unusable("has the access mode ReadWriteOncePod, with which only one server could run")
    _check_state(claim, binding_modes)
    source = modes == ["ReadOnlyMany"]
    return SharedVolume(claim["metadata"]["name"], groups, read_only or source, source)


def _check_state(claim: Obj, binding_modes: Mapping[str, str | None]) -> None:
    """Raise Unusable for a claim with which no pod could be scheduled."""
    if claim["metadata"].get("deletionTimestamp"):
        raise Unusable("is being deleted")
    phase = claim.get("status", {}).get("phase")
    if phase == "Lost":
        raise Unusable("has lost its volume")
    storage_class = storage_class_of(claim)
    if phase == "Pending" and binding_modes.get(storage_class, "Immediate") == "Immediate":
        known = storage_class in binding_modes or not storage_class
        reason = "" if known else f"; the storage class {storage_class} does not exist"
        raise Unusable(f"is not bound to a volume{reason}")


def storage_class_of(claim: Obj) -> str:
    """The storage class of a claim; empty if it has none."""
    return str(claim["spec"].get("storageClassName") or "")


def single_node_claims(claims: Iterable[Obj]) -> list[str]:
    """The labelled claims that only the servers on one node can mount."""
    return [
        claim["metadata"]["name"]
        for claim in claims
        if claim["spec"].get("accessModes") == ["ReadWriteOnce"] and SHARED_VOLUME in labels_of(claim)
    ]


def for_groups(volumes: Iterable[SharedVolume], groups: Collection[str]) -> list[SharedVolume]:
    """The volumes that a user with these groups gets."""
    return [volume for volume in volumes if volume.groups is None or volume.groups & set(groups)]


def with_shared_volumes(pod: V1Pod, shared: Iterable[SharedVolume], home: str) -> tuple[V1Pod, list[str]]:
    """Mount the volumes under `shared/` of this home; return sentences about those that another hides.

    A volume of the configuration with the same claim is used, so that the pod has it once. What is mounted
    already stays as it is.
    """
    notebook, problems = notebook_container(pod), []
    for volume in shared:
        path = f"{home}/{FOLDER}/{volume.claim}"
        name = _volume_of(pod, volume.claim)
        mounted = {mount_path(each): field(each, "name") for each in notebook.volume_mounts or []}
        if name and mounted.get(path) == name:
            continue
        hidden = [
            each for each in mounted if each in (f"{home}/{FOLDER}", path) or each.startswith(f"{path}/")
        ]
        if hidden:
            reason = f"cannot be at {path}, as the configuration mounts a volume at {hidden[0]}"
            problems.append(_SENTENCE.format(name=volume.claim, reason=reason))
            continue
        if name is None:
            slug = safe_slug(volume.claim, max_length=_SLUG_LENGTH)
            taken = [field(each, "name") for each in pod.spec.volumes or []]
            name = next(each for each in (f"shared-{slug}", f"shared-claim-{slug}") if each not in taken)
            source = V1PersistentVolumeClaimVolumeSource(
                claim_name=volume.claim, read_only=volume.read_only_source or None
            )
            pod.spec.volumes = [
                *(pod.spec.volumes or []),
                V1Volume(name=name, persistent_volume_claim=source),
            ]
        mount = V1VolumeMount(name=name, mount_path=path, read_only=volume.read_only or None)
        notebook.volume_mounts = [*(notebook.volume_mounts or []), mount]
    return pod, problems


def _volume_of(pod: V1Pod, claim: str) -> str | None:
    """The name of the pod's volume of a claim."""
    names = [str(field(each, "name")) for each in pod.spec.volumes or [] if claim_of(each) == claim]
    return names[0] if names else None
