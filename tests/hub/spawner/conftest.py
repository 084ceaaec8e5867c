"""Spawners that talk to the stand-in API."""

import pytest

from .pods import PODS
from .spawners import forget_clients, new_spawner, use_account


@pytest.fixture
async def spawner_of(api, monkeypatch, recorded):
    """Make a user's spawner that talks to the stand-in API."""
    use_account(monkeypatch, api.account, api.environ)
    api.answer(recorded["image stream"])
    empty = {"metadata": {"resourceVersion": "1"}, "items": []}
    api.answers["GET", PODS] = (200, empty)
    for kind in ("events", "persistentvolumeclaims", "secrets"):
        api.answers["GET", f"/api/v1/namespaces/rec/{kind}"] = (200, empty)
    yield new_spawner
    await forget_clients()
