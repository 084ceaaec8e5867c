"""The login that is in effect, which a user's own file may choose, and the settings that don't go with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tmpauthenticator import TmpAuthenticator
from traitlets import import_item
from traitlets.config import Config

from .authenticator import ProjectAuthenticator
from .project import Project
from .settings import TEMPORARY, BadSettings, Settings, environment, line


def temporary_users(c: Config) -> bool:
    """Users are made up at login and never come back, as on tmpnb.org."""
    return c.JupyterHub.authenticator_class == TEMPORARY or _is_chosen(c, TmpAuthenticator)


def refuse_contradictions(c: Config, settings: Settings, project: Project) -> None:
    """Raise a BadSettings for settings that are well on their own, but of no use beside another."""
    environ = environment()
    problems = [*_of_login(c, settings, environ), *_of_openshift(c, settings, project, environ)]
    if problems:
        raise BadSettings.of(problems)


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
    if settings.storage_class and not settings.volume_size:
        what = "is of no use without a volume"
        yield line("JUPYTERHUB_STORAGE_CLASS", environ, what, "JUPYTERHUB_VOLUME_SIZE=1Gi beside it")


def _of_openshift(
    c: Config, settings: Settings, project: Project, environ: Mapping[str, str]
) -> Iterator[str]:
    if not _is_chosen(c, ProjectAuthenticator):
        if settings.allow == "project":
            what = "asks OpenShift who may see the project, for which people must log in with OpenShift"
            yield line("JUPYTERHUB_ALLOW", environ, what, "JUPYTERHUB_AUTHENTICATOR=openshift beside it")
        return
    if not settings.crypt_key:
        what = "is not set; the OpenShift login keeps each person's token, and encrypts it"
        yield line("JUPYTERHUB_CRYPT_KEY", environ, what)
    if not project.login_server:
        what = "this cluster's API names no login server of OpenShift, perhaps people log in to it elsewhere"
        yield line("JUPYTERHUB_AUTHENTICATOR", environ, what, "JUPYTERHUB_AUTHENTICATOR=generic-oauth")


def _is_chosen(c: Config, authenticator: type) -> bool:
    chosen = c.JupyterHub.authenticator_class
    if isinstance(chosen, str) and "." in chosen:
        chosen = import_item(chosen)
    return isinstance(chosen, type) and issubclass(chosen, authenticator)
