"""Admission of pods: service account, token volume, tolerations, priority."""

from __future__ import annotations

from sandbox.admission.usage import is_best_effort
from sandbox.apimachinery.errors import forbidden
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.store import Store, random_suffix

PRIORITIES = {"system-cluster-critical": 2000000000, "system-node-critical": 2000001000}
PRIORITY_CLASSES = "priorityclasses.scheduling.k8s.io"
SERVICE_ACCOUNT_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount"


def service_account(pod: Obj, store: Store, project: Project) -> None:
    """Apply the plugin ServiceAccount: pull secrets and the token volume."""
    spec, name = pod["spec"], pod["metadata"].get("name", "")
    account_name = spec["serviceAccountName"] = spec.get("serviceAccountName") or "default"
    spec["serviceAccount"] = account_name
    account = store.find("serviceaccounts", account_name)
    if account is None:
        why = f'serviceaccount "{account_name}" not found'
        raise forbidden(
            "pods", name, f"error looking up service account {project.name}/{account_name}: {why}"
        )
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = [dict(secret) for secret in account["imagePullSecrets"]]
    wanted = spec.get("automountServiceAccountToken")
    if wanted is None:
        wanted = account.get("automountServiceAccountToken")
    if wanted is not False:
        _mount_token(spec)


def tolerations(pod: Obj, store: Store) -> None:
    """Apply the plugins DefaultTolerationSeconds, PodTolerationRestriction and Priority."""
    spec = pod["spec"]
    there = spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(
            each.get("key") in (None, key) and each.get("effect") in (None, "NoExecute") for each in there
        ):
            there.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    if not is_best_effort(pod):
        pressure = {"key": "node.kubernetes.io/memory-pressure", "operator": "Exists", "effect": "NoSchedule"}
        if pressure not in there:
            there.append(pressure)
    found = _priority_class(pod, store)
    spec.setdefault("priority", found["value"])
    spec.setdefault("preemptionPolicy", found.get("preemptionPolicy", "PreemptLowerPriority"))


def _priority_class(pod: Obj, store: Store) -> Obj:
    name = pod["spec"].get("priorityClassName")
    if not name:
        return {"value": 0}
    if name in PRIORITIES:
        return {"value": PRIORITIES[name]}
    if found := store.find(PRIORITY_CLASSES, name):
        return found
    raise forbidden("pods", pod["metadata"].get("name", ""), f"no PriorityClass with name {name} was found")


def _mount_token(spec: Obj) -> None:
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    lacking = [each for each in containers if not _mounted(each)]
    if not lacking:
        return
    name = f"kube-api-access-{random_suffix()}"
    for container in lacking:
        container.setdefault("volumeMounts", []).append(
            {"name": name, "readOnly": True, "mountPath": SERVICE_ACCOUNT_DIRECTORY}
        )
    field = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources: list[Obj] = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [field]}},
        {
            "configMap": {
                "name": "openshift-service-ca.crt",
                "items": [{"key": "service-ca.crt", "path": "service-ca.crt"}],
            }
        },
    ]
    spec.setdefault("volumes", []).append(
        {"name": name, "projected": {"sources": sources, "defaultMode": 0o644}}
    )


def _mounted(container: Obj) -> bool:
    return any(
        mount.get("mountPath") == SERVICE_ACCOUNT_DIRECTORY for mount in container.get("volumeMounts") or []
    )
