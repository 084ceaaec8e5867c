"""Startup, readiness and liveness probes, and the handlers of `lifecycle`.

Rules: `pkg/kubelet/prober` and `pkg/probe` of Kubernetes; the texts are theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp

from sandbox.apimachinery.json_types import Obj
from sandbox.containers.container import Running
from sandbox.network.services import port_number

Failure = str | None


async def probe(what: Obj, container: Obj, running: Running, ip: str) -> Failure:
    """None when it is well, else what is wrong."""
    timeout = what.get("timeoutSeconds") or 1
    if "exec" in what:
        return await _exec(what["exec"]["command"], running, timeout)
    if "httpGet" in what:
        return await _http_get(what["httpGet"], container, ip, timeout)
    if "tcpSocket" in what:
        return await _tcp(what["tcpSocket"], container, ip, timeout)
    kinds = ", ".join(key for key, value in what.items() if isinstance(value, dict))
    return f"the sandbox has no probes of the kind {kinds}"


async def watch(
    what: Obj, check: Callable[[], Awaitable[Failure]], told: Callable[[bool | None, str], None]
) -> None:
    """Probe for ever and tell each result: healthy, not healthy, or None until a threshold is reached."""
    successes = failures = 0
    await asyncio.sleep(what.get("initialDelaySeconds") or 0)
    while True:
        failure = await check()
        successes, failures = (0, failures + 1) if failure is not None else (successes + 1, 0)
        if failure is not None:
            told(False if failures >= (what.get("failureThreshold") or 3) else None, failure)
        else:
            told(True if successes >= (what.get("successThreshold") or 1) else None, "")
        await asyncio.sleep(what.get("periodSeconds") or 10)


async def handle(handler: Obj, container: Obj, running: Running, ip: str, timeout: float) -> None:
    """Run a `preStop` or `postStart` handler; its failure changes nothing here."""
    if "sleep" in handler:
        await asyncio.sleep(min(handler["sleep"]["seconds"], timeout))
    else:
        await probe({**handler, "timeoutSeconds": timeout}, container, running, ip)


async def _exec(command: list[str], running: Running, timeout: float) -> Failure:
    try:
        code, output = await running.exec(command, timeout)
    except asyncio.TimeoutError:
        return f'command timed out: "{" ".join(command)}" timed out after {timeout}s'
    return None if code == 0 else output


async def _http_get(get: Obj, container: Obj, ip: str, timeout: float) -> Failure:
    if get.get("scheme", "HTTP") != "HTTP":
        return f"the sandbox probes HTTP only, not {get['scheme']}"
    host, port = get.get("host") or ip, port_number(get["port"], container)
    url = f"http://{host}:{port}/{get.get('path', '/').lstrip('/')}"
    headers = {"User-Agent": "kube-probe/1.34", "Accept": "*/*"}
    headers |= {header["name"]: header["value"] for header in get.get("httpHeaders", [])}
    limit = aiohttp.ClientTimeout(total=timeout)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.get(url, headers=headers, allow_redirects=False) as answer,
        ):
            if 200 <= answer.status < 400:
                return None
            return f"HTTP probe failed with statuscode: {answer.status}"
    except aiohttp.ClientConnectorError:
        return f'Get "{url}": dial tcp {host}:{port}: connect: connection refused'
    except aiohttp.ClientError as error:
        return f'Get "{url}": {error}'
    except asyncio.TimeoutError:
        waiting = "(Client.Timeout exceeded while awaiting headers)"
        return f'Get "{url}": context deadline exceeded {waiting}'


async def _tcp(socket: Obj, container: Obj, ip: str, timeout: float) -> Failure:
    host, port = socket.get("host") or ip, port_number(socket["port"], container)
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), timeout)
        writer.close()
    except asyncio.TimeoutError:
        return f"dial tcp {host}:{port}: i/o timeout"
    except OSError:
        return f"dial tcp {host}:{port}: connect: connection refused"
    return None
