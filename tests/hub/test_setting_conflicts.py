"""Settings that don't go with each other, or with the login that is in effect."""

import pytest
from traitlets.config import Config

from jupyterhub_openshift.cluster.project import Project
from jupyterhub_openshift.configure import configure_login
from jupyterhub_openshift.setting_conflicts import refuse_conflicts
from jupyterhub_openshift.settings.environment import SettingsError, read_settings

PROJECT = Project("rec", login_server="https://oauth-openshift.apps.real.test")

pytestmark = pytest.mark.usefixtures("environment")


def configured() -> Config:
    c = Config()
    configure_login(c, read_settings(), PROJECT)
    return c


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        (
            "JUPYTERHUB_ALLOW",
            "listed",
            "JUPYTERHUB_ALLOW=listed: lets nobody in while users are temporary: they have made-up names. "
            "An example that works: JUPYTERHUB_ALLOW=everyone",
        ),
        (
            "JUPYTERHUB_VOLUME_SIZE",
            "1Gi",
            "JUPYTERHUB_VOLUME_SIZE=1Gi: is of no use while users are temporary: they have made-up names "
            "and never "
            "come back. An example that works: JUPYTERHUB_AUTHENTICATOR=github beside it, or leave it empty",
        ),
        (
            "JUPYTERHUB_ALLOW",
            "project",
            "JUPYTERHUB_ALLOW=project: asks OpenShift who may see the project, for which people must log in "
            "with OpenShift. An example that works: JUPYTERHUB_AUTHENTICATOR=openshift beside it",
        ),
        (
            "JUPYTERHUB_AUTHENTICATOR",
            "openshift",
            "JUPYTERHUB_CRYPT_KEY: is not set; the OpenShift login keeps each person's token, and encrypts "
            "it. An example that works: JUPYTERHUB_CRYPT_KEY=$(openssl rand -hex 32)",
        ),
        (
            "JUPYTERHUB_STORAGE_CLASS",
            "fast",
            "JUPYTERHUB_STORAGE_CLASS=fast: is of no use without a volume. "
            "An example that works: JUPYTERHUB_VOLUME_SIZE=1Gi beside it",
        ),
    ],
)
def test_a_setting_of_no_use_beside_another_is_refused(variable, value, line, monkeypatch):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refusal:
        refuse_conflicts(configured(), read_settings(), PROJECT)
    assert str(refusal.value) == f"1 setting of this hub cannot be used:\n  {line}"


@pytest.mark.parametrize(
    ("resource", "limit", "request_", "like"),
    [("MEMORY", "512Mi", "1Gi", "512Mi"), ("CPU", "500m", "2", "500m")],
)
def test_a_server_cannot_reserve_more_than_its_limit(resource, limit, request_, like, monkeypatch):
    name = f"JUPYTERHUB_NOTEBOOK_{resource}"
    monkeypatch.setenv(name, limit)
    monkeypatch.setenv(f"{name}_REQUEST", request_)
    with pytest.raises(SettingsError) as refusal:
        refuse_conflicts(configured(), read_settings(), PROJECT)
    assert str(refusal.value) == (
        "1 setting of this hub cannot be used:\n"
        f"  {name}_REQUEST={request_}: is more than the limit {name}={limit}. "
        f"An example that works: {name}_REQUEST={like}, or leave it empty"
    )


def test_a_login_that_the_users_own_file_chooses_makes_them_useful(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_VOLUME_SIZE", "1Gi")
    monkeypatch.setenv("JUPYTERHUB_ADMIN_USERS", "carol")
    c = configured()
    c.JupyterHub.authenticator_class = "github"
    refuse_conflicts(c, read_settings(), PROJECT)
    assert c.Authenticator.allowed_users == {"carol"}


def test_a_cluster_without_its_own_login_is_told(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_AUTHENTICATOR", "openshift")
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", "0f" * 32)
    with pytest.raises(SettingsError) as refusal:
        refuse_conflicts(configured(), read_settings(), Project("rec"))
    assert str(refusal.value) == (
        "1 setting of this hub cannot be used:\n"
        "  JUPYTERHUB_AUTHENTICATOR=openshift: this cluster's API names no login server of OpenShift, "
        "perhaps people log in to it elsewhere. An example that works: JUPYTERHUB_AUTHENTICATOR=generic-oauth"
    )


def test_without_a_cluster_nothing_is_said_of_its_login(monkeypatch):
    """As in a build, or where a person looks at the settings."""
    monkeypatch.setenv("JUPYTERHUB_AUTHENTICATOR", "openshift")
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", "0f" * 32)
    refuse_conflicts(configured(), read_settings(), Project("default", known=False))


def test_an_openshift_login_with_all_that_it_needs_is_good(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_AUTHENTICATOR", "openshift")
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", "0f" * 32)
    monkeypatch.setenv("JUPYTERHUB_ALLOW", "project")
    refuse_conflicts(configured(), read_settings(), PROJECT)
