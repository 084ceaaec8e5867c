"""Settings that are valid by themselves, but have no effect beside another setting or the chosen login."""

from __future__ import annotations

from collections.abc import Iterator

from traitlets.config import Config

from .authenticator.chosen import is_chosen, temporary_users
from .authenticator.project_authenticator import ProjectAuthenticator
from .cluster.project import Project
from .config_files.trait_check import configured_class
from .quantity import parse_quantity
from .settings.environment import Settings, SettingsError, setting_problem, variable_of
from .spawner.openshift_spawner import OpenShiftSpawner

ACTIVITY_REPORTS = 600  # seconds: twice the pause between two reports of a server
NEEDS_LASTING_USERS = ("volume_size", "allowed_users", "allowed_groups", "admin_users", "admin_groups")


def refuse_conflicts(c: Config, settings: Settings, project: Project) -> None:
    """Raise a SettingsError that lists every conflict."""
    problems = [
        *_with_temporary_users(c, settings),
        *_with_login(c, settings, project),
        *_with_spawner(c, settings),
        *_with_each_other(settings),
    ]
    if problems:
        raise SettingsError.of(problems)


def _with_temporary_users(c: Config, settings: Settings) -> Iterator[str]:
    if not temporary_users(c):
        return
    for field in NEEDS_LASTING_USERS:
        if getattr(settings, field):
            reason = "has no effect while users are temporary: their names are generated, and never come back"
            example = "JUPYTERHUB_AUTHENTICATOR=github beside it, or leave it empty"
            yield setting_problem(settings, field, reason, example)
    if settings.allow == "listed":
        reason = "lets nobody log in while users are temporary: their names are generated"
        yield setting_problem(settings, "allow", reason, "JUPYTERHUB_ALLOW=everyone")


def _with_login(c: Config, settings: Settings, project: Project) -> Iterator[str]:
    if not is_chosen(c, ProjectAuthenticator):
        if settings.allow == "project":
            reason = "needs the OpenShift login, which asks the cluster who may see the project"
            yield setting_problem(settings, "allow", reason, "JUPYTERHUB_AUTHENTICATOR=openshift beside it")
        return
    if not settings.crypt_key:
        reason = "is not set; the OpenShift login needs it to store each user's token encrypted"
        yield setting_problem(settings, "crypt_key", reason)
    if project.known and not project.login_server:
        reason = "this cluster's API announces no OAuth server of OpenShift"
        yield setting_problem(settings, "authenticator", reason, "JUPYTERHUB_AUTHENTICATOR=generic-oauth")


def _with_spawner(c: Config, settings: Settings) -> Iterator[str]:
    spawner = configured_class(c.JupyterHub.spawner_class, "spawners")
    if settings.volume_size and isinstance(spawner, type) and not issubclass(spawner, OpenShiftSpawner):
        reason = f"has no effect with the spawner {spawner.__name__}, and users would lose their files"
        example = f"class {spawner.__name__}(jupyterhub_openshift.OpenShiftSpawner) in your file"
        yield setting_problem(settings, "volume_size", reason, example)


def _with_each_other(settings: Settings) -> Iterator[str]:
    if 0 < settings.queue_idle_timeout < ACTIVITY_REPORTS:
        reason = f"is less than {ACTIVITY_REPORTS}, and servers report their activity every 300 seconds"
        yield setting_problem(settings, "queue_idle_timeout", reason)
    if settings.queue_idle_timeout and not settings.queue_length:
        reason = "has no effect without a queue"
        yield setting_problem(settings, "queue_idle_timeout", reason, "JUPYTERHUB_QUEUE_LENGTH=100 beside it")
    if settings.storage_class and not settings.volume_size:
        reason = "has no effect without a volume"
        yield setting_problem(settings, "storage_class", reason, "JUPYTERHUB_VOLUME_SIZE=1Gi beside it")
    for limit_field in ("notebook_memory", "notebook_cpu"):
        request_field = f"{limit_field}_request"
        limit, request = getattr(settings, limit_field), getattr(settings, request_field)
        if limit and request and parse_quantity(request) > parse_quantity(limit):
            reason = f"is more than the limit {variable_of(limit_field)}={limit}"
            example = f"{variable_of(request_field)}={limit}, or leave it empty"
            yield setting_problem(settings, request_field, reason, example)
