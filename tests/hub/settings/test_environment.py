import os
import re
from pathlib import Path
from unittest.mock import patch

import jupyterhub
import pytest
from hypothesis import given

from jupyterhub_openshift.settings.environment import (
    UPSTREAM_VARIABLES,
    VARIABLES,
    Settings,
    SettingsError,
    example_of,
    read_settings,
)
from tests.paths import CHECKOUT

from .environments import environments, is_a_list_of_problems

pytestmark = pytest.mark.usefixtures("environment")


def test_the_defaults_give_a_hub_like_tmpnb_org():
    assert read_settings().model_dump(exclude={"proxy_token"}) == {
        "application_name": "jupyterhub",
        "notebook_image": "minimal-notebook:3.12",
        "notebook_menu": "off",
        "notebook_memory": None,
        "notebook_memory_request": None,
        "notebook_cpu": None,
        "notebook_cpu_request": None,
        "notebook_interface": "lab",
        "volume_size": None,
        "storage_class": None,
        "idle_timeout": 3600,
        "max_age": 0,
        "cull_warning": 300,
        "max_servers": 0,
        "queue_length": 100,
        "queue_idle_timeout": 0,
        "named_servers": 0,
        "database_host": None,
        "database_port": 5432,
        "database_name": "jupyterhub",
        "database_user": "jupyterhub",
        "database_password": None,
        "cookie_secret": None,
        "crypt_key": None,
        "authenticator": "tmp",
        "allow": None,
        "allowed_users": frozenset(),
        "allowed_groups": frozenset(),
        "admin_users": frozenset(),
        "admin_groups": frozenset(),
        "base_url": "/",
        "title": "JupyterHub",
        "logo": None,
        "log_format": "text",
        "metrics_token": None,
    }


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    """A template's optional parameter that was left out becomes an empty variable."""
    before = read_settings()
    for name in VARIABLES.keys() - {"CONFIGPROXY_AUTH_TOKEN"}:
        monkeypatch.setenv(name, "")
    assert read_settings() == before


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_the_example_of_each_variable_works(name, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_AUTHENTICATOR", "github")
    if name == "JUPYTERHUB_STORAGE_CLASS":
        monkeypatch.setenv("JUPYTERHUB_VOLUME_SIZE", "1Gi")
    monkeypatch.setattr(os.path, "isfile", lambda path: True)
    value = example_of(name).removeprefix(f"{name}=").replace("$(openssl rand -hex 32)", "0f" * 32)
    monkeypatch.setenv(name, value)
    read_settings()


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        (
            "APPLICATION_NAME",
            "My_Hub",
            "APPLICATION_NAME=My_Hub: is not a DNS label: lower case letters, digits and '-', a letter "
            "first, not '-' last. An example that works: APPLICATION_NAME=jupyterhub",
        ),
        (
            "APPLICATION_NAME",
            "a-hub-with-far-too-long-a-name",
            "APPLICATION_NAME=a-hub-with-far-too-long-a-name: has 30 characters; the limit is 23, so that "
            "pod names stay within 63. An example that works: APPLICATION_NAME=jupyterhub",
        ),
        (
            "JUPYTERHUB_NOTEBOOK_IMAGE",
            "Minimal Notebook",
            "JUPYTERHUB_NOTEBOOK_IMAGE=Minimal Notebook: is not an image reference: write NAME:TAG of an "
            "image stream, or REGISTRY/NAME:TAG. "
            "An example that works: JUPYTERHUB_NOTEBOOK_IMAGE=minimal-notebook:3.12",
        ),
        (
            "JUPYTERHUB_NOTEBOOK_MEMORY",
            "512MB",
            "JUPYTERHUB_NOTEBOOK_MEMORY=512MB: is not a Kubernetes quantity (a number, then nothing, m, "
            "k, M, G, "
            "T, Ki, Mi, Gi or Ti). An example that works: JUPYTERHUB_NOTEBOOK_MEMORY=512Mi",
        ),
        (
            "JUPYTERHUB_NOTEBOOK_MEMORY",
            "512",
            "JUPYTERHUB_NOTEBOOK_MEMORY=512: is less than a mebibyte; is the unit missing? "
            "An example that works: JUPYTERHUB_NOTEBOOK_MEMORY=512Mi",
        ),
        (
            "JUPYTERHUB_NOTEBOOK_CPU",
            "0",
            "JUPYTERHUB_NOTEBOOK_CPU=0: is less than 1m, the smallest CPU quantity. "
            "An example that works: JUPYTERHUB_NOTEBOOK_CPU=500m",
        ),
        (
            "JUPYTERHUB_NOTEBOOK_INTERFACE",
            "retro",
            "JUPYTERHUB_NOTEBOOK_INTERFACE=retro: should be 'lab' or 'classic'. "
            "An example that works: JUPYTERHUB_NOTEBOOK_INTERFACE=lab",
        ),
        (
            "JUPYTERHUB_IDLE_TIMEOUT",
            "an hour",
            "JUPYTERHUB_IDLE_TIMEOUT=an hour: should be a valid integer, unable to parse string as an "
            "integer. "
            "An example that works: JUPYTERHUB_IDLE_TIMEOUT=3600",
        ),
        (
            "JUPYTERHUB_MAX_SERVERS",
            "-1",
            "JUPYTERHUB_MAX_SERVERS=-1: should be greater than or equal to 0. "
            "An example that works: JUPYTERHUB_MAX_SERVERS=20",
        ),
        (
            "JUPYTERHUB_DATABASE_HOST",
            "postgresql://db",
            "JUPYTERHUB_DATABASE_HOST=postgresql://db: is not a host name or address. "
            "An example that works: JUPYTERHUB_DATABASE_HOST=jupyterhub-db",
        ),
        (
            "JUPYTERHUB_COOKIE_SECRET",
            "short",
            "JUPYTERHUB_COOKIE_SECRET=(hidden): is too short for a secret: use at least 32 characters. "
            "An example that works: JUPYTERHUB_COOKIE_SECRET=$(openssl rand -hex 32)",
        ),
        (
            "JUPYTERHUB_CRYPT_KEY",
            "not-a-key",
            "JUPYTERHUB_CRYPT_KEY=(hidden): is not a 32-byte key as 64 hexadecimal digits (separate several "
            "keys with ';'). An example that works: JUPYTERHUB_CRYPT_KEY=$(openssl rand -hex 32)",
        ),
        (
            "JUPYTERHUB_AUTHENTICATOR",
            "no.such.Authenticator",
            "JUPYTERHUB_AUTHENTICATOR=no.such.Authenticator: cannot be imported (No module named 'no'). "
            "An example that works: JUPYTERHUB_AUTHENTICATOR=github",
        ),
        (
            "JUPYTERHUB_NOTEBOK_IMAGE",
            "minimal-notebook:3.12",
            "JUPYTERHUB_NOTEBOK_IMAGE=minimal-notebook:3.12: there is no such setting. "
            "An example that works: JUPYTERHUB_NOTEBOOK_IMAGE=minimal-notebook:3.12",
        ),
        (
            "JUPYTERHUB_DATABASE_PASWORD",
            "geheim",
            "JUPYTERHUB_DATABASE_PASWORD=(hidden): there is no such setting. "
            "An example that works: JUPYTERHUB_DATABASE_PASSWORD=$(openssl rand -hex 32)",
        ),
        (
            "JUPYTERHUB_ENABLE_LAB",
            "1",
            "JUPYTERHUB_ENABLE_LAB=1: is an old name that has no effect. "
            "An example that works: JUPYTERHUB_NOTEBOOK_INTERFACE=lab",
        ),
        (
            "CONFIGURATION_TYPE",
            "workspace",
            "CONFIGURATION_TYPE=workspace: is an old name that has no effect. "
            "An example that works: JUPYTERHUB_AUTHENTICATOR=openshift",
        ),
        (
            "JUPYTERHUB_BASE_URL",
            "/jupyter",
            "JUPYTERHUB_BASE_URL=/jupyter: should begin and end with '/', with letters, digits, '-', '_', "
            "'.' and '~' between. An example that works: JUPYTERHUB_BASE_URL=/jupyter/",
        ),
        (
            "JUPYTERHUB_BASE_URL",
            "//a/",
            "JUPYTERHUB_BASE_URL=//a/: should begin and end with '/', with letters, digits, '-', '_', '.' "
            "and '~' between. An example that works: JUPYTERHUB_BASE_URL=/jupyter/",
        ),
        (
            "JUPYTERHUB_TITLE",
            "L\udcf6sungen",  # as Python reads it from an environment in Latin 1
            "JUPYTERHUB_TITLE=L\\udcf6sungen: is not text in UTF-8. "
            "An example that works: JUPYTERHUB_TITLE=Physics notebooks",
        ),
        (
            "JUPYTERHUB_LOGO",
            "logo.svg\n" + 40 * "long-name",
            f"JUPYTERHUB_LOGO=logo.svg\\n{40 * 'long-name'}: is not a file in this container. "
            "An example that works: JUPYTERHUB_LOGO=/opt/app-root/configs/logo.svg",
        ),
        (
            "JUPYTERHUB_GREETING",
            "hello",
            "JUPYTERHUB_GREETING=hello: there is no such setting, and names that start with JUPYTERHUB_ "
            "are reserved. An example that works: MY_GREETING=...",
        ),
    ],
)
def test_an_invalid_value_is_reported_with_its_problem_and_an_example_that_works(
    variable, value, line, monkeypatch
):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refusal:
        read_settings()
    assert str(refusal.value) == f"1 setting of this hub cannot be used:\n  {line}"


