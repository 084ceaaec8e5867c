"""Real-life configuration files: the check's verdict about each, compared with a hub that is started with it.

The files below `corpus/` are written anew after the documentation of JupyterHub, KubeSpawner, OAuthenticator
and Zero to JupyterHub. Comments at the end of a file are the lines of the preflight about it:

| comment | verdict |
|---|---|
| none | hub and servers start |
| `# stops: ...` | the hub does not start |
| `# fails: ...` | the hub starts, but its servers or logins fail |
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from jupyterhub_openshift.config_files.hub_check import sample_servers
from sandbox.apimachinery.errors import StatusError
from tests.paths import CHECKOUT
from tests.sandbox.projects import HUB, an_api

from ..proxy_process import TOKEN, running
from .checking import CONFIG_MAP, load, problems

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(CORPUS.rglob("*.py"))
COOKIE_SECRET = "0f" * 32


def verdict(file: Path) -> list[tuple[str, str]]:
    return re.findall(r"^# (stops|fails): (.*)$", file.read_text(), re.MULTILINE)


def name(file: Path) -> str:
    return str(file.relative_to(CORPUS))


@pytest.fixture(autouse=True)
def own_sys_path(monkeypatch):
    """The loader appends the folders of the files to `sys.path`."""
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.corpus
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of old names
@pytest.mark.parametrize("file", FILES, ids=name)
def test_the_check_gives_each_file_its_verdict(file, tmp_path):
    found = problems(tmp_path, file.read_text(), cookie_secret=SecretStr(COOKIE_SECRET))
    assert found == [line for _, line in verdict(file)]


@pytest.mark.corpus
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of old names
@pytest.mark.parametrize("file", [f for f in FILES if "kube" in f.parent.name and not verdict(f)], ids=name)
def test_the_api_finds_the_servers_of_a_good_file_valid(file, tmp_path):
    """What it forbids (status 403) depends on the project, and is a check of its own in a cluster."""
    c = load(tmp_path, {CONFIG_MAP: file.read_text()}, cookie_secret=SecretStr(COOKIE_SECRET))
    api = an_api()
    for _, manifests in sample_servers(c):
        for manifest in manifests:
            resource = {"Pod": "pods", "PersistentVolumeClaim": "persistentvolumeclaims"}[manifest["kind"]]
            try:
                api.create(resource, manifest, HUB, dry_run=True)
            except StatusError as refusal:
                assert refusal.code == 403, refusal.message


def test_the_corpus_has_files_of_every_source_and_verdict():
    sources = {file.parent.name for file in FILES}
    assert sources == {"jupyterhub", "kubespawner", "oauthenticator", "zero-to-jupyterhub"}
    kinds = [{kind for kind, _ in verdict(file)} for file in FILES]
    assert len(kinds) >= 230
    assert min(kinds.count(kind) for kind in (set(), {"stops"}, {"fails"})) >= 20
    assert all(len(kind) <= 1 for kind in kinds)


@pytest.mark.faults
def test_a_hub_starts_with_each_file_unless_its_verdict_is_that_it_stops(configurable_http_proxy, tmp_path):
    """Started are those of JupyterHub and OAuthenticator; settings of servers are read only at a spawn."""
    started = [file for file in FILES if file.parent.name in ("jupyterhub", "oauthenticator")]
    with running(configurable_http_proxy) as proxy:
        module = "tests.hub.config_files.hub_starts"
        api_url = f"http://127.0.0.1:{proxy.api_port}"
        environ = {
            "PATH": os.environ["PATH"],
            "CONFIGPROXY_AUTH_TOKEN": TOKEN,
            "JUPYTERHUB_COOKIE_SECRET": COOKIE_SECRET,
            "JUPYTERHUB_IDLE_TIMEOUT": "0",  # no culler in each of the hubs
        }
        done = subprocess.run(
            [sys.executable, "-m", module, str(tmp_path), api_url, *map(str, started)],
            cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=True,
        )  # fmt: skip
    logs = json.loads(done.stdout)
    stops = {file for file in started if "stops" in dict(verdict(file))}
    assert {name(Path(file)): log for file, log in logs.items() if bool(log) != (Path(file) in stops)} == {}
