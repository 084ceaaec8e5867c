"""The diagnosis of pods that fail as on a real cluster, and of healthy pods that start slowly."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyterhub_openshift.spawner.diagnosis import FailureTimer, Problem, diagnose
from jupyterhub_openshift.spawner.diagnosis.problem import ADMINISTRATOR, TRY_AGAIN

from .failing_pods import Moment, Obj, in_words
from .pod_states import (
    BUSY,
    ENDED,
    MOMENTS,
    RECORDINGS,
    TOO_LARGE,
    UNBOUND,
    claim,
    claim_event,
    container,
    pod_event,
    pod_with,
    unschedulable,
    waiting,
)


class Expected(NamedTuple):
    cause: str
    certain_at: str  # the first change after which the start has failed, or fails if nothing changes
    patience: float  # seconds for which nothing must change
    message: str


NO_NODE = "No node of the cluster can run your server: 1 node"
EXPECTED = {
    "image-not-found": Expected(
        "image-not-found",
        "Pending waiting ErrImagePull",
        0,
        f'The image "127.0.0.1:5000/nosuch:1.0" does not exist in its registry. {ADMINISTRATOR}',
    ),
    "image-tag-not-found": Expected(
        "image-not-found",
        "Pending waiting ErrImagePull",
        0,
        f'The image "127.0.0.1:5000/python-312:nosuch" does not exist in its registry. {ADMINISTRATOR}',
    ),
    "registry-refused": Expected(
        "registry-unavailable",
        "Pending waiting ErrImagePull",
        math.inf,
        'The registry does not give the image "127.0.0.1:5999/notebook:1.0" (connection refused). '
        "Try again in a few minutes.",
    ),
    "registry-unknown-host": Expected(
        "registry-unavailable",
        "Pending waiting ErrImagePull",
        math.inf,
        'The registry does not give the image "registry.nosuch.example/notebook:1.0" (i/o timeout). '
        "Try again in a few minutes.",
    ),
    "registry-unauthorized": Expected(
        "image-unauthorized",
        "Pending waiting ErrImagePull",
        0,
        'The registry refuses access to the image "127.0.0.1:5998/unauthorized/notebook:1.0": it does not '
        f"exist, or the project needs a pull secret. {ADMINISTRATOR}",
    ),
    "registry-500": Expected(
        "registry-unavailable",
        "Pending waiting ErrImagePull",
        math.inf,
        'The registry does not give the image "127.0.0.1:5998/broken/notebook:1.0" '
        "(500 Internal Server Error). Try again in a few minutes.",
    ),
    "invalid-image-name": Expected(
        "invalid-image-name",
        "Pending waiting InvalidImageName",
        0,
        f'"127.0.0.1:5000/Upper/Case:1.0" is not a valid name of an image. {ADMINISTRATOR}',
    ),
    "never-pull": Expected(
        "image-never-pull",
        "Pending waiting ErrImageNeverPull",
        0,
        'The image "127.0.0.1:5000/nosuch:2.0" is not on the node, and its pull policy forbids to pull it. '
        f"{ADMINISTRATOR}",
    ),
    "secret-missing": Expected(
        "secret-missing",
        "Pending waiting CreateContainerConfigError",
        5,
        'Your server needs its environment from a secret, but the secret "nosuch" does not exist. '
        f"{ADMINISTRATOR}",
    ),
    "configmap-missing": Expected(
        "config-map-missing",
        "Pending waiting CreateContainerConfigError",
        5,
        'Your server needs its environment from a config map, but the config map "nosuch" does not exist. '
        f"{ADMINISTRATOR}",
    ),
    "secret-key-missing": Expected(
        "secret-missing",
        "Pending waiting CreateContainerConfigError",
        5,
        'Your server needs its environment from a secret, but the secret "there" has no key "nosuch". '
        f"{ADMINISTRATOR}",
    ),
    "secret-volume-missing": Expected(
        "secret-volume-missing",
        "event FailedMount",
        15,
        f'Your server needs a volume with a secret, but the secret "nosuch" does not exist. {ADMINISTRATOR}',
    ),
    "configmap-volume-missing": Expected(
        "config-map-volume-missing",
        "event FailedMount",
        15,
        'Your server needs a volume with a config map, but the config map "nosuch" does not exist. '
        f"{ADMINISTRATOR}",
    ),
    "pvc-missing": Expected(
        "claim-missing",
        "Pending Unschedulable",
        15,
        f'The volume claim "nosuch" of your server does not exist. {ADMINISTRATOR}',
    ),
    "pvc-unbound": Expected(
        "claim-unbound",
        "Pending Unschedulable",
        math.inf,
        f"The cluster did not create the volume of your server. {TRY_AGAIN}",
    ),
    "insufficient-memory": Expected(
        "insufficient-memory",
        "Pending Unschedulable",
        30,
        f"{NO_NODE} has too little memory. {ADMINISTRATOR}",
    ),
    "insufficient-cpu": Expected(
        "insufficient-cpu", "Pending Unschedulable", 30, f"{NO_NODE} has too little CPU. {ADMINISTRATOR}"
    ),
    "node-selector": Expected(
        "node-selector",
        "Pending Unschedulable",
        30,
        f"{NO_NODE} does not have the labels that the server requires (gpu=yes). {ADMINISTRATOR}",
    ),
    "node-affinity": Expected(
        "node-selector",
        "Pending Unschedulable",
        30,
        f"{NO_NODE} does not have the labels that the server requires. {ADMINISTRATOR}",
    ),
    "oom-restart": Expected(
        "out-of-memory",
        "Running terminated OOMKilled",
        0,
        "Your server needs more memory than its limit of 128 MiB while it starts. Choose a larger size, or "
        "ask an administrator of this hub for more memory.",
    ),
    "oom-never": Expected(
        "out-of-memory",
        "Running terminated OOMKilled",
        0,
        "Your server needs more memory than its limit of 128 MiB while it starts. Choose a larger size, or "
        "ask an administrator of this hub for more memory.",
    ),
    "crash-1": Expected(
        "program-exit",
        "Running terminated Error restarts 1",
        0,
        f"Your server's program ended with exit code 1 before your server was ready. {ADMINISTRATOR}",
    ),
    "crash-message": Expected(
        "program-exit",
        "Running terminated Error restarts 1",
        0,
        f"Your server's program ended with exit code 3 before your server was ready. {ADMINISTRATOR}",
    ),
    "crash-never": Expected(
        "program-exit",
        "Running terminated Error",
        0,
        f"Your server's program was killed by signal 15 before your server was ready. {ADMINISTRATOR}",
    ),
    "completed": Expected(
        "program-completed",
        "Succeeded terminated Completed",
        0,
        f"Your server's program ended with exit code 0 before your server was ready. {ADMINISTRATOR}",
    ),
    "command-not-found": Expected(
        "command-not-found",
        "Running waiting RunContainerError",
        0,
        f'The image has no start command "nosuch-command". {ADMINISTRATOR}',
    ),
    "command-not-executable": Expected(
        "command-not-executable",
        "Running waiting RunContainerError",
        0,
        f'The start command "/etc/passwd" cannot be executed. {ADMINISTRATOR}',
    ),
    "liveness-fails": Expected(
        "liveness-probe",
        "Running running restarts 2",
        0,
        f"Your server was restarted again and again, because its liveness probe failed. {ADMINISTRATOR}",
    ),
    "readiness-fails": Expected(
        "readiness-probe",
        "Running running",
        math.inf,
        "Your server runs, but does not become ready: Readiness probe failed: dial tcp 10.88.0.54:8888: "
        f"connect: connection refused. {ADMINISTRATOR}",
    ),
    "deadline": Expected(
        "deadline",
        "Failed DeadlineExceeded terminated Error",
        0,
        "Your server was ended, because it reached the deadline that its pod has (activeDeadlineSeconds). "
        f"{ADMINISTRATOR}",
    ),
    "ephemeral-limit": Expected(
        "evicted",
        "Failed Evicted terminated Error",
        0,
        "The node evicted your server: Pod ephemeral local storage usage exceeds the total limit of "
        f"containers 20 MiB. {ADMINISTRATOR}",
    ),
    "post-start-fails": Expected(
        "post-start-hook",
        "Running waiting PostStartHookError restarts 1",
        0,
        f"The post-start hook of your server failed with exit code 4. {ADMINISTRATOR}",
    ),
    "scheduling-gate": Expected(
        "scheduling-gate",
        "Pending SchedulingGated",
        math.inf,
        f"Nothing has removed the scheduling gate of your server (example.org/wait). {ADMINISTRATOR}",
    ),
    "unknown-scheduler": Expected(
        "no-scheduler",
        "Pending",
        math.inf,
        f'The scheduler "nosuch" did not look for a node for your server. {ADMINISTRATOR}',
    ),
    "preempted": Expected(
        "pod-disrupted",
        "Running running",
        0,
        "The cluster gave the node of your server to a pod with a higher priority. Try again.",
    ),
}
# Recorded while the image was still being pulled: nothing has failed yet.
PULLING = {"registry-slow", "init-fails", "init-image-missing", "image-pull-secret-missing"}


def outcome(moments: list[Moment]) -> tuple[Problem | None, str]:
    """The problem in the end, with the change that has brought it; the first one that is final."""
    problem, change = None, ""
    for moment in moments:
        found = diagnose(moment.pod, [], moment.events)
        if found is None or problem is None or found.cause != problem.cause or not found.patience:
            change = moment.change
        problem = found
        if problem and not problem.patience:
            break
    return problem, change


def test_every_recorded_cause_is_expected():
    assert set(EXPECTED) | PULLING == set(RECORDINGS)


@pytest.mark.parametrize("cause", EXPECTED)
def test_a_recorded_failure_is_explained_at_the_first_moment_at_which_it_is_certain(cause):
    problem, change = outcome(MOMENTS[cause])
    assert problem is not None
    assert Expected(problem.cause, change, problem.patience, problem.message) == EXPECTED[cause]


@pytest.mark.parametrize("cause", sorted(PULLING))
def test_a_pull_that_takes_long_is_no_problem(cause):
    assert [diagnose(moment.pod, [], moment.events) for moment in MOMENTS[cause][1:]] == [None] * (
        len(MOMENTS[cause]) - 1
    )


@pytest.mark.parametrize("cause", [c for c in EXPECTED if EXPECTED[c].patience == 0])
def test_a_failure_stays_one_whenever_the_hub_looks(cause):
    """Between two restarts the container runs, or its end is in lastState."""
    first = next(
        i for i, m in enumerate(MOMENTS[cause]) if (p := diagnose(m.pod, [], m.events)) and not p.patience
    )
    for moment in MOMENTS[cause][first:]:
        problem = diagnose(moment.pod, [], moment.events)
        assert problem is not None, moment.change
        assert problem.patience == 0, moment.change


@pytest.mark.parametrize(
    ("reason", "message", "sentence"),
    [
        (
            "ImagePullBackOff",
            'Back-off pulling image "nosuch-notebook:1.0": not found',
            f'The image "nosuch-notebook:1.0" does not exist in its registry. {ADMINISTRATOR}',
        ),
        (
            "InvalidImageName",
            None,
            f'"nosuch-notebook:1.0" is not a valid name of an image. {ADMINISTRATOR}',
        ),
        (
            "CreateContainerConfigError",
            'secret "keys" not found',
            'Your server needs its environment from a secret, but the secret "keys" does not exist. '
            f"{ADMINISTRATOR}",
        ),
        (
            "CreateContainerConfigError",
            "container has runAsNonRoot and image will run as root",
            "The cluster cannot create the container of your server: container has runAsNonRoot and image "
            f"will run as root. {ADMINISTRATOR}",
        ),
        (
            "CreateContainerError",
            "container create failed: executable file `nosuch` not found in $PATH: No such file or directory",
            f'The image has no start command "nosuch". {ADMINISTRATOR}',  # CRI-O with crun
        ),
        (
            "ErrImagePull",
            "x509: certificate signed by unknown authority",
            "The cluster does not trust the certificate of the registry of the image "
            f'"nosuch-notebook:1.0". {ADMINISTRATOR}',
        ),
        (
            "ErrImagePull",
            "no match for platform in manifest: not found",
            f'The image "nosuch-notebook:1.0" is not built for this cluster. {ADMINISTRATOR}',
        ),
    ],
)
def test_a_pod_that_will_never_run_is_explained(reason, message, sentence):
    problem = diagnose(pod_with({"containerStatuses": [container(waiting(reason, message))]}), [], [])
    assert problem is not None
    assert problem.message == sentence


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_a_pod_that_may_still_run_is_no_failure(reason):
    assert diagnose(pod_with({"containerStatuses": [container(waiting(reason))]}), [], []) is None


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff"])
def test_a_failed_pull_without_a_reason_is_waited_for(reason):
    problem = diagnose(pod_with({"containerStatuses": [container(waiting(reason))]}), [], [])
    assert problem is not None
    assert problem.patience == math.inf


def test_the_reason_of_a_failed_pull_is_taken_from_its_event():
    """Kubelets before 1.31 do not repeat it in the status."""
    status = {"containerStatuses": [container(waiting("ImagePullBackOff", 'Back-off pulling image "a:1"'))]}
    event = pod_event("Failed", 'Failed to pull image "a:1": manifest unknown')
    problem = diagnose(pod_with(status), [], [event])
    assert problem is not None
    assert (problem.cause, problem.patience) == ("image-not-found", 0)


def test_the_fourth_failed_pull_from_an_unavailable_registry_is_final():
    status = {"containerStatuses": [container(waiting("ErrImagePull", "dial tcp: connection refused"))]}
    for pulls in (1, 2, 3, 4):
        event = pod_event("Failed", 'Failed to pull image "a:1": connection refused', count=pulls)
        problem = diagnose(pod_with(status), [], [event])
        assert problem is not None
        assert (problem.patience == 0) == (pulls == 4)


def test_a_missing_pull_secret_is_named():
    status = {"containerStatuses": [container(waiting("ErrImagePull", "401 Unauthorized"))]}
    event = next(e for e in MOMENTS["image-pull-secret-missing"][-1].events if "Retrieve" in e["reason"])
    problem = diagnose(pod_with(status), [], [event])
    assert problem is not None
    assert (problem.cause, problem.message, problem.command) == (
        "pull-secret-missing",
        'The registry refuses to give the image "nosuch-notebook:1.0" without a login, and the pull secret '
        f'"nosuch" does not exist. {ADMINISTRATOR}',
        "oc get secret nosuch",
    )


def test_an_image_with_a_digest_is_named_without_it():
    image = "image-registry.openshift-image-registry.svc:5000/rec/minimal-notebook@sha256:" + "a" * 64
    status = {"containerStatuses": [container(waiting("ErrImagePull", "manifest unknown"), image=image)]}
    problem = diagnose(pod_with(status), [], [])
    assert problem is not None
    assert problem.message.startswith('The image "minimal-notebook" does not exist')


IN_INIT = waiting("PodInitializing")


@pytest.mark.parametrize(
    ("state", "restarts", "patience"),
    [(ENDED, 0, math.inf), (ENDED, 1, 0), (waiting("CrashLoopBackOff"), 1, 0)],
)
def test_an_init_container_that_fails_twice_ends_the_start(state, restarts, patience):
    init = container(state, restarts, ENDED if restarts else None, name="init")
    problem = diagnose(
        pod_with({"initContainerStatuses": [init], "containerStatuses": [container(IN_INIT)]}), [], []
    )
    assert problem is not None
    assert (problem.cause, problem.container, problem.patience, problem.message) == (
        "init-container",
        "init",
        patience,
        f'The init container "init", which runs before your server, ended with exit code 4. {ADMINISTRATOR}',
    )


def test_an_init_container_that_has_completed_is_no_problem():
    init = container({"terminated": {"exitCode": 0, "reason": "Completed"}}, name="init")
    status = {"initContainerStatuses": [init], "containerStatuses": [container(IN_INIT)]}
    assert diagnose(pod_with(status), [], []) is None


def test_a_pod_that_failed_is_explained():
    problem = diagnose(
        pod_with({"phase": "Failed", "reason": "NodeLost", "message": "Node went away."}), [], []
    )
    assert problem is not None
    assert problem.message == f"The pod of your server failed: Node went away. {TRY_AGAIN}"


def test_a_server_that_was_restarted_once_may_still_start():
    running = container({"running": {"startedAt": "2026-11-27T01:17:37Z"}}, 1, ENDED, ready=True)
    assert diagnose(pod_with({"phase": "Running", "containerStatuses": [running]}), [], []) is None


@pytest.mark.parametrize(
    ("message", "events", "patience", "waiting"),
    [
        (
            BUSY,
            [],
            math.inf,
            "Waiting for a node: 3 nodes have too little memory; 3 nodes have the taint "
            "node-role.kubernetes.io/master, which the server does not tolerate.",
        ),
        (
            TOO_LARGE,
            [],
            30,
            "Waiting for a node: 3 nodes have too little memory; 3 nodes have the taint "
            "node-role.kubernetes.io/master, which the server does not tolerate.",
        ),
        (
            TOO_LARGE,
            [pod_event("NotTriggerScaleUp", "pod didn't trigger scale-up")],
            0,
            "Waiting for a node: 3 nodes have too little memory; 3 nodes have the taint "
            "node-role.kubernetes.io/master, which the server does not tolerate.",
        ),
        (
            TOO_LARGE,
            [pod_event("TriggeredScaleUp", "pod triggered scale-up: [{MachineSet 1->2}]")],
            math.inf,
            "The cluster is full and adds a node. This takes a few minutes.",
        ),
        (
            "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }. "
            "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
            [],
            math.inf,
            "Waiting for a node: 1 node is not ready.",
        ),
        (
            "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 Insufficient example.org/fpga. "
            "preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
            [],
            math.inf,
            "Waiting for a node: 1 node has too few GPUs (nvidia.com/gpu); "
            "1 node has too little of example.org/fpga.",
        ),
        (
            "no nodes available to schedule pods",
            [],
            math.inf,
            "Waiting for a node: the cluster has no node that accepts pods.",
        ),
    ],
)
def test_an_unschedulable_pod_waits_for_a_node_that_may_come(message, events, patience, waiting):
    problem = diagnose(unschedulable(message), [], events)
    assert problem is not None
    assert (problem.patience, problem.waiting) == (patience, waiting)


@pytest.mark.parametrize(
    ("event", "cause", "patience", "message"),
    [
        (
            claim_event("ProvisioningFailed", 'storageclass.storage.k8s.io "nosuch" not found'),
            "storage-class-missing",
            0,
            f'The storage class "nosuch" of your volume does not exist. {ADMINISTRATOR}',
        ),
        (
            claim_event(
                "FailedBinding", "no persistent volumes available for this claim and no storage class is set"
            ),
            "no-storage-class",
            30,
            "The cluster has no volume for your server and no default storage class to create one. "
            f"{ADMINISTRATOR}",
        ),
        (
            claim_event(
                "ProvisioningFailed",
                'failed to provision volume with StorageClass "fast": rpc error: code = OutOfRange '
                "desc = requested size 64Ti exceeds the maximum of 16Ti",
            ),
            "volume-refused",
            0,
            "The storage of the cluster cannot create the volume of your server: requested size 64 TiB "
            f"exceeds the maximum of 16 TiB. {ADMINISTRATOR}",
        ),
        (
            claim_event(
                "ProvisioningFailed",
                'failed to provision volume with StorageClass "local": NodePath only supports '
                "ReadWriteOnce and ReadWriteOncePod (1.22+) access modes",
            ),
            "volume-refused",
            0,
            "The storage of the cluster cannot create the volume of your server: failed to provision volume "
            'with StorageClass "local": NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) '
            f"access modes. {ADMINISTRATOR}",
        ),
        (
            claim_event(
                "ProvisioningFailed",
                'failed to provision volume with StorageClass "fast": rpc error: code = Unavailable '
                "desc = connection refused",
            ),
            "volume-provisioning",
            math.inf,
            "The storage of the cluster cannot create the volume of your server: connection refused. "
            f"{ADMINISTRATOR}",
        ),
    ],
)
def test_a_claim_that_cannot_be_bound_is_explained(event, cause, patience, message):
    problem = diagnose(UNBOUND, [claim()], [event])
    assert problem is not None
    assert (problem.cause, problem.patience, problem.message, problem.command) == (
        cause,
        patience,
        message,
        "oc describe pvc jupyterhub-nb-alice",
    )


def test_a_lost_claim_is_explained():
    problem = diagnose(UNBOUND, [claim("Lost")], [])
    assert problem is not None
    assert (problem.cause, problem.patience) == ("claim-lost", 0)


def test_the_events_of_a_claim_that_is_bound_by_now_are_no_problem():
    event = claim_event("ProvisioningFailed", 'storageclass.storage.k8s.io "nosuch" not found')
    assert diagnose(MOMENTS["crash-1"][1].pod, [claim("Bound")], [event]) is None


def test_a_missing_key_of_a_mounted_secret_is_explained():
    pod = pod_with({"containerStatuses": [container(waiting("ContainerCreating"))]})
    text = 'MountVolume.SetUp failed for volume "v" : references non-existent secret key: token'
    problem = diagnose(pod, [], [pod_event("FailedMount", text)])
    assert problem is not None
    assert (problem.cause, problem.patience, problem.message) == (
        "secret-volume-missing",
        15,
        f'Your server needs a volume with the key "token" of a secret, which does not exist. {ADMINISTRATOR}',
    )


def test_a_config_error_that_may_pass_is_waited_for():
    status = container(waiting("CreateContainerConfigError", "failed to sync secret cache: timed out"))
    problem = diagnose(pod_with({"containerStatuses": [status]}), [], [])
    assert problem is not None
    assert (problem.cause, problem.patience) == ("container-config", 30)


def test_a_pod_whose_sandbox_fails_is_waited_for_and_explained():
    pod = pod_with({"containerStatuses": [container(waiting("ContainerCreating"))]})
    failed = pod_event("FailedCreatePodSandBox", "Failed to create pod sandbox: plugin timed out")
    problem = diagnose(pod, [], [failed])
    assert problem is not None
    assert (problem.cause, problem.patience) == ("pod-sandbox", math.inf)
    assert diagnose(pod, [], [failed, pod_event("Pulling", "Pulling image")]) is None


def test_a_volume_that_is_attached_elsewhere_is_waited_for_and_explained():
    pod = pod_with({"containerStatuses": [container(waiting("ContainerCreating"))]})
    text = (
        'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) jupyterhub-nb-alice--second'
    )
    problem = diagnose(pod, [claim("Bound")], [pod_event("FailedAttachVolume", text)])
    assert problem is not None
    assert (problem.cause, problem.patience) == ("volume-attached", math.inf)


# Healthy starts that are slow: each stage lasts some time, and then the next one comes.


def scheduled(**status: object) -> Obj:
    return pod_with({"containerStatuses": [container(waiting("ContainerCreating"))], **status})


@st.composite
def slow_but_healthy_starts(draw):
    """Moments of a start that succeeds in the end, with the seconds that each of them lasts."""
    seconds = st.integers(1, 120)
    stages: list[tuple[Obj, list[Obj], list[Obj], int]] = []
    claims: list[Obj] = []
    events: list[Obj] = []

    def add(pod: Obj, most: int = 120) -> None:
        stages.append((pod, list(claims), list(events), min(draw(seconds), most)))

    if draw(st.booleans()):
        claims.append(claim())
        add(
            unschedulable('0/1 nodes are available: persistentvolumeclaim "jupyterhub-nb-alice" not found.'),
            10,
        )
        add(UNBOUND)
        events.append(claim_event("ExternalProvisioning", "Waiting for a volume to be created"))
        add(UNBOUND)
        if draw(st.booleans()):
            text = "rpc error: code = Unavailable desc = connection refused"
            events.append(claim_event("ProvisioningFailed", text))
            add(UNBOUND)
        claims[:] = [claim("Bound")]
    if draw(st.booleans()):
        add(unschedulable(BUSY))
    if draw(st.booleans()):
        add(unschedulable(TOO_LARGE), 20)
        events.append(pod_event("TriggeredScaleUp", "pod triggered scale-up"))
        add(unschedulable(TOO_LARGE))
    add(scheduled())
    for text, most in draw(
        st.lists(
            st.sampled_from(
                [
                    ('MountVolume.SetUp failed for volume "v" : secret "late" not found', 10),
                    ('MountVolume.SetUp failed for volume "v" : object "rec"/"late" not registered', 120),
                    ('Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) old', 120),
                ]
            ),
            max_size=2,
            unique=True,
        )
    ):
        events.append(pod_event("FailedMount", text))
        add(scheduled(), most)
    events.append(pod_event("Pulling", 'Pulling image "a:1"'))
    add(scheduled())
    for pull in range(draw(st.integers(0, 2))):  # two pull retries
        text = "failed to do request: dial tcp: connect: connection refused"
        events.append(pod_event("Failed", f'Failed to pull image "a:1": {text}', count=pull + 1))
        for reason in ("ErrImagePull", "ImagePullBackOff"):
            add(scheduled(containerStatuses=[container(waiting(reason, text))]))
    events.append(pod_event("Pulled", 'Successfully pulled image "a:1" in 75.1s'))
    add(scheduled())
    if draw(st.booleans()):
        missing = waiting("CreateContainerConfigError", 'secret "late" not found')
        add(scheduled(containerStatuses=[container(missing)]), 4)
    running = {"running": {"startedAt": "2026-11-27T01:17:37Z"}}
    if draw(st.booleans()):
        events.append(pod_event("Unhealthy", "Readiness probe failed: connection refused"))
        add(scheduled(phase="Running", containerStatuses=[container(running)]))
    if draw(st.booleans()):
        add(scheduled(phase="Running", containerStatuses=[container(ENDED)]), 10)
        add(scheduled(phase="Running", containerStatuses=[container(running, 1, ENDED, ready=True)]))
    add(scheduled(phase="Running", containerStatuses=[container(running, ready=True)]))
    return stages


@settings(max_examples=200)
@given(slow_but_healthy_starts())
def test_a_slow_but_healthy_start_never_fails(stages):
    timer, now = FailureTimer(), 0.0
    for pod, claims, events, duration in stages:
        for _ in range(duration):
            problem = diagnose(pod, claims, events)
            assert not timer.failed(problem, now), (problem, in_words(pod["status"]))
            now += 1


def test_a_problem_fails_once_it_has_lasted_longer_than_its_patience():
    timer = FailureTimer()
    problem = Problem("claim-missing", "", patience=15)
    other = Problem("registry-unavailable", "", patience=math.inf)
    assert [timer.failed(problem, now) for now in (100, 114.5)] == [False, False]
    assert [timer.failed(each, 115) for each in (None, problem)] == [False, False]
    assert [timer.failed(each, now) for each, now in ((problem, 129), (other, 129), (problem, 130))] == [
        False
    ] * 3
    assert timer.failed(problem, 145)
    assert timer.failed(Problem("image-not-found", ""), 145)


@given(
    st.sampled_from(sorted(MOMENTS)),
    st.integers(0, 100),
    st.sampled_from(["conditions", "containerStatuses"]),
)
def test_a_status_without_optional_parts_is_understood(cause, number, missing):
    moment = MOMENTS[cause][number % len(MOMENTS[cause])]
    pod = deepcopy(moment.pod)
    pod["status"].pop(missing, None)
    diagnose(pod, [], moment.events)
