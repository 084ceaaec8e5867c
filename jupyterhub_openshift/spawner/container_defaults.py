"""What the notebook container needs beside what a configuration file sets for it.

`c.KubeSpawner.extra_container_config` and `container_security_context` replace whole fields of the container,
so the variables of JupyterHub and the restricted security context are added to the finished pod.
"""

from collections.abc import Mapping
from typing import Any

from kubernetes_asyncio.client import V1EnvVar, V1Pod
from kubespawner.utils import get_k8s_model

from .home_volume import field, notebook_container

# The SCC restricted-v2 and the pod security standard `restricted` ask for these.
RESTRICTED: Mapping[str, Any] = {
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def with_container_defaults(pod: V1Pod, env: Mapping[str, Any]) -> V1Pod:
    """Add the variables and the fields of the security context that the container lacks."""
    notebook = notebook_container(pod)
    present = {field(each, "name") for each in notebook.env or []}
    entries = [_entry(name, value) for name, value in env.items()]
    missing = [entry for entry in entries if entry.name not in present]
    notebook.env = [*(notebook.env or []), *missing]
    if isinstance(context := notebook.security_context or {}, dict):
        notebook.security_context = {**RESTRICTED, **context}
    return pod


def _entry(name: str, value: object) -> V1EnvVar:
    """Return a variable as KubeSpawner makes it; a dict may hold `valueFrom` and another name."""
    return get_k8s_model(V1EnvVar, {"name": name, **(value if isinstance(value, dict) else {"value": value})})