def test_all_problems_are_reported_together(monkeypatch):
    monkeypatch.delenv("CONFIGPROXY_AUTH_TOKEN")
    monkeypatch.setenv("JUPYTERHUB_DATABASE_PORT", "70000")
    monkeypatch.setenv("JUPYTERHUB_IDLE_TIMOUT", "60")
    with pytest.raises(SettingsError) as refusal:
        read_settings()
    assert str(refusal.value) == (
        "3 settings of this hub cannot be used:\n"
        "  CONFIGPROXY_AUTH_TOKEN: is not set. An example that works: CONFIGPROXY_AUTH_TOKEN=$(openssl "
        "rand -hex 32)\n"
        "  JUPYTERHUB_DATABASE_PORT=70000: should be less than or equal to 65535. "
        "An example that works: JUPYTERHUB_DATABASE_PORT=5432\n"
        "  JUPYTERHUB_IDLE_TIMOUT=60: there is no such setting. An example that works: "
        "JUPYTERHUB_IDLE_TIMEOUT=3600"
    )


def test_an_unknown_authenticator_is_reported_with_those_of_the_image(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_AUTHENTICATOR", "githup")
    with pytest.raises(
        SettingsError, match=r"is not an authenticator of this image, which has: .*, github, .*, tmp"
    ):
        read_settings()


def test_service_links_are_not_read_as_settings(monkeypatch):
    for name, value in {
        "JUPYTERHUB_SERVICE_HOST": "172.30.1.2",
        "JUPYTERHUB_SERVICE_PORT": "8081",
        "JUPYTERHUB_PORT": "tcp://172.30.1.2:8081",
        "JUPYTERHUB_PORT_8081_TCP_ADDR": "172.30.1.2",
        "JUPYTERHUB_DATABASE_SERVICE_HOST": "172.30.1.3",
        "JUPYTERHUB_DATABASE_PORT": "tcp://172.30.1.3:5432",
    }.items():
        monkeypatch.setenv(name, value)
    assert read_settings().database_port == 5432


def test_names_are_separated_with_commas_or_white_space(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_AUTHENTICATOR", "github")
    monkeypatch.setenv("JUPYTERHUB_ALLOWED_USERS", " alice, bob\ncarol ,")
    assert read_settings().allowed_users == {"alice", "bob", "carol"}


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        read_settings().idle_timeout = 0


def test_no_secret_is_in_the_text_of_the_settings(monkeypatch):
    secret = "0123456789abcdef" * 4
    for name in ("JUPYTERHUB_DATABASE_PASSWORD", "JUPYTERHUB_COOKIE_SECRET", "JUPYTERHUB_CRYPT_KEY"):
        monkeypatch.setenv(name, secret)
    monkeypatch.setenv("CONFIGPROXY_AUTH_TOKEN", secret)
    assert secret not in repr(read_settings()) + str(read_settings())


@pytest.mark.parametrize("name", sorted(UPSTREAM_VARIABLES))
def test_variables_that_jupyterhub_itself_reads_are_accepted(name, monkeypatch):
    monkeypatch.setenv(name, "something")
    read_settings()
    sources = (path.read_text() for path in Path(jupyterhub.__file__).parent.glob("*.py"))
    assert any(re.search(rf"(environ\.get|getenv)\(\s*['\"]{name}", source) for source in sources)


def test_the_documentation_lists_every_setting_with_its_default_and_meaning():
    page = (CHECKOUT / "docs/configuration.md").read_text()
    rows = [line for line in page.splitlines() if re.match(r"\| `[A-Z_]+` \|", line)]
    defaults = {name: field.get_default() for name, field in VARIABLES.items()}
    shown = {name: f"`{value}`" if isinstance(value, (str, int)) else "" for name, value in defaults.items()}
    assert rows == [f"| `{name}` | {shown[name]} | {VARIABLES[name].description} |" for name in VARIABLES]


def test_every_setting_has_a_description_and_an_example():
    assert [name for name, field in VARIABLES.items() if not (field.description and field.examples)] == []


@given(environments)
def test_any_environment_is_valid_or_yields_a_list_of_problems(variables):
    with patch.dict(os.environ, {"PATH": os.environ["PATH"], **variables}, clear=True):
        try:
            assert isinstance(read_settings(), Settings)
        except SettingsError as refusal:
            assert is_a_list_of_problems(str(refusal))
