"""Who asked for what, and whether it was allowed: a line each in `log/audit.log`, as in a cluster's.

From it a test derives the rights that the hub's service account uses.
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
    """One event."""
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
    """From now on, into a file of this run."""
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()
    log.setLevel(logging.INFO)
    log.addHandler(logging.FileHandler(state / FILE, mode="w"))
