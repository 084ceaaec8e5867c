"""The sandbox's process: starts and stops API, controllers, kubelet, network and router."""

from __future__ import annotations

import asyncio
import base64
import errno
import json
import logging
import os
import secrets
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox import seed
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.store import Store
from sandbox.apiserver import audit, instantiate
from sandbox.apiserver.http import application
from sandbox.authorization.users import ADMIN, Tokens, person
from sandbox.builds.s2i import Builder
from sandbox.containers.container import Running
from sandbox.containers.host_requirements import check_machine
from sandbox.containers.image_store import remove_tree
from sandbox.containers.images import Images
from sandbox.controllers import all_controllers
from sandbox.controllers.loop import Cluster
from sandbox.kubelet.kubelet import Kubelet
from sandbox.kubelet.node import Node
from sandbox.lock import Instance, Lock
from sandbox.network.certificates import Authority
from sandbox.network.router import Router
from sandbox.network.services import Network
from sandbox.oauth import access_tokens
from sandbox.oauth.server import OAuth
from sandbox.registry.api import Api
from sandbox.scheduler.scheduler import Scheduler
from sandbox.scheduler.taint_eviction import TaintEviction

Then = Callable[["Options", asyncio.Event], Awaitable[int]]

HOST = "127.0.0.1"
TEMPORARY = ("records", "tmp", "uploads", "pods", "claims")  # left by a killed sandbox
CANCEL_AGAIN = 0.5
SERVICE = "kubernetes.default.svc"


class CannotStart(Exception):
    """The sandbox cannot start; the message names cause and remedy."""


@dataclass(frozen=True)
class Options:
    """State directory, checkout, ports (0: any free one) and owner of a sandbox.

    The sandbox stops when the process `while_pid` ends, whatever ends it.
    """

    state: Path
    checkout: Path
    api_port: int = 0
    route_port: int = 8443
    project: Project = field(default_factory=Project)
    while_pid: int | None = None


async def serve(options: Options, then: Then) -> int:
    """Start the sandbox, run `then` with the event that Ctrl-C sets, stop; return the exit code of `then`."""
    if problems := check_machine(options.state):
        raise CannotStart("\n       ".join(problems))
    lock = Lock(options.state)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    try:
        _log_to(options.state / "log" / "sandbox.log")
        audit.to_file(options.state)
        with _stopping_with(options.while_pid, stopping):
            async with running(options) as options_now:
                lock.describe(_instance(options_now))
                return await then(options_now, stopping)
    finally:
        await _end_tasks()
        clean(options.state)
        lock.release()


async def _end_tasks() -> None:
    """End what began while the parts stopped, as a pod that the hub created at that moment."""
    while left := asyncio.all_tasks() - {asyncio.current_task()}:
        await _end(*left)


