"""Settings that conflict with each other, with the chosen authenticator, or with the chosen spawner."""

import pytest
from jupyterhub.spawner import SimpleLocalProcessSpawner
from traitlets.config import Config

from jupyterhub_openshift.cluster.project import Project
from jupyterhub_openshift.configure import configure_login
from jupyterhub_openshift.setting_conflicts import refuse_conflicts
from jupyterhub_openshift.settings.environment import SettingsError, read_settings
from jupyterhub_openshift.spawner.openshift_spawner import OpenShiftSpawner

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
            "JUPYTERHUB_ALLOW=listed: lets nobody log in while users are temporary: their names are "
            "generated. "
            "An example that works: JUPYTERHUB_ALLOW=everyone",
        ),
        (
            "JUPYTERHUB_VOLUME_SIZE",
            "1Gi",
            "JUPYTERHUB_VOLUME_SIZE=1Gi: has no effect while users are temporary: their names are generated, "
            "and never come back. "
            "An example that works: JUPYTERHUB_AUTHENTICATOR=github beside it, or leave it empty",
        ),
        (
            "JUPYTERHUB_ALLOW",
            "project",
            "JUPYTERHUB_ALLOW=project: needs the OpenShift login, which asks the cluster who may see the "
            "project. An example that works: JUPYTERHUB_AUTHENTICATOR=openshift beside it",
        ),
        (
            "JUPYTERHUB_AUTHENTICATOR",
            "openshift",
            "JUPYTERHUB_CRYPT_KEY: is not set; the OpenShift login needs it to store each user's token "
            "encrypted. An example that works: JUPYTERHUB_CRYPT_KEY=$(openssl rand -hex 32)",
        ),
        (
            "JUPYTERHUB_STORAGE_CLASS",
            "fast",
            "JUPYTERHUB_STORAGE_CLASS=fast: has no effect without a volume. "
            "An example that works: JUPYTERHUB_VOLUME_SIZE=1Gi beside it",
        ),
    ],
)
def test_a_setting_without_effect_beside_another_is_refused(variable, value, line, monkeypatch):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refusal:
        refuse_conflicts(configured(), read_settings(), PROJECT)
    assert str(refusal.value) == f"1 setting of this hub cannot be used:\n  {line}"


@pytest.mark.parametrize(
    ("resource", "limit", "request_", "like"),
    [("MEMORY", "512Mi", "1Gi", "512Mi"), ("CPU", "500m", "2", "500m")],
)
def test_a_request_above_its_limit_is_refused(resource, limit, request_, like, monkeypatch):
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


def test_a_login_chosen_by_a_users_file_gives_user_settings_an_effect(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_VOLUME_SIZE", "1Gi")
    monkeypatch.setenv("JUPYTERHUB_ADMIN_USERS", "carol")
    c = configured()
    c.JupyterHub.authenticator_class = "github"
    refuse_conflicts(c, read_settings(), PROJECT)
    assert c.Authenticator.allowed_users == {"carol"}


def test_the_openshift_login_is_refused_where_the_cluster_has_no_oauth_server(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_AUTHENTICATOR", "openshift")
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", "0f" * 32)
    with pytest.raises(SettingsError) as refusal:
        refuse_conflicts(configured(), read_settings(), Project("rec"))
    assert str(refusal.value) == (
        "1 setting of this hub cannot be used:\n"
        "  JUPYTERHUB_AUTHENTICATOR=openshift: this cluster's API announces no OAuth server of OpenShift. "
        "An example that works: JUPYTERHUB_AUTHENTICATOR=generic-oauth"
    )


def test_outside_of_a_cluster_its_oauth_server_is_not_checked(monkeypatch):
    """An image build and the command `settings` may run outside of a cluster."""
    monkeypatch.setenv("JUPYTERHUB_AUTHENTICATOR", "openshift")
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", "0f" * 32)
    refuse_conflicts(configured(), read_settings(), Project("default", known=False))


def test_a_complete_openshift_login_has_no_conflict(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_AUTHENTICATOR", "openshift")
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", "0f" * 32)
    monkeypatch.setenv("JUPYTERHUB_ALLOW", "project")
    refuse_conflicts(configured(), read_settings(), PROJECT)


def test_a_volume_is_refused_with_a_spawner_that_would_not_mount_it(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_AUTHENTICATOR", "github")
    monkeypatch.setenv("JUPYTERHUB_VOLUME_SIZE", "1Gi")
    c = configured()
    c.JupyterHub.spawner_class = type("Mine", (SimpleLocalProcessSpawner,), {})
    with pytest.raises(SettingsError) as refusal:
        refuse_conflicts(c, read_settings(), PROJECT)
    assert str(refusal.value) == (
        "1 setting of this hub cannot be used:\n"
        "  JUPYTERHUB_VOLUME_SIZE=1Gi: has no effect with the spawner Mine, and users would lose their "
        "files. An example that works: class Mine(jupyterhub_openshift.OpenShiftSpawner) in your file"
    )
    c.JupyterHub.spawner_class = type("Mine", (OpenShiftSpawner,), {})
    refuse_conflicts(c, read_settings(), PROJECT)
