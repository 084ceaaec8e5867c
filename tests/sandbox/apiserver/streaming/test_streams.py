"""The real `kubectl` runs commands in a pod, attaches to it and forwards ports, over WebSocket and SPDY."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox import seed
from sandbox.containers.images import Images
from sandbox.registry.api import Api
from tests.sandbox.apiserver.kubectl import Kubectl, kubectl
from tests.sandbox.running import PROJECT, Node, node, until

PROTOCOLS = {"websocket": "true", "spdy": "false"}
SWITCHES = ("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", "KUBECTL_PORT_FORWARD_WEBSOCKETS")
every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    return Images(tmp_path_factory.mktemp("images"))


@asynccontextmanager
async def served(directory: Path, images: Images, protocol: str) -> AsyncIterator[tuple[Kubectl, Node]]:
    """Yield a kubectl, and the node of its API."""
    async with node(directory / "node", images) as it:
        seed.fill(it.store, PROJECT)

        def log_file(pod: str, container: str, previous: bool) -> Path | None:
            return it.kubelet.log_file(pod, container, previous=previous)

        parts = {"log_file": log_file, "running": it.kubelet.running}
        async with kubectl(directory, Api(it.store, PROJECT), **parts) as client:
            client.environment = dict.fromkeys(SWITCHES, PROTOCOLS[protocol])
            yield client, it


@every_protocol
async def test_exec_passes_streams_and_exit_code(images: Images, tmp_path: Path, protocol: str) -> None:
    async with served(tmp_path, images, protocol) as (run, it):
        it.start("p", "sleep 60")
        await it.phase("p", "Running")
        assert await run("exec", "p", "--", "sh", "-c", "echo $HOME; pwd") == "/opt/app-root/src\n" * 2
        assert await run("exec", "-i", "p", "--", "sh", "-c", "tr a-z A-Z", stdin="hello\n") == "HELLO\n"
        large = "x" * 300_000
        assert await run("exec", "-i", "p", "--", "cat", stdin=large) == large
        failed = await run("exec", "p", "--", "sh", "-c", "echo out; echo err >&2; exit 3", fails=True)
        assert failed == "out\nerr\ncommand terminated with exit code 3\n"
        killed = await run("exec", "p", "--", "sh", "-c", "kill -9 $$", fails=True)
        assert killed == "command terminated with exit code 137\n"


@every_protocol
async def test_exec_with_a_terminal_has_a_size_and_job_control(
    images: Images, tmp_path: Path, protocol: str
) -> None:
    async with served(tmp_path, images, protocol) as (run, it):
        it.start("p", "sleep 60")
        await it.phase("p", "Running")
        script = 'test -t 0 && test -t 1 && echo "terminal $TERM"; ps -o pgid= -p $$ | tr -d " "; echo $$'
        output = await in_a_terminal(run, "exec", "-it", "p", "--", "sh", "-c", script)
        terminal, group, pid = output.split("\r\n")[-4:-1]
        assert (terminal, group) == ("terminal xterm", pid)


async def in_a_terminal(run: Kubectl, *args: str, stdin: str = "") -> str:
    """Run kubectl in a terminal; return its output."""
    process = await asyncio.create_subprocess_exec(
        *("script", "--quiet", "--return", "--command", shlex.join((run.path, *args)), "/dev/null"),
        env={"PATH": "/usr/bin:/bin", **run.login, **run.environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(stdin.encode())
    assert process.returncode == 0, output
    return output.decode().replace("^@", "")  # script sends a NUL at the end of its input


@every_protocol
async def test_what_cannot_be_entered_is_refused(images: Images, tmp_path: Path, protocol: str) -> None:
    async with served(tmp_path, images, protocol) as (run, it):
        assert await run("exec", "none", "--", "ls", fails=True) == (
            'Error from server (NotFound): pods "none" not found\n'
        )
        it.start("p", container={"image": "test:none"})
        await until(lambda: it.pod("p")["spec"].get("nodeName"))
        refused = await run("exec", "p", "--", "ls", fails=True)
        assert refused == 'error: unable to upgrade connection: container not found ("main")\n'
        refused = await run("exec", "p", "-c", "other", "--", "ls", fails=True)
        assert refused == "error: container other is not valid for pod p out of: main\n"
        refused = await run("port-forward", "p", ":80", fails=True)
        assert refused == "error: unable to forward port because pod is not running. Current status=Pending\n"


@every_protocol
async def test_attach_follows_the_output(images: Images, tmp_path: Path, protocol: str) -> None:
    async with served(tmp_path, images, protocol) as (run, it):
        it.start("p", "echo before; until test -e go; do sleep 0.1; done; echo after; exit 4")
        await it.phase("p", "Running")
        attached = await run.start("attach", "p")
        await asyncio.sleep(1)
        await run("exec", "p", "--", "touch", "go")
        output, _ = await attached.communicate()
        assert output.decode() == "after\n"


@every_protocol
async def test_a_pod_is_run_with_input_and_with_a_terminal(
    images: Images, tmp_path: Path, protocol: str
) -> None:
    async with served(tmp_path, images, protocol) as (run, it):
        options = ("--rm", "--restart=Never", f"--image=test@{it.image.digest}", "--quiet", "--command", "--")
        assert await run("run", "-i", "cat", *options, "cat", stdin="hello\n") == "hello\n"
        script = "read line; test -t 1 && echo a terminal read $line"
        output = await in_a_terminal(run, "run", "-it", "sh", *options, "sh", "-c", script, stdin="a line\n")
        assert "a terminal read a line" in output
        assert it.store.list("pods") == []


@every_protocol
async def test_port_forward_connects_to_the_pods_ports(images: Images, tmp_path: Path, protocol: str) -> None:
    async with served(tmp_path, images, protocol) as (run, it):
        it.start("p", "sleep 60")
        pod = await it.phase("p", "Running")
        received: list[bytes] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            received.append(await reader.readline())
            writer.write(b"y" * 200_000)
            writer.close()

        server = await asyncio.start_server(answer, pod["status"]["podIP"], 8080)
        async with server:
            forwarding = await run.start("port-forward", "p", ":8080", ":8081")
            try:
                assert forwarding.stdout is not None
                text = (await forwarding.stdout.readline()).decode()
                port = int(re.findall(r"127\.0\.0\.1:(\d+) -> 8080", text)[0])
                for _ in range(2):
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.write(b"hello\n")
                    assert await reader.read() == b"y" * 200_000
                    writer.close()
                await refuse(forwarding)
            finally:
                forwarding.terminate()
                _, complaint = await forwarding.communicate()
        assert received == [b"hello\n"] * 2
        assert "error forwarding port 8081 to pod p: connection refused" in complaint.decode()


async def refuse(forwarding: asyncio.subprocess.Process) -> None:
    """Connect through the forwarder to a port on which nobody listens."""
    assert forwarding.stdout is not None
    text = ""
    while "-> 8081" not in text:
        text = (await forwarding.stdout.readline()).decode()
    port = int(re.findall(r"127\.0\.0\.1:(\d+) -> 8081", text)[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello\n")
    assert await reader.read() == b""
    writer.close()


async def test_a_command_ends_when_its_client_goes(images: Images, tmp_path: Path) -> None:
    async with served(tmp_path, images, "websocket") as (run, it):
        it.start("p", "sleep 60")
        await it.phase("p", "Running")
        process = await run.start("exec", "p", "--", "sh", "-c", "echo begun; exec sleep 1234")
        assert process.stdout is not None
        assert await process.stdout.readline() == b"begun\n"
        process.kill()
        await process.wait()
        running = it.kubelet.running("p", "main")
        assert running is not None

        async def sleeping() -> bool:
            _, listed = await running.exec(["ps", "-e", "-o", "args"], 10)
            return "sleep 1234" in listed

        for _ in range(100):
            if not await sleeping():
                break
            await asyncio.sleep(0.1)
        assert not await sleeping()
        await until(lambda: it.pod("p")["status"]["phase"] == "Running")
