"""Spawners of a hub that exists in name only, and their clients of the cluster's API."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from kubespawner import clients
from traitlets.config import Config

from jupyterhub_openshift import configure
from jupyterhub_openshift.spawner.openshift_spawner import OpenShiftSpawner

from ..example_settings import PROJECT, settings
from .pods import HUB, UUID


def use_account(monkeypatch: pytest.MonkeyPatch, account: Path, environ: dict[str, str]) -> None:
    """Let the client find the API and the service account as in a pod."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    incluster = "kubernetes_asyncio.config.incluster_config.SERVICE_"
    monkeypatch.setattr(f"{incluster}TOKEN_FILENAME", str(account / "token"))
    monkeypatch.setattr(f"{incluster}CERT_FILENAME", str(account / "ca.crt"))
    clients.load_config.cache_clear()


def new_spawner(user: str = UUID, server: str = "", **values) -> OpenShiftSpawner:
    """Return the spawner of a user's server, as a hub with these settings makes it."""
    c = Config()
    ours = settings(**values)
    for concern in (
        configure.configure_notebooks,
        configure.configure_security,
        configure.configure_pages,
    ):
        concern(c, ours, PROJECT)
    configure.configure_limits(c, ours, PROJECT)
    configure.configure_storage(c, ours, PROJECT)
    c.Spawner.start_timeout = 10
    user_model = SimpleNamespace(
        name=user, id=1, url=f"/user/{user}/", escaped_name=user, settings={}, groups=[], spawners={}
    )
    orm = SimpleNamespace(name=server, server=None, state={}, user_options={})
    return OpenShiftSpawner(
        config=c, user=user_model, hub=HUB, orm_spawner=orm, api_token="the-token-of-the-server", db=None,
        oauth_client_id="jupyterhub-user-x", cookie_options={},
    )  # fmt: skip


async def forget_clients() -> None:
    """Stop all watches and close all connections."""
    await OpenShiftSpawner._stop_all_reflectors()
    for client in list(clients._client_cache.values()):
        await client.api_client.close()
    clients._client_cache.clear()
