"""Every environment variable, once: its name, type, default, what it means, and an example that works."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from ..errors import StartupError
from . import validators
from .old_variables import OLD_VARIABLES
from .service_links import without_service_links

TEMPORARY = "tmp"
OPENSHIFT = "openshift"
RANDOM = "$(openssl rand -hex 32)"

ApplicationName = Annotated[str, AfterValidator(validators.application_name)]
Authenticator = Annotated[str, AfterValidator(validators.authenticator)]
CookieSecret = Annotated[SecretStr, AfterValidator(validators.cookie_secret)]
Cpu = Annotated[str, AfterValidator(validators.cpu)]
CryptKey = Annotated[SecretStr, AfterValidator(validators.crypt_key)]
File = Annotated[str, AfterValidator(validators.file)]
Host = Annotated[str, AfterValidator(validators.host)]
Image = Annotated[str, AfterValidator(validators.image)]
KubernetesName = Annotated[str, AfterValidator(validators.kubernetes_name)]
Memory = Annotated[str, AfterValidator(validators.memory)]
Names = Annotated[frozenset[str], NoDecode, BeforeValidator(validators.names)]
Number = Annotated[int, Field(ge=0)]
Port = Annotated[int, Field(ge=1, le=65535)]
Token = Annotated[SecretStr, AfterValidator(validators.token)]


def _var(name: str, default: object, example: str, doc: str) -> Any:  # noqa: ANN401 (as pydantic's Field)
    return Field(default, validation_alias=name, examples=[example], description=doc)


class Settings(BaseSettings):
    """What the deployment's environment says; an empty variable counts as not set."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", case_sensitive=True, hide_input_in_errors=True
    )

    # fmt: off
    application_name: ApplicationName = _var("APPLICATION_NAME", "jupyterhub", "jupyterhub",
        "Name of this hub, and the label `app` of all that belongs to it")
    notebook_image: Image = _var(
        "JUPYTERHUB_NOTEBOOK_IMAGE", "minimal-notebook:3.12", "minimal-notebook:3.12",
        "Notebook image: image stream tag of the project, or a full reference with its registry")
    notebook_menu: Literal["on", "off"] = _var("JUPYTERHUB_NOTEBOOK_MENU", "off", "on",
        "Let users choose among the image streams labelled hub.jupyter.org/notebook-image=true: on or off")
    notebook_memory: Memory | None = _var("JUPYTERHUB_NOTEBOOK_MEMORY", None, "512Mi",
        "Memory limit of a notebook server; empty: none")
    notebook_memory_request: Memory | None = _var("JUPYTERHUB_NOTEBOOK_MEMORY_REQUEST", None, "256Mi",
        "Memory that is reserved for a notebook server; empty: as much as the limit")
    notebook_cpu: Cpu | None = _var("JUPYTERHUB_NOTEBOOK_CPU", None, "500m",
        "CPU limit of a notebook server; empty: none")
    notebook_cpu_request: Cpu | None = _var("JUPYTERHUB_NOTEBOOK_CPU_REQUEST", None, "100m",
        "CPU that is reserved for a notebook server; empty: as much as the limit")
    notebook_interface: Literal["lab", "classic"] = _var("JUPYTERHUB_NOTEBOOK_INTERFACE", "lab", "lab",
        "What a server opens with: JupyterLab (lab) or the classic notebook (classic)")
    volume_size: Memory | None = _var("JUPYTERHUB_VOLUME_SIZE", None, "1Gi",
        "Size of each user's volume; empty: notebooks are ephemeral")
    storage_class: KubernetesName | None = _var("JUPYTERHUB_STORAGE_CLASS", None, "standard-csi",
        "Storage class of the users' volumes; empty: the cluster's default")
    idle_timeout: Number = _var("JUPYTERHUB_IDLE_TIMEOUT", 3600, "3600",
        "Seconds without activity after which a server is stopped; 0: never")
    max_age: Number = _var("JUPYTERHUB_MAX_AGE", 0, "86400",
        "Seconds after which a server is stopped however busy it is; 0: never")
    cull_warning: Number = _var("JUPYTERHUB_CULL_WARNING", 300, "300",
        "Seconds before a server is stopped for one of these at which its page warns; 0: no warning")
    max_servers: Number = _var("JUPYTERHUB_MAX_SERVERS", 0, "20",
        "How many servers may run at a time; 0: no limit")
    named_servers: Number = _var("JUPYTERHUB_NAMED_SERVERS", 0, "2",
        "How many servers with a name of their own each user may have beside the first; 0: none")
    database_host: Host | None = _var("JUPYTERHUB_DATABASE_HOST", None, "jupyterhub-db",
        "PostgreSQL's host; empty: SQLite under /opt/app-root/data")
    database_port: Port = _var("JUPYTERHUB_DATABASE_PORT", 5432, "5432", "PostgreSQL's port")
    database_name: str = _var("JUPYTERHUB_DATABASE_NAME", "jupyterhub", "jupyterhub", "Name of the database")
    database_user: str = _var("JUPYTERHUB_DATABASE_USER", "jupyterhub", "jupyterhub", "User of the database")
    database_password: SecretStr | None = _var("JUPYTERHUB_DATABASE_PASSWORD", None, RANDOM,
        "Password of the database user")
    cookie_secret: CookieSecret | None = _var("JUPYTERHUB_COOKIE_SECRET", None, RANDOM,
        "Signs the login cookies")
    crypt_key: CryptKey | None = _var("JUPYTERHUB_CRYPT_KEY", None, RANDOM,
        "Encrypts what authenticators keep about users")
    proxy_token: SecretStr = _var("CONFIGPROXY_AUTH_TOKEN", ..., RANDOM, "Shared by the hub and its proxy")
    authenticator: Authenticator = _var("JUPYTERHUB_AUTHENTICATOR", TEMPORARY, "github",
        "tmp (each browser is a new temporary user), openshift, another registered name, or module.Class")
    allow: Literal["project", "everyone", "listed"] | None = _var("JUPYTERHUB_ALLOW", None, "listed",
        "Who may enter: project (who may see the OpenShift project; its admins are the hub's), everyone who "
        "can log in, or only those listed; empty: everyone with tmp, project with openshift, else listed")
    allowed_users: Names = _var("JUPYTERHUB_ALLOWED_USERS", frozenset(), "alice,bob", "Users who may enter")
    allowed_groups: Names = _var("JUPYTERHUB_ALLOWED_GROUPS", frozenset(), "students",
        "Groups whose members may enter")
    admin_users: Names = _var("JUPYTERHUB_ADMIN_USERS", frozenset(), "carol", "Users who administer the hub")
    admin_groups: Names = _var("JUPYTERHUB_ADMIN_GROUPS", frozenset(), "teachers",
        "Groups whose members administer the hub")
    title: str = _var("JUPYTERHUB_TITLE", "JupyterHub", "Physics notebooks",
        "What the hub's pages are headed")
    logo: File | None = _var("JUPYTERHUB_LOGO", None, "/opt/app-root/configs/logo.svg",
        "Picture at the head of the hub's pages: a file in the image or the config map; empty: Jupyter's")
    log_format: Literal["text", "json"] = _var("JUPYTERHUB_LOG_FORMAT", "text", "json",
        "How the hub writes its log: text, or json with an object on each line")
    metrics_token: Token | None = _var("JUPYTERHUB_METRICS_TOKEN", None, RANDOM,
        "With which Prometheus may read the hub's metrics; empty: only a user with the right to")
    # fmt: on

    @field_validator("*", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        """Python hands on bytes that are no text; a page or a cookie with them could not be written."""
        if isinstance(value, str) and value != value.encode(errors="replace").decode():
            raise ValueError("is not text in UTF-8")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *_: object,
        **__: object,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment; what the caller passes is a default beneath it."""
        source = EnvSettingsSource(settings_cls)
        source.env_vars = environment()
        return (source, init_settings)


VARIABLES = {str(field.validation_alias): field for field in Settings.model_fields.values()}
SECRETS = {name for name, field in VARIABLES.items() if "SecretStr" in str(field.annotation)}
# What JupyterHub reads by itself: its jupyterhub/_xsrf_utils.py and metrics.py; oauthenticator/oauth2.py.
JUPYTERHUBS_OWN = frozenset(
    {
        "JUPYTERHUB_METRICS_PREFIX",
        "JUPYTERHUB_SERVER_SPAWN_DURATION_SECONDS_BUCKETS",
        "JUPYTERHUB_SERVER_STOP_DURATION_SECONDS_BUCKETS",
        "JUPYTERHUB_XSRF_ANONYMOUS_ID_HEADERS",
        "JUPYTERHUB_XSRF_ANONYMOUS_IP_CIDRS",
    }
)


class SettingsError(StartupError):
    """All that is wrong with the environment, a line each."""

    @classmethod
    def of(cls, problems: list[str]) -> SettingsError:
        """Their text: how many, and then each."""
        count = "1 setting" if len(problems) == 1 else f"{len(problems)} settings"
        return cls("\n  ".join([f"{count} of this hub cannot be used:", *sorted(problems)]))


def read_settings(defaults: Mapping[str, Any] = MappingProxyType({})) -> Settings:
    """Read the environment, or raise a SettingsError that lists every problem.

    `defaults` has the variables that count where the environment does not set them.
    """
    environ = environment()
    unknown = [*_unknown(environ)]
    try:
        settings = Settings(**defaults)
    except ValidationError as error:
        invalid = [line(str(problem["loc"][0]), environ, _what(problem)) for problem in error.errors()]
        raise SettingsError.of([*invalid, *unknown]) from None
    if unknown:
        raise SettingsError.of(unknown)
    return settings


def environment() -> dict[str, str]:
    """What is set, less what Kubernetes adds for services."""
    return {name: value for name, value in without_service_links(os.environ).items() if value}


def line(name: str, environ: Mapping[str, str], what: str, example: str = "", like: str = "") -> str:
    """Variable, value, what is wrong, and an example that works."""
    shown = name
    if name in environ:
        hidden = {name, like} & SECRETS or re.search("PASS|SECRET|KEY|TOKEN", name)
        shown = f"{name}={'(hidden)' if hidden else printable(environ[name])}"
    stop = "" if what.endswith("?") else "."
    return f"{shown}: {what}{stop} An example that works: {example or example_of(name)}"


def printable(value: str) -> str:
    """In one line, and nothing that a terminal would act on."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in value
    )


def example_of(name: str) -> str:
    """The variable with a value that is good."""
    return f"{name}={(VARIABLES[name].examples or [])[0]}"


def _what(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "missing":
        return "is not set"
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    return str(problem["msg"]).replace("Input should", "should")


def _unknown(environ: Mapping[str, str]) -> Iterator[str]:
    """A misspelled or old name must not be passed over in silence."""
    for name in environ:
        if name in OLD_VARIABLES:
            yield line(name, environ, "is an old name without effect", OLD_VARIABLES[name])
        elif name.startswith("JUPYTERHUB_") and name not in VARIABLES and name not in JUPYTERHUBS_OWN:
            near = difflib.get_close_matches(name, VARIABLES, n=1, cutoff=0.75)
            if near:
                yield line(name, environ, "there is no such setting", example_of(near[0]), like=near[0])
            else:
                what = "there is no such setting, and names with JUPYTERHUB_ in front are the hub's"
                yield line(name, environ, what, name.replace("JUPYTERHUB_", "MY_", 1) + "=...")
