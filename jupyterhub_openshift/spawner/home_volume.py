"""The user's volume is mounted at the image's home, whatever other volumes a configuration file adds.

`c.KubeSpawner.volumes`, `volume_mounts`, `extra_pod_config`, a `modify_pod_hook` and a profile's
`kubespawner_override` replace what was set before, so the home volume is added to the finished pod:

| in the pod | the home volume |
|---|---|
| nothing at the home | is added beside the pod's other volumes |
| the user's claim at the home | is that one |
| another volume at the home | a HomeTaken error, unless `c.OpenShiftSpawner.home_volume = False` |

A volume covers the image's files at its mount path, so an init container of the notebook's image copies them
into the volume, once for each contract (see `image_contracts`): the image's shell runs `setup-volume.sh`. It
also makes the folders where other volumes are mounted in the home: the container runtime would make them as
root, so that the user could never remove them.
"""

import re
from pathlib import Path

from kubernetes_asyncio.client import (
    V1Container,
    V1EmptyDirVolumeSource,
    V1PersistentVolumeClaimVolumeSource,
    V1Pod,
    V1Volume,
    V1VolumeMount,
)

from ..errors import ConfigurationFault
from .image_contracts import MINIMAL_NOTEBOOK, Contract

SETUP_CONTAINER = "setup-volume"
MOUNTED_AT = "/mnt/volume"
_SETUP_FILE = Path(__file__).with_name("setup-volume.sh")
SETUP = re.sub(r"(?m)^#.*\n", "", _SETUP_FILE.read_text()).strip()


class HomeTaken(ConfigurationFault):
    """Another volume is mounted where the user's volume belongs."""

    def __init__(self, volume: str, home: str) -> None:
        super().__init__(
            f"mounts the volume {volume} at {home}, which is the place of each user's own volume. Mount it "
            f"elsewhere, or turn the users' volumes off: c.OpenShiftSpawner.home_volume = False."
        )


def with_home_volume(pod: V1Pod, claim: str, home: str) -> V1Pod:
    """Add the user's volume to the pod, or raise a HomeTaken error."""
    notebook = notebook_container(pod)
    volumes = {field(volume, "name"): volume for volume in pod.spec.volumes or []}
    if mount := _mount_at(notebook, home):
        name = field(mount, "name")
        if claim_of(volumes.get(name)) != claim:
            raise HomeTaken(str(name), home)
        return pod
    source = V1PersistentVolumeClaimVolumeSource(claim_name=claim)
    return _with_volume(pod, home, persistent_volume_claim=source)


def with_home_in_pod(pod: V1Pod, home: str) -> V1Pod:
    """Add a home that is deleted with the pod, unless a volume is mounted there."""
    if _mount_at(notebook_container(pod), home):
        return pod
    return _with_volume(pod, home, empty_dir=V1EmptyDirVolumeSource())


def _with_volume(pod: V1Pod, home: str, **source: object) -> V1Pod:
    notebook = notebook_container(pod)
    taken = {field(volume, "name") for volume in pod.spec.volumes or []}
    name = next(name for name in ("home", "user-home", "openshift-user-home") if name not in taken)
    pod.spec.volumes = [V1Volume(name=name, **source), *(pod.spec.volumes or [])]
    notebook.volume_mounts = [V1VolumeMount(name=name, mount_path=home), *(notebook.volume_mounts or [])]
    return pod


def with_volume_setup(pod: V1Pod, contract: Contract = MINIMAL_NOTEBOOK) -> V1Pod:
    """Add the init container that copies the image's files, if a volume is mounted at the image's home."""
    notebook, present = notebook_container(pod), pod.spec.init_containers or []
    mount = _mount_at(notebook, contract.home)
    if mount is None or SETUP_CONTAINER in [field(each, "name") for each in present]:
        return pod
    folders = _folders(notebook.volume_mounts, contract.home)
    arguments = [contract.home, MOUNTED_AT, _mark(contract), *folders]
    setup = V1Container(
        name=SETUP_CONTAINER,
        image=notebook.image,
        image_pull_policy=notebook.image_pull_policy,
        command=["/bin/sh", "-c", SETUP, SETUP_CONTAINER, *arguments],
        resources=notebook.resources,
        security_context=notebook.security_context,
        volume_mounts=[
            V1VolumeMount(
                name=field(mount, "name"), mount_path=MOUNTED_AT, sub_path=field(mount, "sub_path", "subPath")
            )
        ],
    )
    pod.spec.init_containers = [setup, *present]
    return pod


def notebook_container(pod: V1Pod) -> V1Container:
    """Return the container of the server: a hook may have put others before it."""
    containers = pod.spec.containers
    return next((each for each in containers if field(each, "name") == "notebook"), containers[0])


def _folders(mounts: list[object], home: str) -> list[str]:
    """Return the folders of other volumes in the home."""
    paths = map(mount_path, mounts)
    return [path.removeprefix(f"{home}/") for path in paths if path.startswith(f"{home}/")]


def field(part: object, *names: str) -> object:
    """Return a field of a pod's part: `extra_pod_config` leaves plain dicts among the API's models."""
    if isinstance(part, dict):
        return next((part[name] for name in names if name in part), None)
    return getattr(part, names[0], None)


def _mark(contract: Contract) -> str:
    """The contract in the name of the file that remembers the copy; earlier hubs made the one without."""
    return "" if contract == MINIMAL_NOTEBOOK else contract.name


def _mount_at(container: V1Container, home: str) -> object | None:
    return next((mount for mount in container.volume_mounts or [] if mount_path(mount) == home), None)


def mount_path(mount: object) -> str:
    """The path of a mount, without a slash at its end."""
    return str(field(mount, "mount_path", "mountPath") or "").rstrip("/")


def claim_of(volume: object) -> object:
    """The name of the claim that a volume of the pod refers to, if it does."""
    source = field(volume, "persistent_volume_claim", "persistentVolumeClaim")
    return field(source, "claim_name", "claimName")
