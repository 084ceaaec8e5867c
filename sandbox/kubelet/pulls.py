"""Pulling images: here, finding them in the sandbox's own store; what fails fails in a cluster's words."""

from __future__ import annotations

import asyncio
import time

from sandbox.containers.image_store import Image
from sandbox.kubelet.node import NodePod
from sandbox.kubelet.status import Record
from sandbox.validation.openshift import REFERENCE


async def pull(pod: NodePod, record: Record) -> Image:
    """The image of a container; waits, with a longer and longer back-off, until there is one."""
    reference = record.spec["image"]
    events, node = pod.node.events, pod.node
    if not REFERENCE.fullmatch(reference):
        await _invalid_name(pod, record)
    delays = iter(node.back_off)
    while True:
        if reference in node.pulled and (image := node.images.get(reference)):
            present = "already present on machine and can be accessed by the pod"
            events.normal(pod.pod, "Pulled", f'Container image "{reference}" {present}', record.field_path)
            return image
        events.normal(pod.pod, "Pulling", f'Pulling image "{reference}"', record.field_path)
        began = time.monotonic()
        image = await asyncio.to_thread(node.find_image, reference)
        if image:
            took = f"{(time.monotonic() - began) * 1000:.0f}ms"
            size = f"Image size: {image.size} bytes."
            text = f'Successfully pulled image "{reference}" in {took} ({took} including waiting). {size}'
            events.normal(pod.pod, "Pulled", text, record.field_path)
            node.pulled.add(reference)
            return image
        await _failed(pod, record, next(delays, node.back_off[-1]))


async def _failed(pod: NodePod, record: Record, delay: float) -> None:
    reference = record.spec["image"]
    repository, _, tag = reference.rpartition("@" if "@" in reference else ":")
    why = (
        f"initializing source docker://{reference}: reading manifest {tag} in {repository}: manifest unknown"
    )
    _warn(pod, record, f'Failed to pull image "{reference}": {why}')
    _warn(pod, record, "Error: ErrImagePull")
    record.wait("ErrImagePull", why)
    pod.publish()
    await asyncio.sleep(min(1.0, delay))
    back_off = f'Back-off pulling image "{reference}"'
    pod.node.events.normal(pod.pod, "BackOff", back_off, record.field_path)
    _warn(pod, record, "Error: ImagePullBackOff")
    record.wait("ImagePullBackOff", f"{back_off}: ErrImagePull: {why}")
    pod.publish()
    await asyncio.sleep(max(0.0, delay - 1.0))


async def _invalid_name(pod: NodePod, record: Record) -> None:
    """Nothing will help; it stays so until the pod is deleted."""
    reference = record.spec["image"]
    lower = reference.rpartition("/")[2].lower() == reference.rpartition("/")[2]
    why = (
        "invalid reference format" if lower else "invalid reference format: repository name must be lowercase"
    )
    text = f'Failed to apply default image tag "{reference}": couldn\'t parse image name "{reference}": {why}'
    pod.node.events.warning(pod.pod, "InspectFailed", text, record.field_path)
    _warn(pod, record, "Error: InvalidImageName")
    record.wait("InvalidImageName", text)
    pod.publish()
    await asyncio.Event().wait()


def _warn(pod: NodePod, record: Record, message: str) -> None:
    pod.node.events.warning(pod.pod, "Failed", message, record.field_path)
