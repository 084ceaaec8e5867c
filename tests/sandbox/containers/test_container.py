"""The images that the sandbox brings, and what a container is."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.apimachinery.json_types import Obj
from sandbox.containers import base_images, host_requirements
from sandbox.containers.image_store import Image, remove_tree
from sandbox.containers.images import Images
from tests.paths import CHECKOUT
from tests.sandbox.running import PROJECT, Node, node, tiny_image, until

PYTHON_LISTENS = """
import socket
both = socket.socket(), socket.socket()
both[0].bind(("", 0))
both[1].bind(("127.0.0.1", 0))
print(*(one.getsockname()[0] for one in both), socket.has_ipv6)
"""
NODE_LISTENS = """
const http = require('http'), net = require('net');
const shown = [];
const show = (server) => server.on('listening', () => { shown.push(server.address().address);
  if (shown.length === 4) { console.log(shown.join(' ')); process.exit(); } });
show(http.createServer()).listen(0, '');
show(http.createServer()).listen({ port: 0 });
show(net.createServer()).listen(0, () => {});
show(net.createServer()).listen(0, '127.0.0.1');
"""
KILLED = """
import asyncio, sys
from pathlib import Path
from sandbox.containers.image_store import Image, remove_tree
from sandbox.containers.images import Images
from tests.sandbox.running import node
async def main():
    state = Path(sys.argv[1])
    async with node(state / "state", Images(state / "images")) as it:
        it.start("one", f"trap '' TERM; sleep {sys.argv[2]} & sleep {sys.argv[2]}")
        await it.ready("one")
        print("up", flush=True)
        await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    return Images(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def python_base(images: Images) -> Image:
    return images.base("python-312")


async def test_the_python_base_keeps_the_contract_of_the_sclorg_image(
    images: Images, python_base: Image, tmp_path: Path
) -> None:
    async with node(tmp_path, images, python_base) as it:
        script = """
            echo $HOME $APP_ROOT $STI_SCRIPTS_PATH $PWD
            command -v python pip fix-permissions container-entrypoint
            ls /usr/libexec/s2i | xargs
            python -c 'import sys; print(sys.prefix, sys.version_info >= (3, 10))'
            touch new /opt/app-root/new && echo written
            source /opt/app-root/etc/generate_container_user && whoami
        """
        it.start("one", container={"command": ["container-entrypoint", "bash", "-c", script]})
        await it.phase("one", "Succeeded")
        assert it.log("one").splitlines() == [
            "/opt/app-root/src /opt/app-root /usr/libexec/s2i /opt/app-root/src",
            "/opt/app-root/bin/python",
            "/opt/app-root/bin/pip",
            "/usr/bin/fix-permissions",
            "/usr/bin/container-entrypoint",
            "assemble run usage",
            "/opt/app-root True",
            "written",
            str(PROJECT.uid_first),
        ]
    assert images.not_group_writable(python_base) == []
    assert images.base("python-312").digest == python_base.digest, "an unchanged base is not made again"


async def test_a_python_server_on_all_interfaces_listens_on_the_pod_address(
    images: Images, python_base: Image, tmp_path: Path
) -> None:
    async with node(tmp_path, images, python_base) as it:
        it.start("one", container={"command": ["python", "-c", PYTHON_LISTENS]})
        ip = (await it.phase("one", "Succeeded"))["status"]["podIP"]
        assert it.log("one") == f"{ip} 127.0.0.1 False\n"


@pytest.mark.skipif(base_images.node() is None, reason="needs Node 20 or newer")
async def test_a_node_server_on_all_interfaces_listens_on_the_pod_address(
    images: Images, python_base: Image, tmp_path: Path
) -> None:
    async with node(tmp_path, images, python_base) as it:
        it.start("one", container={"command": ["node", "-e", NODE_LISTENS]})
        ip = (await it.phase("one", "Succeeded"))["status"]["podIP"]
        assert sorted(it.log("one").split()) == sorted([ip, ip, ip, "127.0.0.1"])


def database(it: Node, name: str, env: Obj) -> Obj:
    container = {
        "name": "postgresql",
        "image": f"test@{it.image.digest}",
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "readinessProbe": {"exec": {"command": ["/usr/libexec/check-container"]}, "periodSeconds": 1},
        "livenessProbe": {
            "exec": {"command": ["/usr/libexec/check-container", "--live"]},
            "periodSeconds": 1,
        },
        "volumeMounts": [{"name": "data", "mountPath": "/var/lib/pgsql/data"}],
    }
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "db"}}]
    return it.create(
        {
            "metadata": {"name": name, "labels": {"app": "db"}},
            "spec": {"containers": [container], "volumes": volumes},
        }
    )


