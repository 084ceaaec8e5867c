"""Every environment variable that configures the hub: name, type, default, description and example."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)

from ..errors import StartupError
from . import validators
from .old_variables import OLD_VARIABLES
from .service_links import without_service_links

TEMPORARY = "tmp"
OPENSHIFT = "openshift"
RANDOM = "$(openssl rand -hex 32)"
HIDDEN = "(hidden)"

ApplicationName = Annotated[str, AfterValidator(validators.application_name)]
Authenticator = Annotated[str, AfterValidator(validators.authenticator)]
BaseUrl = Annotated[str, AfterValidator(validators.base_url)]
CookieSecret = Annotated[SecretStr, AfterValidator(validators.cookie_secret)]
Cpu = Annotated[str, AfterValidator(validators.cpu)]
CryptKey = Annotated[SecretStr, AfterValidator(validators.crypt_key)]
File = Annotated[str, AfterValidator(validators.file)]
Host = Annotated[str, AfterValidator(validators.host)]
Image = Annotated[str, AfterValidator(validators.image)]
KubernetesName = Annotated[str, AfterValidator(validators.kubernetes_name)]
Memory = Annotated[str, AfterValidator(validators.memory)]
Names = Annotated[frozenset[str], BeforeValidator(validators.names)]
Number = Annotated[int, Field(ge=0)]
Port = Annotated[int, Field(ge=1, le=65535)]
Token = Annotated[SecretStr, AfterValidator(validators.token)]


def _var(name: str, default: object, example: str, doc: str) -> Any:  # noqa: ANN401 (as pydantic's Field)
    return Field(default, validation_alias=name, examples=[example], description=doc)


class Settings(BaseModel):
    """The settings that the deployment's environment holds; an empty variable counts as not set."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    # fmt: off
    application_name: ApplicationName = _var("APPLICATION_NAME", "jupyterhub", "jupyterhub",
        "Name of this hub, and the value of the label `app` on all its objects")
    notebook_image: Image = _var(
        "JUPYTERHUB_NOTEBOOK_IMAGE", "minimal-notebook:3.12", "minimal-notebook:3.12",
        "Notebook image: an image stream tag of the project, or a full reference with its registry")
    notebook_menu: Literal["on", "off"] = _var("JUPYTERHUB_NOTEBOOK_MENU", "off", "on",
        "Let users choose among the image streams labelled hub.jupyter.org/notebook-image=true: on or off")
    notebook_memory: Memory | None = _var("JUPYTERHUB_NOTEBOOK_MEMORY", None, "512Mi",
        "Memory limit of a server; empty: none")
    notebook_memory_request: Memory | None = _var("JUPYTERHUB_NOTEBOOK_MEMORY_REQUEST", None, "256Mi",
        "Memory request of a server; empty: the same as the limit")
    notebook_cpu: Cpu | None = _var("JUPYTERHUB_NOTEBOOK_CPU", None, "500m",
        "CPU limit of a server; empty: none")
    notebook_cpu_request: Cpu | None = _var("JUPYTERHUB_NOTEBOOK_CPU_REQUEST", None, "100m",
        "CPU request of a server; empty: the same as the limit")
    notebook_interface: Literal["lab", "classic"] = _var("JUPYTERHUB_NOTEBOOK_INTERFACE", "lab", "lab",
        "Interface that a server opens: lab (JupyterLab) or classic (Notebook)")
    volume_size: Memory | None = _var("JUPYTERHUB_VOLUME_SIZE", None, "1Gi",
        "Size of each user's volume; empty: no volume, a user's files are lost when the server stops")
    storage_class: KubernetesName | None = _var("JUPYTERHUB_STORAGE_CLASS", None, "standard-csi",
        "Storage class of the users' volumes; empty: the cluster's default")
    idle_timeout: Number = _var("JUPYTERHUB_IDLE_TIMEOUT", 3600, "3600",
        "Seconds without activity after which the hub stops a server; 0: never")
    max_age: Number = _var("JUPYTERHUB_MAX_AGE", 0, "86400",
        "Seconds after which the hub stops a server, even a busy one; 0: never")
    cull_warning: Number = _var("JUPYTERHUB_CULL_WARNING", 300, "300",
        "Seconds before the hub stops an idle or old server at which the server's page warns; 0: no warning")
    max_servers: Number = _var("JUPYTERHUB_MAX_SERVERS", 0, "20",
        "Maximum number of servers that run at the same time; 0: no limit")
    queue_length: Number = _var("JUPYTERHUB_QUEUE_LENGTH", 100, "100",
        "Number of users who may wait in a queue while there is no room for another server; 0: no queue, a "
        "server without room is refused")
    queue_idle_timeout: Number = _var("JUPYTERHUB_QUEUE_IDLE_TIMEOUT", 0, "900",
        "Seconds without activity after which the hub stops a server while users wait in the queue, at least "
        "600, without a warning on its page; 0: as JUPYTERHUB_IDLE_TIMEOUT")
    named_servers: Number = _var("JUPYTERHUB_NAMED_SERVERS", 0, "2",
        "Maximum number of named servers of each user, besides the default server; 0: none")
    database_host: Host | None = _var("JUPYTERHUB_DATABASE_HOST", None, "jupyterhub-db",
        "Host of the PostgreSQL database; empty: SQLite in /opt/app-root/data")
    database_port: Port = _var("JUPYTERHUB_DATABASE_PORT", 5432, "5432", "Port of the PostgreSQL database")
    database_name: str = _var("JUPYTERHUB_DATABASE_NAME", "jupyterhub", "jupyterhub", "Name of the database")
    database_user: str = _var("JUPYTERHUB_DATABASE_USER", "jupyterhub", "jupyterhub", "User of the database")
    database_password: SecretStr | None = _var("JUPYTERHUB_DATABASE_PASSWORD", None, RANDOM,
        "Password of the database user")
    cookie_secret: CookieSecret | None = _var("JUPYTERHUB_COOKIE_SECRET", None, RANDOM,
        "Secret that signs the login cookies")
    crypt_key: CryptKey | None = _var("JUPYTERHUB_CRYPT_KEY", None, RANDOM,
        "Key that encrypts the authentication state of users in the database")
    proxy_token: SecretStr = _var("CONFIGPROXY_AUTH_TOKEN", ..., RANDOM,
        "Token with which the hub configures its proxy")
    authenticator: Authenticator = _var("JUPYTERHUB_AUTHENTICATOR", TEMPORARY, "github",
        "Authenticator: tmp (each browser is a new temporary user), openshift, another registered name, or "
        "module.Class")
    allow: Literal["project", "everyone", "listed"] | None = _var("JUPYTERHUB_ALLOW", None, "listed",
        "Who may log in: project (everyone who may see the OpenShift project; its admins are hub admins), "
        "everyone, or listed (allowed users and groups); empty: everyone with tmp, project with openshift, "
        "otherwise listed")
    allowed_users: Names = _var("JUPYTERHUB_ALLOWED_USERS", frozenset(), "alice,bob", "Users who may log in")
    allowed_groups: Names = _var("JUPYTERHUB_ALLOWED_GROUPS", frozenset(), "students",
        "Groups whose members may log in")
    admin_users: Names = _var("JUPYTERHUB_ADMIN_USERS", frozenset(), "carol", "Users who are hub admins")
    admin_groups: Names = _var("JUPYTERHUB_ADMIN_GROUPS", frozenset(), "teachers",
        "Groups whose members are hub admins")
    base_url: BaseUrl = _var("JUPYTERHUB_BASE_URL", "/", "/jupyter/",
        "Path at which the hub's pages begin, with '/' first and last")
    title: str = _var("JUPYTERHUB_TITLE", "JupyterHub", "Physics notebooks", "Title of the hub's pages")
    logo: File | None = _var("JUPYTERHUB_LOGO", None, "/opt/app-root/configs/logo.svg",
        "Logo of the hub's pages: a file in the image or the config map; empty: Jupyter's logo")
    log_format: Literal["text", "json"] = _var("JUPYTERHUB_LOG_FORMAT", "text", "json",
        "Format of the hub's log: text, or json (one object a line)")
    metrics_token: Token | None = _var("JUPYTERHUB_METRICS_TOKEN", None, RANDOM,
        "Token with which Prometheus reads the hub's metrics; empty: only users with read:metrics do")
    # fmt: on

    @field_validator("*", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        """Refuse what Python could not decode: it cannot be written to a page or a cookie."""
        if isinstance(value, str) and value != value.encode(errors="replace").decode():
            raise ValueError("is not text in UTF-8")
        return value


VARIABLES = {str(field.validation_alias): field for field in Settings.model_fields.values()}
SECRETS = {name for name, field in VARIABLES.items() if "SecretStr" in str(field.annotation)}
# JupyterHub and oauthenticator read these: jupyterhub/_xsrf_utils.py, jupyterhub/metrics.py.
UPSTREAM_VARIABLES = frozenset(
    {
        "JUPYTERHUB_METRICS_PREFIX",
        "JUPYTERHUB_SERVER_SPAWN_DURATION_SECONDS_BUCKETS",
        "JUPYTERHUB_SERVER_STOP_DURATION_SECONDS_BUCKETS",
        "JUPYTERHUB_XSRF_ANONYMOUS_ID_HEADERS",
        "JUPYTERHUB_XSRF_ANONYMOUS_IP_CIDRS",
    }
)


class SettingsError(StartupError):
    """Every problem with the environment, one a line."""

    @classmethod
    def of(cls, problems: list[str]) -> SettingsError:
        """Join the problems under a line that counts them."""
        count = "1 setting" if len(problems) == 1 else f"{len(problems)} settings"
        return cls("\n  ".join([f"{count} of this hub cannot be used:", *sorted(problems)]))


def read_settings(defaults: Mapping[str, str] = MappingProxyType({})) -> Settings:
    """Read the environment, or raise a SettingsError that lists every problem.

    `defaults` has the variables that count where the environment does not set them.
    """
    environ = {name: value for name, value in without_service_links(os.environ).items() if value}
    variables = {**defaults, **environ}
    unknown = [*_unknown_variables(variables)]
    try:
        settings = Settings.model_validate(variables)
    except ValidationError as error:
        invalid = [_invalid_variable(problem, variables) for problem in error.errors()]
        raise SettingsError.of([*invalid, *unknown]) from None
    if unknown:
        raise SettingsError.of(unknown)
    return settings


def variable_of(field: str) -> str:
    """Return the environment variable of a field of `Settings`."""
    return str(Settings.model_fields[field].validation_alias)


def setting_problem(settings: Settings, field: str, reason: str, example: str = "") -> str:
    """Return the problem line of a setting that is valid by itself."""
    variable = variable_of(field)
    value = displayed(variable, getattr(settings, field)) if field in settings.model_fields_set else None
    return problem_line(variable, value, reason, example)


def problem_line(variable: str, value: str | None, reason: str, example: str = "") -> str:
    """Join variable, value, what is wrong, and an example that works; None: the variable is not set."""
    assignment = variable if value is None else f"{variable}={value}"
    stop = "" if reason.endswith("?") else "."
    return f"{assignment}: {reason}{stop} An example that works: {example or example_of(variable)}"


def displayed(variable: str, value: object) -> str:
    """Return a value in the form in which it would be set, without the text of a secret."""
    if variable in SECRETS:
        return HIDDEN
    return printable(",".join(sorted(value)) if isinstance(value, frozenset) else str(value))


def printable(value: str) -> str:
    """Escape line breaks and control characters, which a terminal would act on."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in value
    )


def example_of(variable: str) -> str:
    """Return the assignment of a valid value."""
    return f"{variable}={(VARIABLES[variable].examples or [])[0]}"


def _invalid_variable(problem: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    name = str(problem["loc"][0])
    if problem["type"] == "missing":
        reason = "is not set"
    elif problem["type"] == "value_error":
        reason = str(problem["ctx"]["error"])
    else:
        reason = str(problem["msg"]).replace("Input should", "should")
    return problem_line(name, _raw_value(name, variables), reason)


def _unknown_variables(variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the problem of each misspelled or old name, which would otherwise have no effect in silence."""
    for name in variables:
        if name in OLD_VARIABLES:
            value = _raw_value(name, variables)
            yield problem_line(name, value, "is an old name that has no effect", OLD_VARIABLES[name])
        elif name.startswith("JUPYTERHUB_") and name not in VARIABLES and name not in UPSTREAM_VARIABLES:
            near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.75)
            value = HIDDEN if SECRETS.intersection(near) else _raw_value(name, variables)
            if near:
                yield problem_line(name, value, "there is no such setting", example_of(near[0]))
            else:
                reason = "there is no such setting, and names that start with JUPYTERHUB_ are reserved"
                yield problem_line(name, value, reason, name.replace("JUPYTERHUB_", "MY_", 1) + "=...")


def _raw_value(name: str, variables: Mapping[str, str]) -> str | None:
    if name not in variables:
        return None
    secret = name in SECRETS or re.search("PASS|SECRET|KEY|TOKEN", name)
    return HIDDEN if secret else printable(variables[name])
