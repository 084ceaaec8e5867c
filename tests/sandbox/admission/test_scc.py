"""Security context constraints: the defaults that pods get, and the refusals."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.admission.scc import mcs_level
from sandbox.apimachinery.project import Project
from sandbox.authorization.users import ADMIN
from tests.sandbox.projects import HUB, PROJECT, a_pod, an_api, refusal

NOT_USABLE = "Forbidden: not usable by user or serviceaccount"
AFTER = (
    "nonroot-v2",
    "nonroot",
    "hostmount-anyuid",
    "hostnetwork-v2",
    "hostnetwork",
    "hostaccess",
    "privileged",
)
HOST_USERS = "provider restricted-v3: .spec.hostUsers: Invalid value: null: Host Users must be set to false"
SECCOMP = "[seccomp.security.alpha.kubernetes.io/pod]"
UNCONFINED = "Forbidden: unconfined is not an allowed seccomp profile. Valid values are [runtime/default]"
ONLY_RESTRICTED = (
    "no access to scc/restricted: Forbidden: the pod fails to validate against the `restricted-v2` "
    "security context "
    "constraint, but would validate successfully against the `restricted` security context constraint"
)


def refused(both: list[str], last: list[str] = ()) -> str:
    """The whole text: `both` is the objection of restricted-v2 and -v3, {} stands for the constraint."""
    first, second = (
        [text.format(f"provider {name}: ") for text in both] for name in ("restricted-v2", "restricted-v3")
    )
    parts = [f'provider "anyuid": {NOT_USABLE}', *first]
    index = len([text for text in second if ".spec.securityContext" in text or ".spec.host" in text])
    parts += [*second[:index], HOST_USERS, *second[index:], f'provider "restricted": {NOT_USABLE}']
    parts += [f'provider "{name}": {NOT_USABLE}' for name in AFTER]
    text = ", ".join([*parts, *last])
    return f'pods "x" is forbidden: unable to validate against any security context constraint: [{text}]'


@pytest.mark.parametrize(
    ("pod", "text"),
    [
        (
            a_pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
            refused(
                ['{}.spec.volumes[0]: Invalid value: "hostPath": hostPath volumes are not allowed to be used']
            ),
        ),
        (
            a_pod(hostNetwork=True),
            refused(
                [
                    "{}.spec.hostNetwork: Invalid value: true: Host network is not allowed to be used",
                    "{}.containers[0].hostNetwork: Invalid value: true: Host network is not allowed to "
                    "be used",
                ]
            ),
        ),
        (
            a_pod(hostPID=True, hostIPC=True),
            refused(
                [
                    "{}.spec.hostPID: Invalid value: true: Host PID is not allowed to be used",
                    "{}.spec.hostIPC: Invalid value: true: Host IPC is not allowed to be used",
                    "{}.containers[0].hostPID: Invalid value: true: Host PID is not allowed to be used",
                    "{}.containers[0].hostIPC: Invalid value: true: Host IPC is not allowed to be used",
                ]
            ),
        ),
        (
            a_pod(container={"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}),
            refused(
                [
                    '{}.containers[0].capabilities.add: Invalid value: "SYS_ADMIN": capability may not '
                    "be added"
                ],
            ),
        ),
        (
            a_pod(container={"securityContext": {"allowPrivilegeEscalation": True}}),
            refused(
                [
                    "{}.containers[0].allowPrivilegeEscalation: Invalid value: true: Allowing privilege "
                    "escalation "
                    "for containers is not allowed"
                ],
                last=[ONLY_RESTRICTED],
            ),
        ),
        (
            a_pod(container={"ports": [{"containerPort": 80, "hostPort": 80}]}),
            refused(
                [
                    "{}.containers[0].containers[0].hostPort: Invalid value: 80: "
                    "Host ports are not allowed to be used"
                ],
            ),
        ),
        (
            a_pod(securityContext={"seLinuxOptions": {"level": "s0:c1,c2"}}),
            refused(
                [
                    '{}.spec.securityContext.seLinuxOptions.level: Invalid value: "s0:c1,c2": must be '
                    "s0:c14,c4",
                    '{}.containers[0].seLinuxOptions.level: Invalid value: "s0:c1,c2": must be s0:c14,c4',
                ]
            ),
        ),
    ],
    ids=[
        "hostPath",
        "hostNetwork",
        "hostPID and hostIPC",
        "a capability",
        "escalation",
        "hostPort",
        "SELinux",
    ],
)
def test_a_pod_beyond_restricted_v2_is_refused_with_openshifts_message(
    pod: dict[str, Any], text: str
) -> None:
    assert refusal(an_api(), "pods", pod).message.replace(", ", ",\n") == text.replace(", ", ",\n")


def test_the_refusal_of_seccomp_unconfined_names_no_provider() -> None:
    pod = a_pod(securityContext={"seccompProfile": {"type": "Unconfined"}})
    message = refusal(an_api(), "pods", pod).message
    container = "[container.seccomp.security.alpha.kubernetes.io/main]"
    for where in (SECCOMP, container):
        assert message.count(f", metadata.annotations{where}: {UNCONFINED}") == 1


def test_supplemental_groups_may_be_any_but_fs_group_only_the_projects_first() -> None:
    api = an_api()
    api.create("pods", a_pod(securityContext={"supplementalGroups": [5], "runAsGroup": 5}), HUB)
    second = a_pod(securityContext={"fsGroup": PROJECT.uid_first + 1})
    second["metadata"]["name"] = "y"
    why = "Invalid value: [1000190001]: 1000190001 is not an allowed group"
    assert (
        f"provider restricted-v2: .spec.securityContext.fsGroup: {why}"
        in refusal(api, "pods", second).message
    )


def test_a_pod_may_drop_and_add_allowed_capabilities() -> None:
    context = {"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["KILL"]}, "runAsUser": 1000199999}
    pod = an_api().create(
        "pods",
        a_pod(container={"securityContext": context}, initContainers=[{"name": "i", "image": "i"}]),
        HUB,
    )
    spec = pod["spec"]
    assert spec["containers"][0]["securityContext"] == {
        "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL", "KILL"]},
        "runAsUser": 1000199999,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
    }
    assert spec["initContainers"][0]["securityContext"] == {
        "capabilities": {"drop": ["ALL"]},
        "runAsUser": 1000190000,
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
    }


def test_a_pod_with_its_own_user_namespace_may_run_under_restricted_v3() -> None:
    pod = an_api().create("pods", a_pod(hostUsers=False, securityContext={"runAsUser": 2000}), HUB)
    assert pod["metadata"]["annotations"]["openshift.io/scc"] == "restricted-v3"
    assert pod["spec"]["securityContext"]["fsGroup"] == 1000


def test_a_cluster_admins_pod_runs_under_anyuid() -> None:
    pod = an_api().create("pods", a_pod(securityContext={"runAsUser": 0}), ADMIN)
    assert pod["metadata"]["annotations"]["openshift.io/scc"] == "anyuid"


@pytest.mark.parametrize(
    ("first", "level"), [(1000190000, "s0:c14,c4"), (1000000000, "s0:c1,c0"), (1000620000, "s0:c25,c10")]
)
def test_each_block_of_uids_has_its_own_selinux_level(first: int, level: str) -> None:
    assert mcs_level(Project("p", uid_first=first)) == level


def test_unsafe_sysctls_require_the_privileged_constraint() -> None:
    pod = a_pod(securityContext={"sysctls": [{"name": "kernel.x", "value": "1"}]})
    assert an_api().create("pods", pod, ADMIN)["metadata"]["annotations"]["openshift.io/scc"] == "privileged"
    assert 'unsafe sysctl "kernel.x" is not allowed' in refusal(an_api(), "pods", pod).message