async def test_postgresql_serves_the_user_it_is_told_and_keeps_its_data(
    images: Images, tmp_path: Path
) -> None:
    async with node(tmp_path, images, images.base("postgresql-16")) as it:
        it.store.create("persistentvolumeclaims", {"metadata": {"name": "db"}, "status": {"phase": "Bound"}})
        ports = [{"port": 5432}]
        it.store.create(
            "services", {"metadata": {"name": "hub-db"}, "spec": {"selector": {"app": "db"}, "ports": ports}}
        )
        env = {
            "POSTGRESQL_USER": "hub",
            "POSTGRESQL_PASSWORD": "it's a secret",
            "POSTGRESQL_DATABASE": "jupyterhub",
        }
        database(it, "db", env)
        await it.ready("db")

        def ask(name: str, query: str, password: str = "it's a secret") -> None:
            url = "host=hub-db user=hub dbname=jupyterhub"
            wait = "until pg_isready -q -h hub-db; do sleep 0.1; done"  # a service follows its pods
            psql = ["psql", "--no-align", "--tuples-only", "--command", query, url]
            command = ["/bin/sh", "-c", f'{wait}; exec "$@"', "sh", *psql]
            it.start(name, container={"command": command, "env": [{"name": "PGPASSWORD", "value": password}]})

        ask("write", "create table t (x text); insert into t values ('kept'); select 'made'")
        await it.phase("write", "Succeeded")
        ask("stranger", "select 1", password="wrong")
        await it.phase("stranger", "Failed")
        assert 'password authentication failed for user "hub"' in it.log("stranger")
        it.delete("db")
        await it.gone("db")
        database(it, "db-again", env)
        await it.ready("db-again")
        ask("read", "select x from t")
        await it.phase("read", "Succeeded")
        assert it.log("read") == "kept\n"
        for name in ("db-again", "write", "read"):
            assert "it's a secret" not in it.log(name, "postgresql") + it.log(name)


async def test_postgresql_without_settings_reports_the_missing_variables(
    images: Images, tmp_path: Path
) -> None:
    async with node(tmp_path, images, images.base("postgresql-16")) as it:
        it.start("one", container={"env": [{"name": "POSTGRESQL_USER", "value": "hub"}]})
        await it.phase("one", "Failed")
        assert it.log("one").splitlines() == [
            "error: POSTGRESQL_USER, POSTGRESQL_PASSWORD and POSTGRESQL_DATABASE go together.",
            "Set POSTGRESQL_USER, POSTGRESQL_PASSWORD and POSTGRESQL_DATABASE, "
            "or POSTGRESQL_ADMIN_PASSWORD, or all four.",
            "Optional: POSTGRESQL_MAX_CONNECTIONS (100), POSTGRESQL_SHARED_BUFFERS (32MB).",
        ]


async def test_pods_end_when_the_sandbox_is_killed(tmp_path: Path) -> None:
    sleeping = f"4242.{os.getpid()}"  # seconds that nobody else sleeps
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, str(tmp_path), sleeping),
        cwd=CHECKOUT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert await process.stdout.readline() == b"up\n"
    try:
        await until(lambda: count(f"sleep {sleeping}") == 2)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await until(lambda: count(f"sleep {sleeping}") == 0)


