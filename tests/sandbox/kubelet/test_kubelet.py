"""The kubelet runs pods for real: what they see, how they end, and what is said of them."""

from __future__ import annotations

import base64
import os
import re
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from sandbox.containers.images import Images
from tests.sandbox.running import PROJECT, Node, node, tiny_image, until

UID = PROJECT.uid_first
SLEEP = "exec sleep 600"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="users are really switched only as root")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    return Images(tmp_path_factory.mktemp("images"))


async def test_a_pod_runs_under_the_projects_uid_with_group_0_and_no_capability(
    images: Images, tmp_path: Path
) -> None:
    async with node(tmp_path, images) as it:
        it.start(
            "one",
            "id -u; id -g; id -un; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status; hostname; pwd",
        )
        await it.phase("one", "Succeeded")
        assert it.log("one").split() == [
            *(str(UID), "0", str(UID)),
            *("CapEff:", "0000000000000000", "CapBnd:", "0000000000000000", "NoNewPrivs:", "1"),
            *("one", "/opt/app-root/src"),
        ]


async def test_a_pod_sees_its_image_and_nothing_of_the_machine(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        it.start(
            "one",
            f"ls /root /home {Path.home()} {Path(__file__).parent} 2>&1 | grep -v 'cannot access' | sort -u",
        )
        await it.phase("one", "Succeeded")
        shown = {line for line in it.log("one").split("\n") if line and not line.endswith(":")}
        assert shown == set()


async def test_the_status_of_a_running_pod_has_the_recorded_shape(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        before = datetime.now(timezone.utc).replace(microsecond=0)
        it.start(
            "one",
            SLEEP,
            container={"resources": {"requests": {"memory": "128Mi"}, "limits": {"memory": "128Mi"}}},
        )
        status = (await it.ready("one"))["status"]
        [container] = status["containerStatuses"]
        times = [condition.pop("lastTransitionTime") for condition in status["conditions"]]
        times += [status.pop("startTime"), container["state"]["running"].pop("startedAt")]
        parsed = [datetime.strptime(time, "%Y-%m-%dT%H:%M:%S%z") for time in times]
        assert all(before <= time <= datetime.now(timezone.utc) for time in parsed), times
        assert {time[-1] for time in times} == {"Z"}
        assert re.fullmatch("containerd://[0-9a-f]{64}", container.pop("containerID"))
        ip = status["podIP"]
        assert ip.startswith("127.77.")
        same = {"observedGeneration": 1, "status": "True", "lastProbeTime": None}
        kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
        memory = {"memory": "128Mi"}
        assert status == {
            "observedGeneration": 1,
            "phase": "Running",
            "conditions": [{"type": kind, **same} for kind in kinds],
            "hostIP": "127.0.0.1",
            "hostIPs": [{"ip": "127.0.0.1"}],
            "podIP": ip,
            "podIPs": [{"ip": ip}],
            "containerStatuses": [
                {
                    "name": "main",
                    "state": {"running": {}},
                    "lastState": {},
                    "ready": True,
                    "restartCount": 0,
                    "image": f"test@{it.image.digest}",
                    "imageID": f"test@{it.image.digest}",
                    "started": True,
                    "allocatedResources": memory,
                    "resources": {"requests": memory, "limits": memory},
                }
            ],
            "allocatedResources": memory,
            "resources": {"requests": memory, "limits": memory},
        }
        reasons = [reason for reason, _ in it.events("one")]
        assert reasons == ["Scheduled", "Pulling", "Pulled", "Created", "Started"]
        assert it.events("one")[0][1] == "Successfully assigned test/one to sandbox"


async def test_environment_comes_from_image_services_config_maps_secrets_and_fields(
    images: Images, tmp_path: Path
) -> None:
    async with node(tmp_path, images) as it:
        it.store.create(
            "configmaps", {"kind": "ConfigMap", "metadata": {"name": "cfg"}, "data": {"COLOUR": "blue"}}
        )
        secret = {"password": base64.b64encode(b"s3cret").decode()}
        it.store.create("secrets", {"kind": "Secret", "metadata": {"name": "keys"}, "data": secret})
        ports = [{"name": "http", "port": 8081}]
        it.store.create(
            "services", {"metadata": {"name": "my-hub"}, "spec": {"selector": {"a": "b"}, "ports": ports}}
        )
        await until(lambda: it.store.get("services", "my-hub")["spec"].get("clusterIP"))
        env = [
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "password"}}},
            {"name": "MISSING", "valueFrom": {"secretKeyRef": {"name": "no", "key": "no", "optional": True}}},
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "URL", "value": "http://$(POD):$(MY_HUB_SERVICE_PORT)/$(UNKNOWN)/$$(POD)"},
        ]
        names = "COLOUR PASSWORD MISSING POD URL FROM_IMAGE HOSTNAME"
        script = f"for name in {names}; do printenv $name || echo no $name; done; test $IP = $SANDBOX_POD_IP"
        it.start("one", script, container={"env": env, "envFrom": [{"configMapRef": {"name": "cfg"}}]})
        await it.phase("one", "Succeeded")
        expected = ["blue", "s3cret", "no MISSING", "one", "http://one:8081/$(UNKNOWN)/$(POD)", "yes", "one"]
        assert it.log("one").splitlines() == expected


