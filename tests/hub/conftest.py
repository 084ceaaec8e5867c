"""What the tests of the config package share: recorded answers, and an API that gives them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import npm_packages
from .database import postgresql  # noqa: F401 (fixture)
from .people import login, person  # noqa: F401 (fixtures)
from .standin import OWNED, StandIn


@pytest.fixture(scope="session")
def recorded() -> dict[str, dict]:
    """Answers of a real OpenShift, by name."""
    lines = (Path(__file__).parent / "recorded.jsonl").read_text().splitlines()
    return {record["name"]: record for record in map(json.loads, lines)}


@pytest.fixture(scope="session")
def logins() -> dict[str, dict]:
    """Exchanges with a real OpenShift's login, by name."""
    lines = (Path(__file__).parent / "oauth.jsonl").read_text().splitlines()
    return {record["name"]: record for record in map(json.loads, lines)}


@pytest.fixture(scope="session")
def configurable_http_proxy() -> Path:
    """The command of the hub image's proxy."""
    return npm_packages.configurable_http_proxy()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[StandIn]:
    """An API on loopback with TLS and a service account of its own; a test says what it answers."""
    with StandIn(tmp_path) as standin:
        yield standin


@pytest.fixture
def owned_objects(api: StandIn, recorded: dict[str, dict]) -> StandIn:
    """The API with a DeploymentConfig, and one object of each kind that it becomes the owner of."""
    api.answer(recorded["get deployment config"])
    for path, kind in OWNED.items():
        item: dict = {"metadata": {"name": "jupyterhub", "resourceVersion": "7"}}
        if kind == "NetworkPolicy":
            item["spec"] = {"podSelector": {"matchLabels": {"app": "jupyterhub", "component": "none"}}}
        api.answers["GET", path] = (200, {"kind": f"{kind}List", "metadata": {}, "items": [item]})
        api.answers["PATCH", f"{path}/jupyterhub"] = (200, {"kind": kind, "metadata": {"name": "jupyterhub"}})
    return api


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with nothing of JupyterHub in it but what must be there."""
    for name in [
        name for name in os.environ if "JUPYTERHUB" in name or name in ("APPLICATION_NAME", "KUBECONFIG")
    ]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CONFIGPROXY_AUTH_TOKEN", "the-proxy-token")
