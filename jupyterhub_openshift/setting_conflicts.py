"""The settings that are well on their own, but of no use beside another or beside the login in effect."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from traitlets.config import Config

from .authenticator.chosen import is_chosen, temporary_users
from .authenticator.project_authenticator import ProjectAuthenticator
from .cluster.project import Project
from .quantity import parse_quantity
from .settings.environment import Settings, SettingsError, environment, line


def refuse_conflicts(c: Config, settings: Settings, project: Project) -> None:
    """Raise a SettingsError that lists all of them."""
    environ = environment()
    problems = [
        *_of_login(c, settings, environ),
        *_of_openshift(c, settings, project, environ),
        *_of_notebooks(settings, environ),
    ]
    if problems:
        raise SettingsError.of(problems)


def _of_login(c: Config, settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    if temporary_users(c):
        for name in environ:
            if re.fullmatch(r"JUPYTERHUB_(VOLUME_SIZE|(ALLOWED|ADMIN)_(USERS|GROUPS))", name):
                what = "is of no use while users are temporary: they have made-up names and never come back"
                yield line(
                    name, environ, what, "JUPYTERHUB_AUTHENTICATOR=github beside it, or leave it empty"
                )
        if settings.allow == "listed":
            what = "lets nobody in while users are temporary: they have made-up names"
            yield line("JUPYTERHUB_ALLOW", environ, what, "JUPYTERHUB_ALLOW=everyone")


def _of_openshift(
    c: Config, settings: Settings, project: Project, environ: Mapping[str, str]
) -> Iterator[str]:
    if not is_chosen(c, ProjectAuthenticator):
        if settings.allow == "project":
            what = "asks OpenShift who may see the project, for which people must log in with OpenShift"
            yield line("JUPYTERHUB_ALLOW", environ, what, "JUPYTERHUB_AUTHENTICATOR=openshift beside it")
        return
    if not settings.crypt_key:
        what = "is not set; the OpenShift login keeps each person's token, and encrypts it"
        yield line("JUPYTERHUB_CRYPT_KEY", environ, what)
    if project.known and not project.login_server:
        what = "this cluster's API names no login server of OpenShift, perhaps people log in to it elsewhere"
        yield line("JUPYTERHUB_AUTHENTICATOR", environ, what, "JUPYTERHUB_AUTHENTICATOR=generic-oauth")


def _of_notebooks(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    if settings.storage_class and not settings.volume_size:
        what = "is of no use without a volume"
        yield line("JUPYTERHUB_STORAGE_CLASS", environ, what, "JUPYTERHUB_VOLUME_SIZE=1Gi beside it")
    for resource in ("memory", "cpu"):
        limit, request = (
            getattr(settings, f"notebook_{resource}"),
            getattr(settings, f"notebook_{resource}_request"),
        )
        if limit and request and parse_quantity(request) > parse_quantity(limit):
            name = f"JUPYTERHUB_NOTEBOOK_{resource.upper()}"
            what = f"is more than the limit {name}={limit}"
            yield line(f"{name}_REQUEST", environ, what, f"{name}_REQUEST={limit}, or leave it empty")
