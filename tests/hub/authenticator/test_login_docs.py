"""docs/login.md: the hub loads each example, and the login works as described."""

import re
import sys
from typing import Any

import pytest
from oauthenticator.generic import GenericOAuthenticator
from oauthenticator.github import GitHubOAuthenticator
from oauthenticator.gitlab import GitLabOAuthenticator
from traitlets.config import Config

from jupyterhub_openshift import configure
from jupyterhub_openshift.cluster.project import Project
from jupyterhub_openshift.config_files.loader import ConfigFileError, load_config_files
from jupyterhub_openshift.setting_conflicts import refuse_conflicts
from jupyterhub_openshift.settings.environment import read_settings
from tests.paths import CHECKOUT

from ..browser import Browser
from ..hub_process import CONFIG, hub_at
from ..proxy_process import running
from .provider import Provider

pytestmark = pytest.mark.usefixtures("environment")

PAGE = (CHECKOUT / "docs/login.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
PROJECT = Project("default", known=False)
SSO = "https://sso.example.org/realms/physics/protocol/openid-connect"
CALLBACK = "https://HOST/hub/oauth_callback"


def code(section: str) -> str:
    (block,) = re.findall(r"```python\n(.*?)```", SECTIONS[section], re.DOTALL)
    return block


def variables(section: str) -> dict[str, str]:
    """The keys that `oc set data` adds to the hub's secret, and so to its environment."""
    words = re.search(r"oc set data secret/jupyterhub ((?:\\\n|[^\n`])+)", SECTIONS[section])[1].split()
    pairs = [word.split("=", 1) for word in words if "=" in word]
    return {name: f"the-{name.lower()}" if value == "..." else value for name, value in pairs}


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load an example as jupyterhub_config.py does."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "configs").mkdir()

    def run(section: str) -> Config:
        for name, value in variables(section).items():
            monkeypatch.setenv(name, value)
        (tmp_path / "configs/jupyterhub_config.py").write_text(code(section))
        c, settings = Config(), read_settings()
        configure.configure_login(c, settings, PROJECT)
        load_config_files(c, settings, building=True, root=tmp_path)
        configure.configure_admins(c, settings, PROJECT)
        refuse_conflicts(c, settings, PROJECT)
        return c

    return run


@pytest.mark.parametrize(
    ("section", "cls", "essentials"),
    [
        (
            "GitHub",
            GitHubOAuthenticator,
            {
                "client_id": "the-github_client_id",
                "client_secret": "the-github_client_secret",
                "authorize_url": "https://github.com/login/oauth/authorize",
                "userdata_url": "https://api.github.com/user",
                "scope": ["read:org"],
                "allowed_organizations": {"your-organization", "another:a-team"},
                "allowed_users": {"you"},
            },
        ),
        (
            "GitLab",
            GitLabOAuthenticator,
            {
                "client_id": "the-gitlab_client_id",
                "client_secret": "the-gitlab_client_secret",
                "authorize_url": "https://gitlab.example.org/oauth/authorize",
                "token_url": "https://gitlab.example.org/oauth/token",
                "userdata_url": "https://gitlab.example.org/api/v4/user",
                "scope": ["read_user", "read_api"],
                "allowed_gitlab_groups": {"physics", "physics/teaching"},
                "allowed_users": {"you"},
            },
        ),
        (
            "OpenID Connect",
            GenericOAuthenticator,
            {
                "client_id": "the-oauth_client_id",
                "client_secret": "the-oauth_client_secret",
                "authorize_url": f"{SSO}/auth",
                "token_url": f"{SSO}/token",
                "userdata_url": f"{SSO}/userinfo",
                "scope": ["openid", "profile"],
                "username_claim": "preferred_username",
                "allowed_users": set(),
                "allowed_groups": {"students", "teachers"},
                "validate_server_cert": True,
            },
        ),
    ],
)
def test_each_example_configures_the_login_that_it_describes(load, section, cls, essentials, capfd):
    c = load(section)
    assert "WARNING" not in capfd.readouterr().err
    authenticator = cls(config=c)
    assert cls.__module__.rpartition(".")[2] == c.JupyterHub.authenticator_class.partition("-")[0]
    found: dict[str, Any] = {name: getattr(authenticator, name) for name in essentials}
    assert found == essentials
    assert (authenticator.allow_all, authenticator.enable_pkce) == (False, True)
    assert variables(section)["OAUTH_CALLBACK_URL"] == CALLBACK  # read when Python starts: see the real login
    authenticator.check_allow_config()


@pytest.mark.parametrize(
    ("section", "users", "groups"),
    [("GitHub", ["you"], []), ("GitLab", ["you"], []), ("OpenID Connect", [], ["teachers"])],
)
def test_each_example_makes_the_users_or_groups_that_it_names_admins(load, section, users, groups):
    (role,) = load(section).JupyterHub.load_roles
    assert (role["name"], role["users"], role["groups"]) == ("hub-admin", users, groups)


def test_without_the_ldap_package_the_hub_names_it(load, tmp_path):
    with pytest.raises(ConfigFileError) as refusal:
        load("LDAP")
    first, *lines = str(refusal.value).splitlines()
    assert first.startswith(
        f"{tmp_path}/configs/jupyterhub_config.py, line 1: c.JupyterHub.authenticator_class is 'ldap', "
        "which this image does not have. It has: auth0, "
    )
    assert lines == [
        f"{tmp_path}/configs/jupyterhub_config.py, line {line}: c.LDAPAuthenticator.{name} "
        "is for a class that this image does not have. "
        "Add jupyterhub-ldapauthenticator to your requirements.txt."
        for line, name in [(2, "server_address"), (3, "bind_dn_template")]
    ]


def test_no_example_contains_a_secret():
    assert [section for section in SECTIONS if re.search("client_(id|secret)|password", "".join(
        re.findall(r"```python\n(.*?)```", SECTIONS[section], re.DOTALL)
    ))] == []  # fmt: skip


def test_people_log_in_with_openid_connect_as_the_page_says(tmp_path, configurable_http_proxy):
    """The page's example, with a provider on this machine."""
    with running(configurable_http_proxy) as proxy:
        hub = f"http://127.0.0.1:{proxy.port}"
        environ = variables("OpenID Connect") | {"OAUTH_CALLBACK_URL": f"{hub}/hub/oauth_callback"}
        environ |= {"JUPYTERHUB_CRYPT_KEY": "0f" * 32}
        client, secret = environ["OAUTH_CLIENT_ID"], environ["OAUTH_CLIENT_SECRET"]
        with Provider(client, secret, environ["OAUTH_CALLBACK_URL"]) as provider:
            (tmp_path / "configs").mkdir()
            layer = code("OpenID Connect").replace("https://sso.example.org", provider.url)
            (tmp_path / "configs/jupyterhub_config.py").write_text(layer)
            config = CONFIG.read_text().replace(
                "building=cluster is None)",
                f"building=True, root=__import__('pathlib').Path({str(tmp_path)!r}))",
            )
            (tmp_path / "config.py").write_text(f"{config}\nc.JupyterHub.spawner_class = 'simple'\n")
            with hub_at(proxy, tmp_path, config=tmp_path / "config.py", **environ) as log:
                Browser().get_until(f"{hub}/hub/api/", "version")
                assert "Log in with the university" in Browser().html(f"{hub}/hub/login")
                page = enter(hub)
                assert "ada" in page
                assert 'href="/hub/admin"' in page  # a teacher, as JUPYTERHUB_ADMIN_GROUPS says
                provider.at_the_door = "mallory"
                assert "403" in enter(hub)
            assert secret not in log.read_text()


def enter(hub: str) -> str:
    return Browser().html(f"{hub}/hub/oauth_login?next=%2Fhub%2Fhome")
