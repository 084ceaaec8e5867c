"""Configure JupyterHub, one concern per function; each sets traits, and never appends to them.

Each trait is set on the class that defines it (`c.Spawner.start_timeout`, `c.KubeSpawner.image`). traitlets
prefers the setting of a subclass, so a user's file may name any class and takes precedence.
"""

import re
import sys
from pathlib import Path
from typing import Any

from kubespawner import KubeSpawner
from sqlalchemy import URL
from traitlets.config import Config, LazyConfigValue

from .authenticator.chosen import is_chosen, temporary_users
from .authenticator.project_authenticator import ProjectAuthenticator, project_admins
from .authenticator.temporary_users import TemporaryAuthenticator
from .cluster.project import Project
from .config_files.trait_check import configured_class
from .logs import LOGGING
from .proxy import SeparateProxy
from .quantity import parse_quantity
from .settings.environment import OPENSHIFT, TEMPORARY, Settings
from .spawner.container_defaults import RESTRICTED
from .spawner.openshift_spawner import OpenShiftSpawner, profiles
from .spawner.start_links import KeepParameters
from .spawner.start_overview import OVERVIEW

HUB_PORT = 8081
CULLER_SERVICE = "idle-culler"
# The hub answers nothing while it waits for a database whose node is lost, so it does not wait for long.
DATABASE_TIMEOUTS = {"connect_timeout": 3, "tcp_user_timeout": 5000}  # seconds, milliseconds
NO_TIMEOUT = 100 * 365 * 24 * 3600  # seconds; the culler cannot turn its timeout off
USER_TEMPLATES = "/opt/app-root/src/templates"  # in the repository of a custom hub image
TEMPLATES = Path(__file__).parent / "templates"
AFTER_OPENSHIFT = (
    "Your session at OpenShift goes on: to log in again takes one click and no password. "
    "On a computer that others use, log out of OpenShift, too, or close the browser."
)
AFTER_TEMPORARY = (
    "Your server was stopped; files that you did not download are lost. "
    "If you log in again, you are a new user."
)
METRICS_SERVICE = "metrics"
CONCURRENT_STARTS = 100  # JupyterHub's default
ADMIN_ROLE = "hub-admin"
# The scopes of the admin page, without access:servers and the scopes that would lead to it: tokens,
# admin:users, shares.
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
    """Choose the format of the log; see `logs`."""
    if settings.log_format == "json":
        c.Application.logging_config = LOGGING


def configure_hub(c: Config, settings: Settings, project: Project) -> None:
    """Set the address where the hub listens, and the one where servers and proxy reach it."""
    c.JupyterHub.hub_bind_url = f"http://:{HUB_PORT}"  # no host: all interfaces, IPv4 and IPv6
    c.JupyterHub.hub_connect_url = f"http://{settings.application_name}:{HUB_PORT}"
    if settings.base_url != "/":
        c.JupyterHub.base_url = settings.base_url
    # No public_url: a browser that comes through `oc port-forward` would be redirected to the route.
    c.JupyterHub.cleanup_servers = False  # servers keep running while the hub restarts
    c.JupyterHub.init_spawners_timeout = 0  # listen first; see `running_servers`
    # Seconds. The default wakes an idle hub 20 times a second; the alert is for 1 s.
    c.PeriodicMetricsCollector.event_loop_interval_resolution = 0.25
    if settings.cookie_secret:
        c.JupyterHub.cookie_secret = _decode_secret(settings.cookie_secret.get_secret_value())
    if settings.crypt_key:
        c.CryptKeeper.keys = settings.crypt_key.get_secret_value().split(";")


def configure_database(c: Config, settings: Settings, project: Project) -> None:
    """Use PostgreSQL if a host is set, otherwise SQLite."""
    c.JupyterHub.db_url = database_url(settings)
    c.JupyterHub.upgrade_db = True  # a newer hub image may have a newer database schema
    if settings.database_host:
        c.JupyterHub.db_kwargs = {"connect_args": DATABASE_TIMEOUTS}


def database_url(settings: Settings) -> str:
    """Return the URL of the database with its password, quoted. JupyterHub hides it in its log."""
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
    """Connect to the proxy, which runs in its own pod."""
    c.JupyterHub.proxy_class = SeparateProxy
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = f"http://{settings.application_name}-proxy:8001"
    c.ConfigurableHTTPProxy.auth_token = settings.proxy_token.get_secret_value()