async def test_no_secret_is_in_a_command_line(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        it.start("one", SLEEP, container={"env": [{"name": "PASSWORD", "value": "s3cret-in-env"}]})
        await it.ready("one")
        await until(lambda: any("sleep\x00600" in line for line in command_lines()))
        assert not any("s3cret-in-env" in line for line in command_lines())


async def test_volumes_of_every_kind_are_mounted_with_the_right_permissions(
    images: Images, tmp_path: Path
) -> None:
    async with node(tmp_path, images) as it:
        it.store.create(
            "configmaps", {"kind": "ConfigMap", "metadata": {"name": "cfg"}, "data": {"a.py": "x = 1"}}
        )
        it.store.create("serviceaccounts", {"metadata": {"name": "default"}})
        claim = {"metadata": {"name": "home"}, "status": {"phase": "Bound"}}
        it.store.create("persistentvolumeclaims", claim)
        volumes = [
            {"name": "cfg", "configMap": {"name": "cfg"}},
            {"name": "scratch", "emptyDir": {}},
            {"name": "home", "persistentVolumeClaim": {"claimName": "home"}},
            {
                "name": "about",
                "downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}]},
            },
        ]
        mounts = [
            {"name": "cfg", "mountPath": "/opt/app-root/configs"},
            {"name": "scratch", "mountPath": "/scratch"},
            {"name": "home", "mountPath": "/home/work", "subPath": "alice"},
            {"name": "about", "mountPath": "/about"},
        ]
        script = """
            cat /opt/app-root/configs/a.py; echo; cat /about/n; echo
            cat /var/run/secrets/kubernetes.io/serviceaccount/token; echo
            cat /var/run/secrets/kubernetes.io/serviceaccount/ca.crt; echo
            cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo
            touch /scratch/x /home/work/x /tmp/x && echo written
            touch /opt/app-root/configs/x 2>/dev/null || echo refused
        """
        it.start("one", script, volumes=volumes, container={"volumeMounts": mounts})
        await it.phase("one", "Succeeded")
        expected = ["x = 1", "one", "token of default", "the CA", "test", "written", "refused"]
        assert it.log("one").splitlines() == expected
        it.delete("one")
        await it.gone("one")
        uid = it.store.get("persistentvolumeclaims", "home")["metadata"]["uid"]
        assert (tmp_path / "claims" / uid / "alice" / "x").exists()
        assert list((tmp_path / "pods").iterdir()) == []
        it.store.remove("persistentvolumeclaims", "home")
        await until(lambda: not (tmp_path / "claims" / uid).exists())


async def test_a_missing_config_map_keeps_the_pod_waiting_and_says_so(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        volumes = [{"name": "cfg", "configMap": {"name": "later"}}]
        it.start(
            "one",
            "cat /cfg/a",
            volumes=volumes,
            container={"volumeMounts": [{"name": "cfg", "mountPath": "/cfg"}]},
        )
        message = 'MountVolume.SetUp failed for volume "cfg" : configmap "later" not found'
        await until(lambda: ("FailedMount", message) in it.events("one"))
        it.store.create(
            "configmaps", {"kind": "ConfigMap", "metadata": {"name": "later"}, "data": {"a": "now"}}
        )
        await it.phase("one", "Succeeded")
        assert it.log("one") == "now"


async def test_a_missing_secret_key_is_a_container_config_error(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        it.store.create("secrets", {"kind": "Secret", "metadata": {"name": "keys"}, "data": {}})
        reference = {"secretKeyRef": {"name": "keys", "key": "password"}}
        it.start("one", SLEEP, container={"env": [{"name": "PASSWORD", "valueFrom": reference}]})
        message = "couldn't find key password in Secret test/keys"
        await until(lambda: ("Failed", f"Error: {message}") in it.events("one"))
        [container] = it.pod("one")["status"]["containerStatuses"]
        assert container["state"] == {"waiting": {"reason": "CreateContainerConfigError", "message": message}}


async def test_a_missing_image_leads_to_image_pull_back_off(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        it.start("one", SLEEP, container={"image": "nosuch-notebook:1.0"})
        await until(lambda: waiting(it, "one") == "ImagePullBackOff")
        name = "docker.io/library/nosuch-notebook:1.0"
        unresolved = f'failed to resolve reference "{name}": {name}: not found'
        why = f'rpc error: code = NotFound desc = failed to pull and unpack image "{name}": {unresolved}'
        assert it.events("one")[1:] == [
            ("Pulling", 'Pulling image "nosuch-notebook:1.0"'),
            ("Failed", f'Failed to pull image "nosuch-notebook:1.0": {why}'),
            ("Failed", "Error: ErrImagePull"),
            ("BackOff", 'Back-off pulling image "nosuch-notebook:1.0"'),
            ("Failed", "Error: ImagePullBackOff"),
        ]
        assert it.pod("one")["status"]["phase"] == "Pending"


async def test_an_invalid_image_name_is_reported(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        it.start("one", SLEEP, container={"image": "Big:1"})
        await until(lambda: waiting(it, "one") == "InvalidImageName")
        text = (
            'Failed to apply default image tag "Big:1": couldn\'t parse image name "Big:1": '
            "invalid reference format: repository name (library/Big) must be lowercase"
        )
        assert it.events("one")[1:] == [("InspectFailed", text), ("Failed", "Error: InvalidImageName")]


async def test_init_containers_run_first_one_after_the_other(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        mount = {"volumeMounts": [{"name": "v", "mountPath": "/v"}], "image": f"test@{it.image.digest}"}
        steps = [
            {"name": step, "command": ["/bin/sh", "-c", f"echo {step} >> /v/steps"], **mount}
            for step in ("a", "b")
        ]
        main = {"name": "main", "command": ["cat", "/v/steps"], **mount}
        volumes = [{"name": "v", "emptyDir": {}}]
        it.create(
            {
                "metadata": {"name": "one"},
                "spec": {"initContainers": steps, "containers": [main], "volumes": volumes},
            }
        )
        status = (await it.phase("one", "Succeeded"))["status"]
        assert it.log("one").split() == ["a", "b"]
        assert [one["ready"] for one in status["initContainerStatuses"]] == [True, True]


async def test_a_crashing_container_is_restarted_with_back_off(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        it.start("one", "echo run; exit 3", restartPolicy="Always")
        await until(lambda: waiting(it, "one") == "CrashLoopBackOff")
        pod = it.pod("one")
        [container] = pod["status"]["containerStatuses"]
        about = f"container=main pod=one_test({pod['metadata']['uid']})"
        assert container["state"]["waiting"]["message"] == f"back-off 10s restarting failed {about}"
        assert container["lastState"]["terminated"]["exitCode"] == 3
        assert container["lastState"]["terminated"]["reason"] == "Error"
        assert container["restartCount"] == 1
        message = f"Back-off restarting failed container main in pod one_test({pod['metadata']['uid']})"
        assert ("BackOff", message) in it.events("one")
        previous = it.kubelet.log_file("one", "main", previous=True)
        assert previous is not None and previous.read_text() == "run\n"


async def test_the_termination_log_becomes_the_message_of_the_container_state(
    images: Images, tmp_path: Path
) -> None:
    async with node(tmp_path, images) as it:
        it.start("one", "echo the database is away > /dev/termination-log; exit 1")
        [container] = (await it.phase("one", "Failed"))["status"]["containerStatuses"]
        assert container["state"]["terminated"]["message"] == "the database is away\n"
        assert container["state"]["terminated"]["exitCode"] == 1


async def test_a_deleted_pod_gets_pre_stop_and_sigterm_and_is_gone(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        volume, up, log = with_a_claim(it)
        hook = {"preStop": {"exec": {"command": ["/bin/sh", "-c", "echo before >> /v/log"]}}}
        volume["container"]["lifecycle"] = hook
        script = "trap 'echo terminated >> /v/log; exit 0' TERM; touch /v/up; while :; do sleep 0.1; done"
        it.start("one", script, **volume)
        await until(up.exists)
        it.delete("one")
        await it.gone("one")
        assert log.read_text() == "before\nterminated\n"
        assert ("Killing", "Stopping container main") in it.events("one")


async def test_a_pre_stop_hook_ends_with_its_container(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        hook = ["/bin/sh", "-c", "touch /tmp/stop; while :; do sleep 0.1; done"]
        script = "echo up; until [ -e /tmp/stop ]; do sleep 0.1; done"
        it.start("one", script, container={"lifecycle": {"preStop": {"exec": {"command": hook}}}})
        await until(lambda: it.log("one") == "up\n")
        it.delete("one", grace=600)
        await it.gone("one")


async def test_a_failed_pre_stop_hook_is_reported_and_the_container_ends(
    images: Images, tmp_path: Path
) -> None:
    async with node(tmp_path, images) as it:
        hook = {"preStop": {"exec": {"command": ["/bin/false"]}}}
        it.start("one", SLEEP, container={"lifecycle": hook})
        await it.ready("one")
        it.delete("one", grace=2)
        await it.gone("one")
        assert ("FailedPreStopHook", "PreStopHook failed") in it.events("one")


async def test_a_working_directory_that_is_missing_is_created(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        it.start("one", "pwd", container={"workingDir": "/srv/new"})
        await it.phase("one", "Succeeded")
        assert it.log("one") == "/srv/new\n"


async def test_a_read_only_root_leaves_only_volumes_writable(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        script = "for folder in /tmp /opt/app-root/src; do touch $folder/file && echo $folder; done 2>&1"
        mounts = [{"name": "scratch", "mountPath": "/tmp"}]
        container = {"securityContext": {"readOnlyRootFilesystem": True}, "volumeMounts": mounts}
        it.start("one", f"{script}; true", container=container, volumes=[{"name": "scratch", "emptyDir": {}}])
        await it.phase("one", "Succeeded")
        assert it.log("one").splitlines() == [
            "/tmp",
            "touch: cannot touch '/opt/app-root/src/file': Read-only file system",
        ]


async def test_a_sidecar_starts_first_and_ends_with_the_others(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        mount = {"volumeMounts": [{"name": "v", "mountPath": "/v"}], "image": f"test@{it.image.digest}"}
        sidecar = {"name": "proxy", "restartPolicy": "Always", **mount}
        sidecar["command"] = ["/bin/sh", "-c", "trap 'exit 0' TERM; touch /v/up; while :; do sleep 0.1; done"]
        main = {
            "name": "main",
            "command": ["/bin/sh", "-c", "until [ -e /v/up ]; do sleep 0.1; done"],
            **mount,
        }
        spec = {"initContainers": [sidecar], "containers": [main], "volumes": [{"name": "v", "emptyDir": {}}]}
        it.create({"metadata": {"name": "one"}, "spec": {**spec, "terminationGracePeriodSeconds": 600}})
        status = (await it.phase("one", "Succeeded"))["status"]
        [proxy] = status["initContainerStatuses"]
        assert proxy["state"]["terminated"]["exitCode"] == 0
        assert ("Killing", "Stopping container proxy") in it.events("one")


async def test_a_container_that_ignores_sigterm_is_killed_after_its_grace(
    images: Images, tmp_path: Path
) -> None:
    async with node(tmp_path, images) as it:
        volume, up, log = with_a_claim(it)
        script = "trap 'echo SIGTERM >> /v/log' TERM; touch /v/up; while :; do sleep 0.1; done"
        it.start("one", script, **volume)
        await until(up.exists)
        it.delete("one", grace=2)
        await it.gone("one")
        assert log.read_text() == "SIGTERM\n"


async def test_probes_set_readiness_and_restart_containers(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        probe = {"exec": {"command": ["cat", "/tmp/ready"]}, "periodSeconds": 1}
        it.start("one", SLEEP, container={"readinessProbe": probe})
        no_file = "Readiness probe failed: cat: /tmp/ready: No such file or directory\n"
        await until(lambda: ("Unhealthy", no_file) in it.events("one"))
        [condition] = [one for one in it.pod("one")["status"]["conditions"] if one["type"] == "Ready"]
        assert condition["message"] == "containers with unready status: [main]"
        code, output = await it.kubelet.exec("one", "main", ["/bin/sh", "-c", "touch /tmp/ready; id -u"], 10)
        assert (code, output) == (0, f"{UID}\n")
        await it.ready("one")

        probe = {"tcpSocket": {"port": 9}, "periodSeconds": 1, "failureThreshold": 1}
        it.start(
            "two",
            SLEEP,
            container={"livenessProbe": probe},
            restartPolicy="Always",
            terminationGracePeriodSeconds=1,
        )
        await it.ready("two")
        await until(lambda: it.pod("two")["status"]["containerStatuses"][0]["restartCount"] == 1)
        ip = it.pod("two")["status"]["podIP"]
        refused = f"Liveness probe failed: dial tcp {ip}:9: connect: connection refused"
        killed = ("Killing", "Container main failed liveness probe, will be restarted")
        assert ("Unhealthy", refused) in it.events("two")
        assert killed in it.events("two")


async def test_a_pod_waits_for_its_claim(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "later"}}]
        it.start("one", "true", volumes=volumes)
        message = '0/1 nodes are available: persistentvolumeclaim "later" not found. not found'
        await until(lambda: it.events("one") == [("FailedScheduling", message)])
        [condition] = it.pod("one")["status"]["conditions"]
        assert (condition["type"], condition["reason"]) == ("PodScheduled", "Unschedulable")
        it.store.create(
            "persistentvolumeclaims", {"metadata": {"name": "later"}, "status": {"phase": "Bound"}}
        )
        await it.phase("one", "Succeeded")


async def test_pods_end_with_the_kubelet(images: Images, tmp_path: Path) -> None:
    async with node(tmp_path, images) as it:
        it.start("one", SLEEP)
        await it.ready("one")
        [pod] = it.kubelet._pods.values()
        running = pod.records[0].running
        assert running and is_alive(running.pid)
    assert not is_alive(running.pid)
    assert list((tmp_path / "pods").iterdir()) == []


@as_root
async def test_a_container_cannot_write_a_file_that_only_its_owner_may_write(
    images: Images, tmp_path: Path
) -> None:
    image = tiny_image(images)
    async with node(tmp_path, images, image) as it:
        script = "touch new && echo new; touch ../x && echo x; echo no >> /etc/nsswitch.conf || echo refused"
        it.start("one", f"{script} 2>/dev/null")
        await it.phase("one", "Succeeded")
        assert it.log("one").split()[:2] == ["new", "x"]
        assert it.log("one").split()[-1] == "refused"


def with_a_claim(it: Node) -> tuple[dict[str, Any], Path, Path]:
    """A pod's volume at /v, and the files `up` and `log` in it, which outlive the pod."""
    claim = {"metadata": {"name": "home"}, "status": {"phase": "Bound"}}
    uid = it.store.create("persistentvolumeclaims", claim)["metadata"]["uid"]
    folder = it.state / "claims" / uid
    volume = {
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "home"}}],
        "container": {"volumeMounts": [{"name": "v", "mountPath": "/v"}]},
    }
    return volume, folder / "up", folder / "log"


def waiting(it: Node, name: str) -> str:
    statuses = it.pod(name).get("status", {}).get("containerStatuses", [])
    return str(statuses[0]["state"].get("waiting", {}).get("reason", "")) if statuses else ""


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def command_lines() -> list[str]:
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(file.read_text(errors="replace"))
    return lines
