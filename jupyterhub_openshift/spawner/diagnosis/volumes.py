"""Problems with a volume: a claim that cannot be bound, a volume that is not attached or mounted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .containers import command_for, missing_object
from .problem import (
    ADMINISTRATOR,
    TRY_AGAIN,
    UNTIL_TIMEOUT,
    Events,
    Obj,
    Problem,
    condition,
    container_statuses,
    messages_of,
    quoted,
    waiting_state,
)

CLAIM_PATIENCE = 15  # the scheduler may see a new claim later than the hub
DEFAULT_CLASS_PATIENCE = 30
MOUNT_PATIENCE = 15  # the kubelet has then tried five times
PROVISIONING = "Your volume is being created. This can take a minute."
_CLASS = re.compile(r'storageclass\.storage\.k8s\.io "(?P<name>[^"]+)" not found')
_NO_CLAIM = re.compile(r'persistentvolumeclaim "(?P<name>[^"]+)" not found')
_UNBOUND = "unbound immediate PersistentVolumeClaims"
_REFUSED = re.compile(r"code = (InvalidArgument|OutOfRange|Unimplemented)|access mode", re.I)
_MISSING_KEY = re.compile(r"references non-existent (?P<kind>secret|config) key: (?P<key>\S+)")
_ATTACHED = re.compile(r"Multi-Attach error|already exclusively attached|ReadWriteOncePod access mode", re.I)


def volume_problem(pod: Obj, claims: Iterable[Obj], events: Events) -> Problem | None:
    """Return what is wrong with a volume of the pod; None if all are mounted or no volume is in the way."""
    scheduling = condition(pod, "PodScheduled")
    message = scheduling.get("message") or ""
    for claim in claims:
        if problem := _claim_problem(claim, events):
            return problem
    if match := _NO_CLAIM.search(message):
        return Problem(
            "claim-missing",
            f'The volume claim "{match["name"]}" of your server does not exist. {ADMINISTRATOR}',
            message,
            waiting=f'Your server waits for the volume claim "{match["name"]}".',
            patience=CLAIM_PATIENCE,
            command="oc get pvc",
        )
    if _UNBOUND in message:
        return Problem(
            "claim-unbound",
            f"The cluster did not create the volume of your server. {TRY_AGAIN}",
            message,
            waiting=PROVISIONING,
            patience=UNTIL_TIMEOUT,
            command="oc describe pvc",
        )
    return None if _is_mounted(pod, events) else _mount_problem(events)


def _claim_problem(claim: Obj, events: Events) -> Problem | None:
    name = claim["metadata"]["name"]
    phase = claim.get("status", {}).get("phase")
    command = f"oc describe pvc {name}"
    if phase == "Lost":
        return Problem(
            "claim-lost",
            f'The volume of the claim "{name}" no longer exists. {ADMINISTRATOR}',
            command=command,
        )
    if phase == "Bound":
        return None
    own = [
        event
        for event in events
        if event["involvedObject"].get("kind") == "PersistentVolumeClaim"
        and event["involvedObject"].get("name") == name
    ]
    failures = messages_of(own, "ProvisioningFailed", "FailedBinding", "VolumeMismatch")
    if not failures:
        return None
    text = failures[-1]
    if match := _CLASS.search(text):
        return Problem(
            "storage-class-missing",
            f'The storage class "{match["name"]}" of your volume does not exist. {ADMINISTRATOR}',
            text,
            command=command,
        )
    if "no storage class is set" in text:
        return Problem(
            "no-storage-class",
            "The cluster has no volume for your server and no default storage class to create one. "
            f"{ADMINISTRATOR}",
            text,
            waiting="The cluster has no default storage class yet, which would create your volume.",
            patience=DEFAULT_CLASS_PATIENCE,
            command=command,
        )
    return Problem(
        "volume-refused" if _REFUSED.search(text) else "volume-provisioning",
        f"The storage of the cluster cannot create the volume of your server: {_reason(text)}. "
        f"{ADMINISTRATOR}",
        text,
        waiting=f"The cluster could not create your volume yet, and tries again: {_reason(text)}.",
        patience=0 if _REFUSED.search(text) else UNTIL_TIMEOUT,
        command=command,
    )


def _reason(text: str) -> str:
    """The provisioner's reason, without the frame of the RPC."""
    return quoted(text.rpartition("desc = ")[2])


def _is_mounted(pod: Obj, events: Events) -> bool:
    """Return True once a container or its pull has started, which the kubelet does after all mounts."""
    if condition(pod, "PodReadyToStartContainers").get("status") == "True":
        return True
    if messages_of(events, "Pulling", "Pulled", "Created", "Started"):
        return True
    return any(
        waiting_state(status)[0] not in ("ContainerCreating", "PodInitializing")
        for status, _ in container_statuses(pod)
    )


def _mount_problem(events: Events) -> Problem | None:
    failed = [event for event in events if event.get("reason") in ("FailedMount", "FailedAttachVolume")]
    if not failed:
        return None
    text = failed[-1].get("message") or ""
    if _ATTACHED.search(text):
        return Problem(
            "volume-attached",
            "Your volume is still attached to another node, where another pod uses it. Stop the server or "
            "pod that uses it, or try again in a few minutes.",
            text,
            waiting="Your volume is still attached to another node. The cluster waits until it is free.",
            patience=UNTIL_TIMEOUT,
        )
    if missing := missing_object(text):
        kind, name, description = missing
        return Problem(
            "secret-volume-missing" if kind == "secret" else "config-map-volume-missing",
            f"Your server needs a volume with a {kind}, but {description}. {ADMINISTRATOR}",
            text,
            waiting=f"Your server waits: {description}.",
            patience=MOUNT_PATIENCE,
            command=command_for(kind, name),
        )
    if match := _MISSING_KEY.search(text):
        kind = "secret" if match["kind"] == "secret" else "config map"
        return Problem(
            "secret-volume-missing" if kind == "secret" else "config-map-volume-missing",
            f'Your server needs a volume with the key "{match["key"]}" of a {kind}, which does not exist. '
            f"{ADMINISTRATOR}",
            text,
            waiting=f'Your server waits: a {kind} has no key "{match["key"]}".',
            patience=MOUNT_PATIENCE,
        )
    return Problem(
        "volume-mount",
        f"The node cannot mount a volume of your server: {quoted(text)}. {TRY_AGAIN}",
        text,
        waiting="The node could not mount your volume yet, and tries again.",
        patience=UNTIL_TIMEOUT,
    )