def configure_login(c: Config, settings: Settings, project: Project) -> None:
    """Choose the authenticator and who may log in: nobody, unless the configuration allows them."""
    openshift = settings.authenticator == OPENSHIFT
    ours = {OPENSHIFT: ProjectAuthenticator, TEMPORARY: TemporaryAuthenticator}
    c.JupyterHub.authenticator_class = ours.get(settings.authenticator, settings.authenticator)
    # Not on c.Authenticator: another authenticator, chosen by a user's file, must not allow everyone.
    c.TmpAuthenticator.allow_all = True
    c.Authenticator.allow_all = settings.allow == "everyone"
    c.Authenticator.allowed_users = set(settings.allowed_users | settings.admin_users)
    c.Authenticator.allow_existing_users = (
        False  # otherwise a list would also allow every user in the database
    )
    c.ProjectAuthenticator.project = project.namespace
    c.ProjectAuthenticator.allow_project = (settings.allow or "project") == "project"
    if project.login_server:
        c.OpenShiftOAuthenticator.openshift_auth_api_url = project.login_server
    # Authenticators refuse group settings unless they manage the groups.
    c.OAuthenticator.manage_groups = openshift or bool(settings.allowed_groups | settings.admin_groups)
    if groups := settings.allowed_groups | settings.admin_groups:
        c.Authenticator.allowed_groups = set(groups)
    c.Authenticator.enable_auth_state = settings.crypt_key is not None


def configure_notebooks(c: Config, settings: Settings, project: Project) -> None:
    """Choose image, names and labels of the users' servers; `image_contracts` chooses their command."""
    name = settings.application_name
    c.JupyterHub.spawner_class = OpenShiftSpawner
    c.KubeSpawner.namespace = project.namespace
    c.KubeSpawner.image = settings.notebook_image
    c.KubeSpawner.profile_list = profiles
    c.OpenShiftSpawner.application_name = name
    c.OpenShiftSpawner.image_menu = settings.notebook_menu == "on"
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
    c.Spawner.start_timeout = 300  # the first pull of a large image on a node takes minutes
    c.Spawner.http_timeout = 60
    # Seconds. The watch reports a deleted pod at once; polls every 5 s were 20 % of an idle hub's CPU.
    c.Spawner.poll_interval = 30


def configure_spawner(c: Config, settings: Settings, project: Project) -> None:
    """Use the hub's spawner where a user's file chooses KubeSpawner, or derives a class from it.

    Runs after the user's files. KubeSpawner alone resolves no image stream and mounts no home volume. A class
    of the user keeps its name, by which its settings are found, and what it overrides.
    """
    chosen = configured_class(c.JupyterHub.spawner_class, "spawners")
    if chosen is KubeSpawner:
        c.JupyterHub.spawner_class = OpenShiftSpawner
    elif (
        isinstance(chosen, type)
        and issubclass(chosen, KubeSpawner)
        and not issubclass(chosen, OpenShiftSpawner)
    ):
        c.JupyterHub.spawner_class = type(chosen.__name__, (chosen, OpenShiftSpawner), {})


def configure_security(c: Config, settings: Settings, project: Project) -> None:
    """Meet the SCC restricted-v2 and the pod security standard `restricted`."""
    c.KubeSpawner.uid = project.uid
    c.KubeSpawner.fs_gid = project.fs_group
    c.KubeSpawner.allow_privilege_escalation = False
    c.KubeSpawner.container_security_context = {**RESTRICTED}
    c.KubeSpawner.automount_service_account_token = False


def configure_limits(c: Config, settings: Settings, project: Project) -> None:
    """Limit the resources of a server, and the number of servers."""
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
    """Give each user a volume if a size is set. Deleting a user or server keeps the volume."""
    c.KubeSpawner.delete_pvc = False
    if not settings.volume_size:
        return
    c.KubeSpawner.storage_pvc_ensure = True
    c.KubeSpawner.storage_capacity = settings.volume_size
    if settings.storage_class:
        c.KubeSpawner.storage_class = settings.storage_class
    c.KubeSpawner.pvc_name_template = settings.application_name + "-nb-{user_server}"
    c.OpenShiftSpawner.home_volume = True


