"""The audit log, `log/audit.log`: one line for each request with user, object and decision.

A test derives the permissions of the hub's service account from it.
https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

from sandbox.authorization.rbac import Ask
from sandbox.authorization.users import User

FILE = "log/audit.log"

log = logging.getLogger(__name__)
log.propagate = False


def record(user: User, ask: Ask, *, allowed: bool) -> None:
    """Write one event."""
    resource, _, subresource = ask.resource.partition("/")
    place = {"apiGroup": ask.group, "resource": resource, "subresource": subresource}
    place |= {"namespace": ask.namespace, "name": ask.name}
    event = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "verb": ask.verb,
        "user": {"username": user.name},
        "objectRef": {key: value for key, value in place.items() if value},
        "annotations": {"authorization.k8s.io/decision": "allow" if allowed else "forbid"},
    }
    log.info(json.dumps(event))


def to_file(state: Path) -> None:
    """Write events to a new file from now on."""
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
    log.setLevel(logging.INFO)
    log.addHandler(logging.FileHandler(state / FILE, mode="w"))