async def _end(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancel tasks until they end: until Python 3.12 `asyncio.wait_for` may swallow a cancellation."""
    while left := [task for task in tasks if task and not task.done()]:
        for task in left:
            task.cancel()
        _, stubborn = await asyncio.wait(left, timeout=CANCEL_AGAIN)
        for task in stubborn:
            logging.getLogger(__name__).warning("still running after its cancellation: %r", task)


@asynccontextmanager
async def running(options: Options) -> AsyncIterator[Options]:
    """Run the sandbox; yield the options with the actual ports."""
    clean(options.state)
    project, store = options.project, Store()
    authority = Authority(options.state / "ca")
    seed.fill(store, project, authority.pem)
    store.create("nodes", seed.node())
    api = Api(store, project)
    people = {secrets.token_urlsafe(32): person(project.requester), secrets.token_urlsafe(32): ADMIN}
    tokens = Tokens(store, project, secrets.token_bytes(32), people)
    access_tokens.fill(store, project)
    oauth = OAuth(store, project, tokens)
    cluster = Cluster(store, api, project, options.state)
    images = Images(options.state / "images")
    async with AsyncExitStack() as stack:
        files = _LogFiles(cluster)
        app = application(
            api,
            tokens,
            log_file=files.find,
            running=files.running,
            others=instantiate.storages(cluster),
            oauth=oauth,
        )
        names = [HOST, "localhost", "kubernetes", "kubernetes.default", SERVICE, f"{SERVICE}.cluster.local"]
        api_port = await _listen(stack, app, options.api_port, authority.context("api", names))
        network = Network(project, store, api=(HOST, api_port))
        node = Node(
            project, store, images, network, state=options.state, issue=tokens.issue, ca=authority.pem
        )
        kubelet = Kubelet(node)
        files.kubelet = kubelet
        router = Router(project, store, network, oauth)
        wildcard = [f"*.apps.{project.domain}", f"apps.{project.domain}"]
        try:
            runner = await router.serve(authority.context("routes", wildcard), options.route_port)
        except OSError as problem:
            raise _port_problem(options.route_port, "--port", problem) from problem
        stack.push_async_callback(runner.cleanup)
        builder = Builder(images, options.state, node.find_image)
        controllers = all_controllers(cluster, images, builder, options.checkout)
        controllers += [Scheduler(cluster), TaintEviction(cluster)]
        work = [network.run(), kubelet.run(), router.run(), *(each.run() for each in controllers)]
        for each in work:
            _start(stack, each)
        developer, admin = people
        config = options.state / "kubeconfig"
        _write_kubeconfig(config, f"https://{HOST}:{api_port}", authority.pem, project, developer)
        _write_kubeconfig(
            options.state / "admin.kubeconfig", f"https://{HOST}:{api_port}", authority.pem, project, admin
        )
        yield replace(options, api_port=api_port, route_port=router.port)
    for name in ("kubeconfig", "admin.kubeconfig"):
        (options.state / name).unlink(missing_ok=True)


@contextmanager
def _stopping_with(pid: int | None, stopping: asyncio.Event) -> Iterator[None]:
    """Set `stopping` when the process `pid` ends: the kernel makes its pidfd readable, also after SIGKILL."""
    if pid is None:
        yield
        return
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        raise CannotStart(f"the process {pid} of --while-pid has ended already") from None
    loop = asyncio.get_running_loop()

    def ended() -> None:
        loop.remove_reader(descriptor)
        stopping.set()

    loop.add_reader(descriptor, ended)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def clean(state: Path) -> None:
    """Remove the files of one run (pods, claims, uploads); keep images and caches."""
    for name in TEMPORARY:
        remove_tree(state / name)


class _LogFiles:
    """Finds the logs of containers, and of pods whose work a controller does."""

    kubelet: Kubelet

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def find(self, pod: str, container: str, previous: bool) -> Path | None:
        record = self._cluster.record_log(pod)
        if record.is_file():
            return record
        return self.kubelet.log_file(pod, container, previous=previous)

    def running(self, pod: str, container: str) -> Running | None:
        return self.kubelet.running(pod, container)


async def _listen(stack: AsyncExitStack, app: web.Application, port: int, context: ssl.SSLContext) -> int:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1, handler_cancellation=True)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, HOST, port, ssl_context=context).start()
    except OSError as problem:
        raise _port_problem(port, "--api-port", problem) from problem
    return int(runner.addresses[0][1])


def _port_problem(port: int, option: str, problem: OSError) -> CannotStart:
    if problem.errno == errno.EADDRINUSE:
        other = f"choose another one, for example {option} {port + 1}"
        make = f" (make run PORT={port + 1})" if option == "--port" else ""
        return CannotStart(f"port {port} is taken by another program; {other}{make}")
    if problem.errno == errno.EACCES:
        return CannotStart(f"port {port} needs root; choose one from 1024 up, for example {option} 8443")
    return CannotStart(f"port {port} cannot be opened: {problem.strerror}")


def _start(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    """Run a part as a task; parts stop in reverse order."""
    task = asyncio.create_task(work)

    stack.push_async_callback(_end, task)


def _write_kubeconfig(file: Path, server: str, ca: str, project: Project, token: str) -> None:
    """Write a kubeconfig in JSON, which is also YAML, so that the command line needs no YAML parser."""
    name, user = project.name, project.requester
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(ca.encode()).decode()}
    config = {
        "kind": "Config",
        "apiVersion": "v1",
        "clusters": [{"name": "sandbox", "cluster": cluster}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": "sandbox", "namespace": name, "user": user}}],
        "current-context": name,
    }
    partial = file.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as writing:
        json.dump(config, writing, indent=2)
    partial.rename(file)


def _instance(options: Options) -> Instance:
    address = f"https://{HOST}:{options.api_port}"
    return Instance(os.getpid(), address, options.project.name, options.route_port)


def _log_to(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    form = "%(asctime)s %(name)s: %(message)s"
    logging.basicConfig(filename=file, filemode="w", level=logging.INFO, format=form, force=True)