def configure_admins(c: Config, settings: Settings, project: Project) -> None:
    """Let admins manage the hub, but enter a user's server only when that user shares it.

    JupyterHub's own role `admin`, which `c.Authenticator.admin_users` still grants, has no such limit.
    Runs after the user's files: it adds to their roles, and depends on the authenticator that they choose.
    """
    if temporary_users(c):
        return
    _allow_admins(c, settings)
    openshift = is_chosen(c, ProjectAuthenticator)
    groups = set(settings.admin_groups)
    if openshift and c.ProjectAuthenticator.allow_project:
        groups.add(project_admins(project.namespace))
    # Authenticators normalize user names to lower case, except for OpenShift's.
    users = {name if openshift else name.lower() for name in settings.admin_users}
    if users or groups:
        _add_role(c, ADMIN_ROLE, ADMIN_SCOPES, users=sorted(users), groups=sorted(groups))
    if "user" in [
        role.get("name") for role in _user_value(c.JupyterHub, "load_roles", []) if "scopes" in role
    ]:
        return
    scopes = {"shares!user"}  # sharing needs the names of those to share with:
    scopes |= {f"read:users:name!user={name}" for name in users}
    scopes |= {f"read:{what}:name!group={name}" for what in ("users", "groups") for name in groups}
    c.JupyterHub.extra_user_scopes = scopes | set(_user_value(c.JupyterHub, "extra_user_scopes", set()))


def _allow_admins(c: Config, settings: Settings) -> None:
    """Let the admins of the environment log in, whomever a user's file allows."""
    if settings.admin_users:
        allowed = set(_user_value(c.Authenticator, "allowed_users", set()))
        c.Authenticator.allowed_users = allowed | settings.admin_users
    if settings.admin_groups:
        allowed = set(_user_value(c.Authenticator, "allowed_groups", set()))
        c.Authenticator.allowed_groups = allowed | settings.admin_groups


def configure_logout(c: Config, settings: Settings, project: Project) -> None:
    """Stop the server of a temporary user who logs out: nobody can log in as that user again.

    The page after a logout says so, or that a session at OpenShift goes on.
    Runs after the user's files, which may choose another authenticator or keep such servers.
    """
    told = ""
    if temporary_users(c) and c.JupyterHub.setdefault("shutdown_on_logout", True):
        told = AFTER_TEMPORARY
    elif is_chosen(c, ProjectAuthenticator):
        told = AFTER_OPENSHIFT
    if told:
        own = _user_value(c.JupyterHub, "template_vars", {})
        c.JupyterHub.template_vars = {"after_logout": told, **own}


def configure_queue(c: Config, settings: Settings, project: Project) -> None:
    """Let the spawner count servers and starts instead of JupyterHub, which refuses those without room.

    Runs after the user's files, which may set JupyterHub's limits or choose another spawner.
    """
    spawner = configured_class(c.JupyterHub.spawner_class, "spawners")
    if not settings.queue_length or not (isinstance(spawner, type) and issubclass(spawner, OpenShiftSpawner)):
        return
    c.OpenShiftSpawner.queue_length = settings.queue_length
    c.OpenShiftSpawner.queue_idle_timeout = settings.queue_idle_timeout
    c.OpenShiftSpawner.max_servers = c.JupyterHub.get("active_server_limit", 0)
    c.OpenShiftSpawner.max_starts = c.JupyterHub.get("concurrent_spawn_limit", CONCURRENT_STARTS)
    c.JupyterHub.active_server_limit = c.JupyterHub.concurrent_spawn_limit = 0