def count(command: str) -> int:
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return listing.splitlines().count(command)


async def test_images_with_equal_content_have_one_digest(images: Images) -> None:
    assert tiny_image(images).digest == tiny_image(images).digest
    assert tiny_image(images, Cmd=["x"]).digest != tiny_image(images).digest


@pytest.mark.parametrize(
    ("reference", "base"),
    [
        ("registry.access.redhat.com/ubi9/python-312:latest", "python-312"),
        ("registry.access.redhat.com/ubi9/python-311", "python-312"),
        ("quay.io/sclorg/python-312-c9s:c9s", "python-312"),
        ("quay.io/sclorg/postgresql-16-c9s:latest", "postgresql-16"),
        ("registry.access.redhat.com/ubi8/python-39:latest", None),
        ("registry.access.redhat.com/ubi8/python-36", None),
        ("quay.io/sclorg/postgresql-15-c9s", None),
        ("minimal-notebook:3.12", None),
    ],
)
def test_known_images_of_other_registries_map_to_the_base_images(reference: str, base: str | None) -> None:
    assert base_images.base_name(reference) == base


def test_this_machine_can_run_the_sandbox(tmp_path: Path) -> None:
    assert host_requirements.check_machine(tmp_path / "state") == []
    assert list((tmp_path / "state").iterdir()) == []


def test_disabled_user_namespaces_are_reported_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "bwrap"
    closed.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    closed.chmod(0o755)
    restricted = tmp_path / "apparmor"
    restricted.write_text("1\n")
    monkeypatch.setattr(host_requirements, "bwrap", lambda: closed)
    monkeypatch.setattr(host_requirements, "APPARMOR", restricted)
    monkeypatch.setattr(host_requirements, "is_root", lambda: False)
    assert host_requirements.check_machine(tmp_path) == [
        "AppArmor closes user namespaces to ordinary users on this machine: run "
        "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or the sandbox as root."
    ]
    monkeypatch.setattr(host_requirements, "is_root", lambda: True)
    assert host_requirements.check_machine(tmp_path) == [
        "Namespaces are closed to this root user (bwrap: setting up uid map: Permission denied), as in an "
        "unprivileged container: run the sandbox on the machine itself, "
        "or start the container with --privileged."
    ]


@pytest.mark.skipif(shutil.which("mount") is None or os.geteuid() != 0, reason="mounts a file system")
def test_a_file_system_that_cannot_hold_layers_is_named(tmp_path: Path) -> None:
    for name in ("lower", "upper", "work", "state"):
        (tmp_path / name).mkdir()
    layers = ",".join(f"{name}dir={tmp_path / name}" for name in ("lower", "upper", "work"))
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, tmp_path / "state"], check=True)
    try:
        [problem] = host_requirements.check_machine(tmp_path / "state")
    finally:
        subprocess.run(["umount", tmp_path / "state"], check=True)
    assert problem.startswith(
        f"The file system of {tmp_path / 'state'} cannot hold container layers (bwrap: "
    )
    remedy = "name a directory on ext4, xfs or btrfs in SANDBOX_STATE "
    remedy += "(NFS and a container's own file system do not do)."
    assert problem.endswith(remedy)


def test_a_directory_is_removed_whatever_its_modes_and_nothing_beside_it_is_touched(tmp_path: Path) -> None:
    (tmp_path / "top" / "closed" / "inner").mkdir(parents=True)
    (tmp_path / "top" / "closed" / "inner" / "file").touch()
    (tmp_path / "top" / "link").symlink_to(tmp_path)
    for directory in ("top/closed/inner", "top/closed"):
        (tmp_path / directory).chmod(0)
    mode = tmp_path.stat().st_mode
    remove_tree(tmp_path / "top")
    remove_tree(tmp_path / "top")
    assert (list(tmp_path.iterdir()), tmp_path.stat().st_mode) == ([], mode)
