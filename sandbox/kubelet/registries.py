"""Image references, and what a registry answers for an image that this machine has not got.

The sandbox runs its own images only. For any other it asks the registry for the manifest, as a container
runtime does, and reports the refusal in containerd's words; an image that is there counts as not found too.
Docker Hub is not asked.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import NamedTuple

import aiohttp
from yarl import URL

from sandbox.validation.openshift import REFERENCE

HUB = "docker.io"
RESOLV_CONF = Path("/etc/resolv.conf")
PULL_SECONDS = 900.0


class InvalidReference(ValueError):
    """The text is no image reference."""


class Reference(NamedTuple):
    """A parsed image reference."""

    domain: str
    path: str
    tag: str
    digest: str

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.domain}/{self.path}{tag}" + (f"@{self.digest}" if self.digest else "")


def parse(text: str) -> Reference:
    """Parse a reference by the rules of github.com/distribution/reference."""
    domain, slash, rest = text.partition("/")
    if not slash or not (re.search(r"[.:A-Z]", domain) or domain == "localhost"):
        domain, rest = HUB, text
        rest = rest if "/" in rest else f"library/{rest}"
    name, _, digest = rest.partition("@")
    path, _, tag = name.partition(":")
    if path != path.lower():
        raise InvalidReference(f"invalid reference format: repository name ({path}) must be lowercase")
    if not REFERENCE.fullmatch(text):
        raise InvalidReference("invalid reference format")
    return Reference(domain, path, tag or ("" if digest else "latest"), digest)


async def refusal(reference: Reference, internal: str) -> str:
    """Ask the registry for an image; return why the pull fails. `internal` is the cluster's registry."""
    asked = f'failed to pull and unpack image "{reference}": failed to resolve reference "{reference}"'
    missing = f"rpc error: code = NotFound desc = {asked}: {reference}: not found"
    if reference.domain in (HUB, internal):
        return missing
    scheme = "http" if re.match(r"localhost\b|127\.", reference.domain) else "https"
    version = reference.digest or reference.tag
    url = URL(f"{scheme}://{reference.domain}/v2/{reference.path}/manifests/{version}")
    failed = f'{asked}: failed to do request: Head "{url}"'
    limit = aiohttp.ClientTimeout(total=PULL_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit, trust_env=True) as session,
            session.head(url, allow_redirects=True) as answer,
        ):
            if answer.status in (200, 404):
                return missing
            status = f"[manifests {version}]: {answer.status} {answer.reason}"
            return f"{asked}: pulling from host {reference.domain} failed with status code {status}"
    except aiohttp.ClientConnectorDNSError:
        return f"{failed}: dial tcp: lookup {url.host} on {_name_server()}:53: no such host"
    except aiohttp.ClientConnectorCertificateError:
        return f"{failed}: tls: failed to verify certificate: x509: certificate signed by unknown authority"
    except aiohttp.ClientConnectorError:
        return f"{failed}: dial tcp {url.host}:{url.port}: connect: connection refused"
    except aiohttp.ClientError as problem:
        return f"{failed}: {problem}"
    except asyncio.TimeoutError:
        return f"{failed}: context deadline exceeded"


def _name_server() -> str:
    for line in RESOLV_CONF.read_text().splitlines() if RESOLV_CONF.is_file() else []:
        if line.startswith("nameserver "):
            return line.split()[1]
    return "127.0.0.1"