def configure_culling(c: Config, settings: Settings, project: Project) -> None:
    """Stop idle and old servers; a temporary user is deleted with the server.

    Runs after the user's files: it adds to their services, and depends on the authenticator that they choose.
    Scopes: https://github.com/jupyterhub/jupyterhub-idle-culler#permissions
    """
    limits = [limit for limit in (settings.idle_timeout, settings.max_age) if limit]
    if not limits:
        return
    interval = max(1, min(60, min(limits) // 10))  # a server stops close to the time that its page announced
    timeout = settings.idle_timeout or NO_TIMEOUT
    options = [f"--timeout={timeout}", f"--max-age={settings.max_age}", f"--cull-every={interval}"]
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    if temporary_users(c):
        options.append("--cull-users=true")
        scopes += ["delete:users", *(["read:users"] if settings.max_age else [])]  # a user's age
    command = [sys.executable, "-m", "jupyterhub_openshift.idle_culler", *options]
    environment = {"JUPYTERHUB_LOG_FORMAT": settings.log_format}
    if not _add_service(c, {"name": CULLER_SERVICE, "command": command, "environment": environment}, scopes):
        return  # a culler of the user's file has its own rules
    rules = {
        "JUPYTERHUB_IDLE_TIMEOUT": settings.idle_timeout,
        "JUPYTERHUB_MAX_AGE": settings.max_age,
        "JUPYTERHUB_CULL_WARNING": settings.cull_warning,
        "JUPYTERHUB_VOLUME_SIZE": settings.volume_size,  # its files outlive the server
    }
    c.OpenShiftSpawner.culling = {name: str(value) for name, value in rules.items() if value}


def configure_metrics(c: Config, settings: Settings, project: Project) -> None:
    """Let the bearer of the metrics token read the metrics, and nothing else.

    Runs after the user's files: it adds to their services.
    """
    if settings.metrics_token:
        token = settings.metrics_token.get_secret_value()
        _add_service(c, {"name": METRICS_SERVICE, "api_token": token}, ["read:metrics"])


def configure_links(c: Config, settings: Settings, project: Project) -> None:
    """Keep the parameters of links to a page in a user's server, which preselect the menu.

    Runs after the user's files: a hook of theirs takes precedence.
    """
    if "user_redirect_hook" not in c.JupyterHub:
        c.JupyterHub.user_redirect_hook = KeepParameters(c.JupyterHub.get("default_server_name", ""))


def configure_cookies(c: Config, settings: Settings, project: Project) -> None:
    """Keep cookies out of requests that other sites cause; with HTTPS, JupyterHub makes them Secure.

    Runs after the user's files: it adds to their options of the web server.
    """
    own = _user_value(c.JupyterHub, "tornado_settings", {})
    c.JupyterHub.tornado_settings = {
        **own,
        "cookie_options": {"samesite": "Lax", **own.get("cookie_options", {})},
    }


def configure_pages(c: Config, settings: Settings, project: Project) -> None:
    """Set templates, title and logo of the hub's pages.

    Runs after the user's files: their templates, variables and logo take precedence.
    A template extends ours as `openshift/page.html`, and JupyterHub's as `templates/page.html`.
    """
    ours = TEMPLATES / "openshift"
    own = _user_value(c.JupyterHub, "template_paths", [])
    c.JupyterHub.template_paths = [*own, USER_TEMPLATES, str(ours), str(TEMPLATES)]
    c.JupyterHub.template_vars = {
        "hub_title": settings.title,
        "starts": OVERVIEW,
        **_user_value(c.JupyterHub, "template_vars", {}),
    }
    if "logo_file" not in c.JupyterHub:
        c.JupyterHub.logo_file = settings.logo or str(ours / "jupyter.svg")
    own = _user_value(c.KubeSpawner, "additional_profile_form_template_paths", [])
    c.KubeSpawner.additional_profile_form_template_paths = [*own, USER_TEMPLATES, str(ours)]


def _add_service(c: Config, service: dict[str, Any], scopes: list[str]) -> bool:
    """Add a service and its role to those of the user's files; False if theirs has the same name."""
    services = _user_value(c.JupyterHub, "services", [])
    if service["name"] in [each.get("name") for each in services]:
        return False
    c.JupyterHub.services = [*services, service]
    _add_role(c, service["name"], scopes, services=[service["name"]])
    return True


def _add_role(c: Config, name: str, scopes: list[str], **bearers: list[str]) -> None:
    roles = _user_value(c.JupyterHub, "load_roles", [])
    if name not in [each.get("name") for each in roles]:
        c.JupyterHub.load_roles = [*roles, {"name": name, "scopes": scopes, **bearers}]


def _user_value(section: Config, trait: str, nothing: Any) -> Any:  # noqa: ANN401
    """Return what the user's files set, or what they append to an empty value."""
    value = section.get(trait, nothing)
    return value.get_value(nothing) if isinstance(value, LazyConfigValue) else value


def _decode_secret(secret: str) -> bytes:
    """Decode a 64-digit hex secret; any other text is used as its UTF-8 bytes."""
    return bytes.fromhex(secret) if re.fullmatch("[0-9a-fA-F]{64}", secret) else secret.encode()
