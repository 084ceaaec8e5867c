"""The sandbox's certificate authority."""

import asyncio
import ssl
import stat
from pathlib import Path

import pytest

from sandbox.network.certificates import Authority


async def handshake(authority: Authority, served: list[str], asked: str) -> None:
    """Connect to a server of some names as a client that trusts the authority alone."""
    server = await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=authority.context("test", served)
    )
    port = server.sockets[0].getsockname()[1]
    trusting = ssl.create_default_context(cadata=authority.pem)
    async with server:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=asked)
        writer.close()


@pytest.mark.parametrize("name", ["127.0.0.1", "hub.apps.localhost", "kubernetes.default.svc"])
async def test_clients_that_trust_it_connect(tmp_path: Path, name: str):
    names = ["127.0.0.1", "*.apps.localhost", "kubernetes.default.svc"]
    await handshake(Authority(tmp_path), names, name)


@pytest.mark.parametrize("name", ["bank.example.org", "192.0.2.1"])
async def test_the_certificate_authority_is_constrained_to_this_machine(tmp_path: Path, name: str):
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        await handshake(Authority(tmp_path), [name], name)


def test_the_certificate_authority_is_kept_so_that_a_browser_asks_once(tmp_path: Path):
    assert Authority(tmp_path).pem == Authority(tmp_path).pem


def test_only_the_user_can_read_the_private_keys(tmp_path: Path):
    Authority(tmp_path).context("api", ["127.0.0.1"])
    modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in tmp_path.iterdir() if b"PRIV" in f.read_bytes()}
    assert modes == {"ca.key": 0o600, "api.pem": 0o600}
