"""Image pulls: find a container's image on this node, or report why it cannot be pulled, and try again."""

from __future__ import annotations

import asyncio
import time

from sandbox.containers.image_store import Image
from sandbox.kubelet import registries
from sandbox.kubelet.node import BACK_OFF, SYNC_PERIOD, PodOnNode
from sandbox.kubelet.status import Record

FIRST_BACK_OFF = 1.0  # from the failed pull to the next look at the pod, which finds the back-off
PRESENT = "already present on machine and can be accessed by the pod"


async def pull(pod: PodOnNode, record: Record) -> Image:
    """Return the image of a container; wait, with a growing back-off, until there is one."""
    reference = record.spec["image"]
    try:
        parsed = registries.parse(reference)
    except registries.InvalidReference as problem:
        return await _never(pod, record, "InvalidImageName", "InspectFailed", _invalid(reference, problem))
    events, node = pod.node.events, pod.node
    policy = record.spec.get("imagePullPolicy") or ("Always" if parsed.tag == "latest" else "IfNotPresent")
    delays = iter(BACK_OFF)
    while True:
        if policy != "Always" and reference in node.pulled and (image := node.find_image(reference)):
            events.normal(pod.pod, "Pulled", f'Container image "{reference}" {PRESENT}', record.field_path)
            return image
        if policy == "Never":
            text = f'Container image "{reference}" is not present with pull policy of Never'
            return await _never(pod, record, "ErrImageNeverPull", "ErrImageNeverPull", text)
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
        why = await registries.refusal(parsed, node.project.image_repository("").partition("/")[0])
        await _back_off(pod, record, why, next(delays, BACK_OFF[-1]))


async def _back_off(pod: PodOnNode, record: Record, why: str, delay: float) -> None:
    reference = record.spec["image"]
    _warn(pod, record, f'Failed to pull image "{reference}": {why}')
    _warn(pod, record, "Error: ErrImagePull")
    record.wait("ErrImagePull", why)
    pod.publish()
    await pod.node.wait(min(FIRST_BACK_OFF, delay))
    back_off = f'Back-off pulling image "{reference}"'
    pod.node.events.normal(pod.pod, "BackOff", back_off, record.field_path)
    _warn(pod, record, "Error: ImagePullBackOff")
    record.wait("ImagePullBackOff", f"{back_off}: ErrImagePull: {why}")
    pod.publish()
    await pod.node.wait(max(0.0, delay - FIRST_BACK_OFF))


async def _never(pod: PodOnNode, record: Record, reason: str, event: str, message: str) -> Image:
    """Report at each look at the pod what cannot change by itself, until the pod is deleted."""
    while True:
        pod.node.events.warning(pod.pod, event, message, record.field_path)
        _warn(pod, record, f"Error: {reason}")
        record.wait(reason, message)
        pod.publish()
        await pod.node.wait(SYNC_PERIOD)


def _invalid(reference: str, problem: Exception) -> str:
    parsing = f'couldn\'t parse image name "{reference}": {problem}'
    return f'Failed to apply default image tag "{reference}": {parsing}'


def _warn(pod: PodOnNode, record: Record, message: str) -> None:
    pod.node.events.warning(pod.pod, "Failed", message, record.field_path)
