"""The configuration, a concern at a time: `configure_x(c, settings, project)` sets, and never appends.

Each trait is set on the class that defines it (`c.Spawner.start_timeout`, `c.KubeSpawner.image`), because a
setting of the more special class wins: so a user's own file may name any of them.
"""

import re
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import URL
from traitlets.config import Config, LazyConfigValue

from .authenticator.chosen import is_chosen, temporary_users
from .authenticator.project_authenticator import ProjectAuthenticator, project_admins
from .authenticator.temporary_users import TemporaryAuthenticator
from .cluster.project import Project
from .logs import LOGGING
from .proxy import SeparateProxy
from .quantity import parse_quantity
from .settings.environment import OPENSHIFT, TEMPORARY, Settings
from .spawner.home_volume import HOME
from .spawner.openshift_spawner import OpenShiftSpawner, profiles

HUB_PORT = 8081
CULLER = "idle-culler"
NEVER = 100 * 365 * 24 * 3600  # the culler has no word for it
OWN_TEMPLATES = f"{HOME}/templates"  # in the repository of a custom hub image
TEMPLATES = Path(__file__).parent / "templates"
METRICS = "metrics"
ADMIN = "hub-admin"
# The admin page and what it does. Not access:servers, nor what leads there: tokens, admin:users, shares.
ADMIN_SCOPES = [
    "admin-ui",
    "list:users",
    "read:users",
    "delete:users",
    "servers",
    "list:groups",
    "read:groups",
    "list:services",
    "read:services",
    "read:roles",
    "read:hub",
    "read:metrics",
    "shutdown",
]


def configure_logs(c: Config, settings: Settings, project: Project) -> None:
    """How the log is written; see `logs`."""
    if settings.log_format == "json":
        c.Application.logging_config = LOGGING


def configure_hub(c: Config, settings: Settings, project: Project) -> None:
    """Where the hub listens, and where others find it."""
    c.JupyterHub.hub_bind_url = f"http://:{HUB_PORT}"  # no host: all interfaces, IPv4 and IPv6
    c.JupyterHub.hub_connect_url = f"http://{settings.application_name}:{HUB_PORT}"
    # No public_url: redirects would leave the door by which a person came, such as `oc port-forward`.
    c.JupyterHub.cleanup_servers = False  # a new hub finds the running servers again
    if settings.cookie_secret:
        c.JupyterHub.cookie_secret = _bytes(settings.cookie_secret.get_secret_value())
    if settings.crypt_key:
        c.CryptKeeper.keys = settings.crypt_key.get_secret_value().split(";")


def configure_database(c: Config, settings: Settings, project: Project) -> None:
    """PostgreSQL if there is a host, otherwise a file."""
    c.JupyterHub.db_url = database_url(settings)
    c.JupyterHub.upgrade_db = True  # a newer hub image may bring a newer schema


def database_url(settings: Settings) -> str:
    """With the password, whatever its characters. JupyterHub hides it in its log."""
    if not settings.database_host:
        return "sqlite:////opt/app-root/data/jupyterhub.sqlite"
    password = settings.database_password
    return URL.create(
        "postgresql+psycopg2",
        username=settings.database_user,
        password=password.get_secret_value() if password else None,
        host=settings.database_host,
        port=settings.database_port,
        database=settings.database_name,
    ).render_as_string(hide_password=False)


def configure_proxy(c: Config, settings: Settings, project: Project) -> None:
    """The proxy has its own pod."""
    c.JupyterHub.proxy_class = SeparateProxy
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = f"http://{settings.application_name}-proxy:8001"
    c.ConfigurableHTTPProxy.auth_token = settings.proxy_token.get_secret_value()


def configure_login(c: Config, settings: Settings, project: Project) -> None:
    """Who may enter. Since JupyterHub 5 nobody may, unless the configuration says so."""
    openshift = settings.authenticator == OPENSHIFT
    ours = {OPENSHIFT: ProjectAuthenticator, TEMPORARY: TemporaryAuthenticator}
    c.JupyterHub.authenticator_class = ours.get(settings.authenticator, settings.authenticator)
    # Not c.Authenticator: it must not pass to another authenticator, which a user's own file may choose.
    c.TmpAuthenticator.allow_all = True
    c.Authenticator.allow_all = settings.allow == "everyone"
    c.Authenticator.allowed_users = set(settings.allowed_users | settings.admin_users)
    c.Authenticator.allow_existing_users = False  # or a list lets in all who ever were, for ever
    c.ProjectAuthenticator.project = project.namespace
    c.ProjectAuthenticator.allow_project = (settings.allow or "project") == "project"
    if project.login_server:
        c.OpenShiftOAuthenticator.openshift_auth_api_url = project.login_server
    # Groups are those of the login, which must be said before any can be named.
    c.OAuthenticator.manage_groups = openshift or bool(settings.allowed_groups | settings.admin_groups)
    if groups := settings.allowed_groups | settings.admin_groups:
        c.Authenticator.allowed_groups = set(groups)
    c.Authenticator.enable_auth_state = settings.crypt_key is not None


