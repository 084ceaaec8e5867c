"""What the notebook container needs beside what a configuration file sets for it.

`c.KubeSpawner.extra_container_config` and `container_security_context` replace whole fields of the container,
so the variables of JupyterHub and the restricted security context are added to the finished pod.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from kubernetes_asyncio.client import V1EnvVar, V1Pod, V1PodSecurityContext
from kubespawner.utils import get_k8s_model

from .home_volume import field, notebook_container
from .image_contracts import Contract

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


def with_start_command(pod: V1Pod, contract: Contract) -> V1Pod:
    """Replace the entrypoint with the start command, which KubeSpawner passes to it, if the contract asks."""
    notebook = notebook_container(pod)
    if not contract.keep_entrypoint and not notebook.command:
        notebook.command, notebook.args = notebook.args, None
    if contract.work_in_home and not notebook.working_dir:
        notebook.working_dir = contract.home
    return pod


def with_groups(pod: V1Pod, groups: Sequence[int]) -> V1Pod:
    """Add supplemental groups, which may write in the image."""
    if not groups:
        return pod
    context = pod.spec.security_context or V1PodSecurityContext()
    if isinstance(context, dict):  # of c.KubeSpawner.pod_security_context
        present = context.get("supplementalGroups") or []
        context = {**context, "supplementalGroups": _united(present, groups)}
    else:
        context.supplemental_groups = _united(context.supplemental_groups or [], groups)
    pod.spec.security_context = context
    return pod


def _united(present: Sequence[int], more: Sequence[int]) -> list[int]:
    return [*dict.fromkeys([*present, *more])]


def _entry(name: str, value: object) -> V1EnvVar:
    """Return a variable as KubeSpawner makes it; a dict may hold `valueFrom` and another name."""
    return get_k8s_model(V1EnvVar, {"name": name, **(value if isinstance(value, dict) else {"value": value})})
