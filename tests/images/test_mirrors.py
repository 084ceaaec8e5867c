"""Mirrors and certificates of the build's environment or the base's pip.conf, for pip, uv and npm."""

import shlex
from pathlib import Path

import pytest

STORES = ("/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt")
NAMES = (
    "PIP_CERT",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "PIP_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "npm_config_registry",
)


@pytest.fixture(scope="module")
def store() -> str:
    """The certificates of this machine, which the sandbox mounts in its containers."""
    found = [store for store in STORES if Path(store).is_file()]
    if not found:
        pytest.skip("this machine has no certificates in a usual place")
    return found[0]


def used(workshop, hub, pip_conf: str = "", **environ: str) -> dict[str, str]:
    """Return the settings that pip, uv and npm get."""
    command = f"""
        mkdir -p ~/.config/pip && printf %s {shlex.quote(pip_conf)} >~/.config/pip/pip.conf
        source /opt/app-root/builder/steps.sh && use_mirrors && env"""
    lines = (line.partition("=") for line in workshop.run(hub, command, **environ).splitlines())
    return {name: value for name, _, value in lines if name in NAMES}


def trusting(bundle: str) -> dict[str, str]:
    """Return the settings with which all three trust one file."""
    return {"PIP_CERT": bundle, "SSL_CERT_FILE": bundle, "NODE_EXTRA_CA_CERTS": bundle}


def fetching(index: str) -> dict[str, str]:
    """Return the settings with which pip and uv use one index."""
    return {"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index}


def test_pip_uv_and_npm_trust_the_systems_certificates(workshop, hub, store):
    """These include the cluster's own certificate authority, which Node.js 20 would not trust."""
    assert used(workshop, hub) == trusting(store)


def test_one_setting_of_certificates_and_mirrors_serves_pip_uv_and_npm(workshop, hub):
    environ = {
        "PIP_CERT": "/ca.pem",
        "UV_INDEX_URL": "https://pypi.corp/simple",
        "NPM_MIRROR": "https://npm.corp",
    }
    assert used(workshop, hub, **environ) == {
        **trusting("/ca.pem"),
        **fetching("https://pypi.corp/simple"),
        "npm_config_registry": "https://npm.corp",
    }


def test_pip_conf_serves_pip_uv_and_npm(workshop, hub):
    pip_conf = "[global]\ncert = /ca.pem\nindex-url = https://me:it's@pypi.corp/simple\n"
    assert used(workshop, hub, pip_conf) == {
        **trusting("/ca.pem"),
        **fetching("https://me:it's@pypi.corp/simple"),
    }


def test_the_environment_overrides_pip_conf(workshop, hub):
    pip_conf = "[global]\ncert = /ca.pem\nindex-url = https://pypi.corp/simple\n"
    environ = {"SSL_CERT_FILE": "/other.pem", "PIP_INDEX_URL": "https://other/simple"}
    assert used(workshop, hub, pip_conf, NODE_EXTRA_CA_CERTS="/node.pem", **environ) == {
        **trusting("/other.pem"),
        **fetching("https://other/simple"),
        "NODE_EXTRA_CA_CERTS": "/node.pem",
    }
