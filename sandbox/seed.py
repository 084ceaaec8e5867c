"""The objects of a new project."""

from __future__ import annotations

from sandbox.admission.scc import CONSTRAINTS, mcs_level
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.resource_keys import RBAC_GROUP, ROLE_BINDINGS
from sandbox.apimachinery.store import Store
from sandbox.authorization import rbac

NODE_SIZE = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "200Gi", "pods": "2500"}
ACCOUNTS = ("builder", "default", "deployer")


def fill(store: Store, project: Project, certificates: str = "") -> None:
    """Create the namespace with its UID range, cluster roles, SCCs, service accounts and a storage class."""
    store.create("namespaces", _namespace(project))
    for resource, obj in rbac.cluster_objects():
        store.create(resource, obj)
    for constraint in CONSTRAINTS:
        store.create("securitycontextconstraints.security.openshift.io", constraint)
    store.create("storageclasses.storage.k8s.io", _storage_class())
    for name in ACCOUNTS:
        meta = {"name": name, "namespace": project.name}
        store.create("serviceaccounts", {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": meta})
    for name, role, subject in (
        ("admin", "admin", {"kind": "User", "apiGroup": RBAC_GROUP, "name": project.requester}),
        ("system:deployers", "system:deployer", _account(project, "deployer")),
        ("system:image-builders", "system:image-builder", _account(project, "builder")),
        ("system:image-pullers", "system:image-puller", _everyone_in(project)),
    ):
        store.create(ROLE_BINDINGS, _binding(project, name, role, subject))
    for name, key in (("kube-root-ca.crt", "ca.crt"), ("openshift-service-ca.crt", "service-ca.crt")):
        meta = {"name": name, "namespace": project.name}
        config = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta, "data": {key: certificates}}
        store.create("configmaps", config)


def node(name: str = "sandbox") -> Obj:
    """Build the one node; its declared size makes pods fit alike on every machine."""
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node-role.kubernetes.io/worker": "",
        "node.openshift.io/os_id": "rhel",
    }
    return {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {"name": name, "labels": labels},
        "spec": {},
        "status": {
            "capacity": dict(NODE_SIZE),
            "allocatable": dict(NODE_SIZE),
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    }


def _namespace(project: Project) -> Obj:
    annotations = {
        "openshift.io/description": project.description,
        "openshift.io/display-name": project.display_name,
        "openshift.io/requester": project.requester,
        "openshift.io/sa.scc.mcs": mcs_level(project),
        "openshift.io/sa.scc.supplemental-groups": project.uid_range,
        "openshift.io/sa.scc.uid-range": project.uid_range,
    }
    labels = {"kubernetes.io/metadata.name": project.name}
    return {
        "kind": "Namespace",
        "apiVersion": "v1",
        "metadata": {"name": project.name, "labels": labels, "annotations": annotations},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def _storage_class() -> Obj:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "kind": "StorageClass",
        "apiVersion": "storage.k8s.io/v1",
        "metadata": {"name": "hostpath", "annotations": annotations},
        "provisioner": "kubernetes.io/host-path",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def _account(project: Project, name: str) -> Obj:
    return {"kind": "ServiceAccount", "name": name, "namespace": project.name}


def _everyone_in(project: Project) -> Obj:
    return {"kind": "Group", "apiGroup": RBAC_GROUP, "name": f"system:serviceaccounts:{project.name}"}


def _binding(project: Project, name: str, role: str, subject: Obj) -> Obj:
    return {
        "kind": "RoleBinding",
        "apiVersion": f"{RBAC_GROUP}/v1",
        "metadata": {"name": name, "namespace": project.name},
        "subjects": [subject],
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": role},
    }
