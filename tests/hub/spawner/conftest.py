"""Spawners that talk to the stand-in API."""

from types import SimpleNamespace

import pytest
from kubespawner import clients
from traitlets.config import Config

from jupyterhub_openshift import configure
from jupyterhub_openshift.spawner.openshift_spawner import OpenShiftSpawner

from ..example_settings import PROJECT, settings
from .pods import HUB, PODS, UUID


@pytest.fixture
async def spawner_of(api, monkeypatch, recorded):
    """Make a user's spawner that talks to the stand-in API."""
    for name, value in api.environ.items():
        monkeypatch.setenv(name, value)
    incluster = "kubernetes_asyncio.config.incluster_config.SERVICE_"
    monkeypatch.setattr(f"{incluster}TOKEN_FILENAME", str(api.account / "token"))
    monkeypatch.setattr(f"{incluster}CERT_FILENAME", str(api.account / "ca.crt"))
    clients.load_config.cache_clear()
    api.answer(recorded["image stream"])
    empty = {"metadata": {"resourceVersion": "1"}, "items": []}
    api.answers["GET", PODS] = (200, empty)
    api.answers["GET", "/api/v1/namespaces/rec/events"] = (200, empty)

    def make(user: str = UUID, server: str = "", **values) -> OpenShiftSpawner:
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

    yield make
    await OpenShiftSpawner._stop_all_reflectors()
    for client in list(clients._client_cache.values()):
        await client.api_client.close()
    clients._client_cache.clear()
