"""Startup, readiness and liveness probes, and the handlers of `lifecycle`.

Rules: `pkg/kubelet/prober` and `pkg/probe` of Kubernetes; the texts are theirs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import aiohttp
from yarl import URL

from sandbox.apimachinery.json_types import Obj
from sandbox.containers.container import Running
from sandbox.network.services import port_number

Failure = str | None
POST_START_SECONDS = 60.0
REDIRECTS = 10
REDIRECTING = (301, 302, 303, 307, 308)


async def probe(what: Obj, container: Obj, running: Running, ip: str) -> Failure:
    """Run a probe once; return None when it succeeds, else its failure."""
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
    """Probe until cancelled; report each result: healthy, not healthy, or None below the threshold."""
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


async def handle(handler: Obj, container: Obj, running: Running, ip: str, timeout: float) -> Failure:
    """Run a `preStop` handler; return its failure, which changes nothing."""
    if "sleep" in handler:
        await asyncio.sleep(min(handler["sleep"]["seconds"], timeout))
        return None
    return await probe({**handler, "timeoutSeconds": timeout}, container, running, ip)


async def post_start(hook: Obj, container: Obj, running: Running, ip: str, pod: str) -> Failure:
    """Run a `postStart` handler; return its failure in the kubelet's words. `pod` is NAME_NAMESPACE(UID)."""
    where = f'for Container "{container["name"]}" in Pod "{pod}" failed - error:'
    if "exec" in hook:
        command = hook["exec"]["command"]
        code, output = await running.exec(command, POST_START_SECONDS)
        if code == 0:
            return None
        words = " ".join(command)
        error = f"command '{words}' exited with {code}: , message: {json.dumps(output)}"
        return f"Exec lifecycle hook ([{words}]) {where} {error}"
    if "httpGet" in hook:
        failure = await _http_get(hook["httpGet"], container, ip, POST_START_SECONDS)
        path = hook["httpGet"].get("path", "/")
        return failure and f'HTTP lifecycle hook ({path}) {where} {failure}, message: ""'
    failure = await handle(hook, container, running, ip, POST_START_SECONDS)
    return failure and f"Lifecycle hook {where} {failure}"


async def _exec(command: list[str], running: Running, timeout: float) -> Failure:
    try:
        code, output = await running.exec(command, timeout)
    except asyncio.TimeoutError:
        return f'command timed out: "{" ".join(command)}" timed out after {timeout}s'
    return None if code == 0 else output


async def _http_get(get: Obj, container: Obj, ip: str, timeout: float) -> Failure:
    """Probe over HTTP; a redirect on the same host is followed, one to another host counts as success."""
    if get.get("scheme", "HTTP") != "HTTP":
        return f"the sandbox probes HTTP only, not {get['scheme']}"
    host, port = get.get("host") or ip, port_number(get["port"], container)
    first = url = URL(f"http://{host}:{port}/{get.get('path', '/').lstrip('/')}", encoded=True)
    headers = {"User-Agent": "kube-probe/1.36", "Accept": "*/*"}
    headers |= {header["name"]: header["value"] for header in get.get("httpHeaders", [])}
    limit = aiohttp.ClientTimeout(total=timeout)
    try:
        async with aiohttp.ClientSession(timeout=limit) as session:
            for _ in range(REDIRECTS):
                async with session.get(url, headers=headers, allow_redirects=False) as answer:
                    target = answer.headers.get("Location") if answer.status in REDIRECTING else None
                    if target is None or url.join(URL(target)).host != url.host:
                        failed = f"HTTP probe failed with statuscode: {answer.status}"
                        return None if 200 <= answer.status < 400 else failed
                    url = url.join(URL(target))
        return f'Get "{url}": stopped after {REDIRECTS} redirects'
    except aiohttp.ClientConnectorError:
        return f'Get "{url}": dial tcp {url.host}:{url.port}: connect: connection refused'
    except aiohttp.ClientError as error:
        return f'Get "{url}": {error}'
    except asyncio.TimeoutError:
        waiting = "(Client.Timeout exceeded while awaiting headers)"
        return f'Get "{first}": context deadline exceeded {waiting}'


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
