"""Adds an init container that copies the image's home directory into a new volume.

A volume mounted over the home directory hides the files that the image has there. The init container runs
`setup-volume.sh` from the notebook image; an image without that script starts with the volume unchanged.
"""

from kubernetes_asyncio.client import V1Container, V1Pod, V1VolumeMount

HOME = "/opt/app-root/src"  # the home directory in every sclorg Python image
MOUNTED_AT = "/mnt/volume"
SCRIPT = "/opt/app-root/bin/setup-volume.sh"
SETUP = f"test ! -x {SCRIPT} || exec {SCRIPT} {HOME} {MOUNTED_AT}"


def with_volume_setup(pod: V1Pod) -> V1Pod:
    """Add the init container to a pod that mounts a volume over the image's home directory."""
    notebook = pod.spec.containers[0]
    mount = next((each for each in notebook.volume_mounts or [] if each.mount_path == HOME), None)
    if mount is None:
        return pod
    setup = V1Container(
        name="setup-volume",
        image=notebook.image,
        image_pull_policy=notebook.image_pull_policy,
        command=["/bin/sh", "-c", SETUP],
        resources=notebook.resources,
        security_context=notebook.security_context,
        volume_mounts=[V1VolumeMount(name=mount.name, mount_path=MOUNTED_AT, sub_path=mount.sub_path)],
    )
    pod.spec.init_containers = [setup, *(pod.spec.init_containers or [])]
    return pod
