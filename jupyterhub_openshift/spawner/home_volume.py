"""A user's volume covers the files that the image has in its place, so the first start copies them into it.

An init container of the notebook's own image does it. An image that has no `setup-volume.sh` of ours starts
with the volume as it is.
"""

from kubernetes_asyncio.client import V1Container, V1Pod, V1VolumeMount

HOME = "/opt/app-root/src"  # of every sclorg Python image
MOUNTED_AT = "/mnt/volume"
SCRIPT = "/opt/app-root/bin/setup-volume.sh"
SETUP = f"test ! -x {SCRIPT} || exec {SCRIPT} {HOME} {MOUNTED_AT}"


def with_volume_setup(pod: V1Pod) -> V1Pod:
    """The pod, with that container if a volume is mounted over the image's home."""
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