def configure_notebooks(c: Config, settings: Settings, project: Project) -> None:
    """The pods of the users."""
    name = settings.application_name
    c.JupyterHub.spawner_class = OpenShiftSpawner
    c.KubeSpawner.namespace = project.namespace
    c.KubeSpawner.image = settings.notebook_image
    c.KubeSpawner.profile_list = profiles
    c.OpenShiftSpawner.image_menu = settings.notebook_menu == "on"
    c.Spawner.cmd = ["/opt/app-root/bin/start-singleuser.sh"]
    c.Spawner.ip = ""  # all interfaces, IPv4 and IPv6
    c.Spawner.port = 8080
    c.Spawner.default_url = {"lab": "/lab", "classic": "/tree"}[settings.notebook_interface]
    c.KubeSpawner.pod_name_template = name + "-nb-{user_server}"
    c.KubeSpawner.common_labels = {
        "app": name,
        "app.kubernetes.io/name": "jupyterhub",
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/part-of": name,
        "app.kubernetes.io/managed-by": "kubespawner",
    }
    c.Spawner.start_timeout = 300  # a first pull of a large image on a node takes minutes
    c.Spawner.http_timeout = 60
    c.Spawner.poll_interval = 5  # seconds until the hub notices that a pod was deleted


def configure_security(c: Config, settings: Settings, project: Project) -> None:
    """What the SCC restricted-v2 and the pod security standard `restricted` ask for."""
    c.KubeSpawner.uid = project.uid
    c.KubeSpawner.fs_gid = project.fs_group
    c.KubeSpawner.allow_privilege_escalation = False
    c.KubeSpawner.container_security_context = {
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    c.KubeSpawner.automount_service_account_token = False


def configure_limits(c: Config, settings: Settings, project: Project) -> None:
    """How much a server may use, and how many there may be."""
    if settings.notebook_memory:
        c.Spawner.mem_limit = int(parse_quantity(settings.notebook_memory))
    if settings.notebook_memory_request:
        c.Spawner.mem_guarantee = int(parse_quantity(settings.notebook_memory_request))
    if settings.notebook_cpu:
        c.Spawner.cpu_limit = float(parse_quantity(settings.notebook_cpu))
    if settings.notebook_cpu_request:
        c.Spawner.cpu_guarantee = float(parse_quantity(settings.notebook_cpu_request))
    c.JupyterHub.active_server_limit = settings.max_servers
    c.JupyterHub.allow_named_servers = settings.named_servers > 0
    c.JupyterHub.named_server_limit_per_user = settings.named_servers


def configure_storage(c: Config, settings: Settings, project: Project) -> None:
    """A volume for each user, if a size is given; deleting a user or server never deletes it."""
    c.KubeSpawner.delete_pvc = False
    if not settings.volume_size:
        return
    c.KubeSpawner.storage_pvc_ensure = True
    c.KubeSpawner.storage_capacity = settings.volume_size
    if settings.storage_class:
        c.KubeSpawner.storage_class = settings.storage_class
    c.KubeSpawner.pvc_name_template = settings.application_name + "-nb-{user_server}"
    c.KubeSpawner.volumes = {"home": {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}}
    c.KubeSpawner.volume_mounts = {"home": {"name": "home", "mountPath": HOME}}


def configure_admins(c: Config, settings: Settings, project: Project) -> None:
    """Admins run the hub. They get into a person's server only when that person shares it with them.

    JupyterHub's own role `admin`, which `c.Authenticator.admin_users` still gives, has no such limit.
    Comes after the user's own files: beside their roles, and by the login that they choose.
    """
    if temporary_users(c):
        return
    openshift = is_chosen(c, ProjectAuthenticator)
    groups = set(settings.admin_groups)
    if openshift and c.ProjectAuthenticator.allow_project:
        groups.add(project_admins(project.namespace))
    # Logins know names in small letters, except for OpenShift's.
    users = {name if openshift else name.lower() for name in settings.admin_users}
    if users or groups:
        _add_role(c, ADMIN, ADMIN_SCOPES, users=sorted(users), groups=sorted(groups))
    if "user" in [role.get("name") for role in _own(c.JupyterHub, "load_roles", []) if "scopes" in role]:
        return
    scopes = {"shares!user"}  # and whom with, by name:
    scopes |= {f"read:users:name!user={name}" for name in users}
    scopes |= {f"read:{what}:name!group={name}" for what in ("users", "groups") for name in groups}
    c.JupyterHub.extra_user_scopes = scopes | set(_own(c.JupyterHub, "extra_user_scopes", set()))


def configure_culling(c: Config, settings: Settings, project: Project) -> None:
    """Stop idle and old servers; a temporary user goes with the server.

    Comes after the user's own files: beside their services, and by the login that they choose.
    The scopes are those that https://github.com/jupyterhub/jupyterhub-idle-culler#permissions asks for.
    """
    limits = [limit for limit in (settings.idle_timeout, settings.max_age) if limit]
    if not limits:
        return
    often = max(1, min(60, min(limits) // 10))  # so that a server ends about when its page has said
    timeout = settings.idle_timeout or NEVER
    options = [f"--timeout={timeout}", f"--max-age={settings.max_age}", f"--cull-every={often}"]
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    if temporary_users(c):
        options.append("--cull-users=true")
        scopes += ["delete:users", *(["read:users"] if settings.max_age else [])]  # since when there is one
    command = [sys.executable, "-m", "jupyterhub_openshift.idle_culler", *options]
    environment = {"JUPYTERHUB_LOG_FORMAT": settings.log_format}
    if not _add_service(c, {"name": CULLER, "command": command, "environment": environment}, scopes):
        return  # the user's own culler has rules of its own
    rules = {
        "JUPYTERHUB_IDLE_TIMEOUT": settings.idle_timeout,
        "JUPYTERHUB_MAX_AGE": settings.max_age,
        "JUPYTERHUB_CULL_WARNING": settings.cull_warning,
        "JUPYTERHUB_VOLUME_SIZE": settings.volume_size,  # files in it outlast the server
    }
    c.OpenShiftSpawner.culling = {name: str(value) for name, value in rules.items() if value}


def configure_metrics(c: Config, settings: Settings, project: Project) -> None:
    """Whoever has the token may read the metrics, and nothing else.

    Comes after the user's own files, beside their services.
    """
    if settings.metrics_token:
        token = settings.metrics_token.get_secret_value()
        _add_service(c, {"name": METRICS, "api_token": token}, ["read:metrics"])


def configure_pages(c: Config, settings: Settings, project: Project) -> None:
    """How the hub's pages look.

    Comes after the user's own files: their templates, variables and logo go before ours.
    `openshift/page.html` is ours by name, as `templates/page.html` is JupyterHub's.
    """
    ours = TEMPLATES / "openshift"
    own = _own(c.JupyterHub, "template_paths", [])
    c.JupyterHub.template_paths = [*own, OWN_TEMPLATES, str(ours), str(TEMPLATES)]
    c.JupyterHub.template_vars = {"hub_title": settings.title, **_own(c.JupyterHub, "template_vars", {})}
    if "logo_file" not in c.JupyterHub:
        c.JupyterHub.logo_file = settings.logo or str(ours / "jupyter.svg")
    own = _own(c.KubeSpawner, "additional_profile_form_template_paths", [])
    c.KubeSpawner.additional_profile_form_template_paths = [*own, OWN_TEMPLATES, str(ours)]


def _add_service(c: Config, service: dict[str, Any], scopes: list[str]) -> bool:
    """With a role of its name, beside the user's own; False: one of theirs with that name takes its place."""
    services = _own(c.JupyterHub, "services", [])
    if service["name"] in [each.get("name") for each in services]:
        return False
    c.JupyterHub.services = [*services, service]
    _add_role(c, service["name"], scopes, services=[service["name"]])
    return True


def _add_role(c: Config, name: str, scopes: list[str], **bearers: list[str]) -> None:
    roles = _own(c.JupyterHub, "load_roles", [])
    if name not in [each.get("name") for each in roles]:
        c.JupyterHub.load_roles = [*roles, {"name": name, "scopes": scopes, **bearers}]


def _own(section: Config, trait: str, nothing: Any) -> Any:  # noqa: ANN401
    """What the user's own files have set, or added to nothing."""
    value = section.get(trait, nothing)
    return value.get_value(nothing) if isinstance(value, LazyConfigValue) else value


def _bytes(secret: str) -> bytes:
    """32 bytes as JupyterHub writes them, or the text itself, as it was before."""
    return bytes.fromhex(secret) if re.fullmatch("[0-9a-fA-F]{64}", secret) else secret.encode()
