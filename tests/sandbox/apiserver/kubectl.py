"""A real `kubectl` that is logged in to an API on loopback TLS."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.apiserver.http import application
from sandbox.authorization.users import Tokens
from sandbox.network.certificates import Authority
from sandbox.registry.api import Api
from tests.conftest import tool
from tests.sandbox.projects import DEVELOPER, an_api


@dataclass
class Kubectl:
    """The command, logged in as the project's admin."""

    api: Api
    path: str
    directory: Path

    environment: dict[str, str] = field(default_factory=dict)

    @property
    def login(self) -> dict[str, str]:
        """The variables of a user who is logged in."""
        return {"KUBECONFIG": str(self.directory / "kubeconfig"), "HOME": str(self.directory)}

    async def __call__(self, *args: str, stdin: str = "", fails: bool = False) -> str:
        """Return its output; both streams when it fails."""
        process = await self.start(*args)
        output, complaint = await process.communicate(stdin.encode())
        assert bool(process.returncode) == fails, (output + complaint).decode()
        return (output + complaint if fails else output).decode()

    async def start(self, *args: str) -> asyncio.subprocess.Process:
        """Start it with pipes as streams."""
        return await asyncio.create_subprocess_exec(
            self.path,
            *args,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self.login, **self.environment},
        )


@asynccontextmanager
async def kubectl(directory: Path, api: Api | None = None, **parts: Any) -> AsyncIterator[Kubectl]:
    """Serve an API with the given parts of `application`, and yield a kubectl that is logged in to it."""
    path = shutil.which("kubectl", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}") or tool(
        "kubectl", "make"
    )
    api, authority = api or an_api(), Authority(directory / "ca")
    tokens = Tokens(api.store, api.project, b"k" * 32, {"developer's": DEVELOPER})
    runner = web.AppRunner(application(api, tokens, **parts), shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=authority.context("api", ["127.0.0.1"])).start()
    port = runner.addresses[0][1]
    cluster = {
        "server": f"https://127.0.0.1:{port}",
        "certificate-authority-data": base64.b64encode(authority.pem.encode()).decode(),
    }
    context = {"cluster": "it", "user": "it", "namespace": api.project.name}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": {"token": "developer's"}}],
        "contexts": [{"name": "it", "context": context}],
    }
    (directory / "kubeconfig").write_text(json.dumps(config))
    try:
        yield Kubectl(api, path, directory)
    finally:
        await runner.cleanup()
