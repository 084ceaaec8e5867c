"""The user's volume is mounted at the image's home, whatever other volumes a configuration file adds.

`c.KubeSpawner.volumes`, `volume_mounts`, `extra_pod_config`, a `modify_pod_hook` and a profile's
`kubespawner_override` replace what was set before, so the home volume is added to the finished pod:

| in the pod | the home volume |
|---|---|
| nothing at the home | is added beside the pod's other volumes |
| the user's claim at the home | is that one |
| another volume at the home | a HomeTaken error, unless `c.OpenShiftSpawner.home_volume = False` |

A volume covers the image's files at its mount path, so an init container of the notebook's image copies them
into an empty volume. An image without our `setup-volume.sh` starts with the volume as it is. The container
then makes the folders where other volumes are mounted in the home: the container runtime would make them as
root, so that the user could never remove them.
"""

import shlex

from kubernetes_asyncio.client import (
    V1Container,
    V1PersistentVolumeClaimVolumeSource,
    V1Pod,
    V1Volume,
    V1VolumeMount,
)

from ..errors import ConfigurationFault

HOME = "/opt/app-root/src"  # the home directory in every sclorg Python image
SETUP_CONTAINER = "setup-volume"
MOUNTED_AT = "/mnt/volume"
SCRIPT = "/opt/app-root/bin/setup-volume.sh"
SETUP = f"test ! -x {SCRIPT} || {SCRIPT} {HOME} {MOUNTED_AT}"


class HomeTaken(ConfigurationFault):
    """Another volume is mounted where the user's volume belongs."""

    def __init__(self, volume: str) -> None:
        super().__init__(
            f"mounts the volume {volume} at {HOME}, which is the place of each user's own volume. Mount it "
            f"elsewhere, or turn the users' volumes off: c.OpenShiftSpawner.home_volume = False."
        )


def with_home_volume(pod: V1Pod, claim: str) -> V1Pod:
    """Add the user's volume to the pod, or raise a HomeTaken error."""
    notebook = notebook_container(pod)
    volumes = {field(volume, "name"): volume for volume in pod.spec.volumes or []}
    mounts = notebook.volume_mounts or []
    at_home = [field(mount, "name") for mount in mounts if mount_path(mount) == HOME]
    if at_home:
        if claim_of(volumes.get(at_home[0])) != claim:
            raise HomeTaken(str(at_home[0]))
        return pod
    name = next(name for name in ("home", "user-home", "openshift-user-home") if name not in volumes)
    source = V1PersistentVolumeClaimVolumeSource(claim_name=claim)
    pod.spec.volumes = [V1Volume(name=name, persistent_volume_claim=source), *(pod.spec.volumes or [])]
    notebook.volume_mounts = [V1VolumeMount(name=name, mount_path=HOME), *mounts]
    return pod


def with_volume_setup(pod: V1Pod) -> V1Pod:
    """Add the init container that copies the image's files, if a volume is mounted at the image's home."""
    notebook, present = notebook_container(pod), pod.spec.init_containers or []
    mount = next((each for each in notebook.volume_mounts or [] if mount_path(each) == HOME), None)
    if mount is None or SETUP_CONTAINER in [field(each, "name") for each in present]:
        return pod
    setup = V1Container(
        name=SETUP_CONTAINER,
        image=notebook.image,
        image_pull_policy=notebook.image_pull_policy,
        command=["/bin/sh", "-c", SETUP + _make_folders(notebook.volume_mounts)],
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


def _make_folders(mounts: list[object]) -> str:
    """Return the shell words that make the folders of other volumes in the home."""
    inside = [path for mount in mounts if (path := mount_path(mount)).startswith(f"{HOME}/")]
    folders = [shlex.quote(MOUNTED_AT + path.removeprefix(HOME)) for path in inside]
    return f" && mkdir -p {' '.join(folders)}" if folders else ""


def field(part: object, *names: str) -> object:
    """Return a field of a pod's part: `extra_pod_config` leaves plain dicts among the API's models."""
    if isinstance(part, dict):
        return next((part[name] for name in names if name in part), None)
    return getattr(part, names[0], None)


def mount_path(mount: object) -> str:
    """The path of a mount, without a slash at its end."""
    return str(field(mount, "mount_path", "mountPath") or "").rstrip("/")


def claim_of(volume: object) -> object:
    """The name of the claim that a volume of the pod refers to, if it does."""
    source = field(volume, "persistent_volume_claim", "persistentVolumeClaim")
    return field(source, "claim_name", "claimName")
