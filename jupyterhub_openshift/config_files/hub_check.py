"""Build what the hub builds at its start, and report what would stop it, with file, line and setting.

| built | from |
|---|---|
| roles, services, users, login, proxy, pages | JupyterHub's own `initialize`, on an empty database |
| the pod and the claim of a sample user, for each profile | the spawner, without a request to the cluster |
| the database engine and a connection | `c.JupyterHub.db_url`, if a user's file sets it |

A problem belongs to the setting without which it does not occur.
"""

import asyncio
import difflib
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from jupyterhub import orm
from jupyterhub.app import JupyterHub
from jupyterhub.auth import NullAuthenticator
from jupyterhub.crypto import CryptKeeper
from jupyterhub.services.service import Service
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool
from traitlets.config import Config

from ..cluster.project import Project
from ..errors import say
from . import pod_check
from .database_check import database_problem
from .loader import INCOMPLETE, ROOT, ConfigFileError, config_file_paths
from .origins import Origin, Setting, origins
from .pod_schema import Obj
from .process_check import service_problems, setting_problems
from .snapshot import copied

SECRET_NAME = re.compile("pass|secret|key|token", re.IGNORECASE)
# Names of objects and claims, paths and URLs, and the `key` of a label, toleration or secret.
NO_SECRET_NAME = re.compile(
    "^key$|(groups|username|claim)_?key|(name|url|path|file|ref|class|method|params|scopes|template)$",
    re.IGNORECASE,
)
ROLE_KEYS = {"name", "description", "scopes", "users", "groups", "services", "managed_by_auth"}
UNKNOWN: Setting = ("", "")
Result = TypeVar("Result")
# A role may name a service that is left out, and a claim needs the size.
DEPENDENT = {
    "services": ("JupyterHub", "load_roles"),
    "storage_capacity": ("KubeSpawner", "storage_pvc_ensure"),
}
ROUNDS = 10  # of finding problems that hide others


def check_hub(c: Config, project: Project, building: bool, root: Path = ROOT) -> None:
    """Raise a ConfigFileError that lists what would stop the hub or its servers."""
    paths = [path for path in config_file_paths(root) if path.is_file() and path.stat().st_size]
    if not paths:
        return  # tests check the hub's own configuration
    found = origins(paths)
    problems = [*setting_problems(c, project, found), *_database(c, found, connect=not building)]
    for problem in _unknown_role_keys(c):
        say(f"WARNING: c.JupyterHub.load_roles: {problem}")
    if not INCOMPLETE.intersection(paths):
        rest = _for_a_build(c) if building else c
        for setting, _ in problems:
            rest = _without(rest, setting)
        problems += _hub_problems(rest, found)
    if problems:
        secrets_of_c = [*_secrets(c)]
        lines = [_line(setting, _masked(problem, secrets_of_c), found) for setting, problem in problems]
        raise ConfigFileError("\n".join(dict.fromkeys(lines)))


class HubUnderCheck(JupyterHub):  # type: ignore[misc]
    """JupyterHub up to the point where it would listen, without its database, files and log."""

    def load_config_file(self, *_: object, **__: object) -> None:
        """Do nothing: the configuration is loaded."""

    def init_logging(self) -> None:
        """Do nothing: what JupyterHub logs is kept by `Messages`."""

    def _configure_logging(self) -> None:
        """Do nothing, as above."""

    def write_pid_file(self) -> None:
        """Do nothing: no process would remove the file."""

    def init_secrets(self) -> None:
        """Use any secret where none is configured, instead of writing one to a file."""
        if "cookie_secret" not in self.config.JupyterHub:
            self.cookie_secret = secrets.token_bytes()
        super().init_secrets()

    def init_db(self) -> None:
        """Create an empty database in memory."""
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        orm.register_foreign_keys(engine)
        orm.Base.metadata.create_all(engine)
        self.session_factory = sessionmaker(bind=engine, expire_on_commit=False)
        self.db = self.session_factory()
        self.db.add(orm.OAuthClient(identifier="jupyterhub", secret="", redirect_uri="", description=""))
        self.db.commit()


class Messages(logging.Handler):
    """Keeps the last error that JupyterHub logs: it explains an exit."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.last = record.getMessage()


def _hub_problems(c: Config, found: Mapping[Setting, Origin]) -> Iterator[tuple[Setting, str]]:
    """Yield setting and problem, until the rest of the configuration has none."""
    rest = copied(c)
    for _ in range(ROUNDS):
        problems = _build(rest)
        if not problems:
            return
        culprits = _culprits(rest, problems, found)
        yield from ((culprits[problem], problem) for problem in problems)
        if set(culprits.values()) == {UNKNOWN}:
            return
        for setting in set(culprits.values()) - {UNKNOWN}:
            rest = _without(rest, setting)
            if setting[1] in DEPENDENT:
                rest = _without(rest, DEPENDENT[setting[1]])


def _culprits(c: Config, problems: list[str], found: Mapping[Setting, Origin]) -> dict[str, Setting]:
    """Return for each problem the setting of a user's file without which it does not occur."""
    culprits = dict.fromkeys(problems, UNKNOWN)
    for setting in found:
        if setting[1] in c.get(setting[0], {}) and UNKNOWN in culprits.values():
            left = _build(_without(c, setting))
            gone = [each for each in problems if culprits[each] == UNKNOWN and each not in left]
            culprits |= dict.fromkeys(gone, setting)
    return culprits


def _build(c: Config) -> list[str]:
    """Return why the hub or a server cannot be built from a configuration."""
    messages = Messages()
    try:
        return asyncio.run(_initialize(copied(c), _log(messages), _all_problems))
    except SystemExit as stop:
        return [stop.code if isinstance(stop.code, str) else messages.last or f"the hub exits: {stop.code}"]
    except Exception as error:
        return [_explained(error)]


def sample_servers(c: Config) -> list[tuple[str, list[Obj]]]:
    """Return the objects of a sample user's server, by profile; see `pod_check`."""
    return asyncio.run(_initialize(_for_a_build(c), _log(), pod_check.sample_servers))


def _log(handler: logging.Handler | None = None) -> logging.Logger:
    """Return a log that only the handler reads."""
    log = logging.Logger("JupyterHub")
    log.addHandler(handler or logging.NullHandler())
    return log


async def _all_problems(app: JupyterHub) -> list[str]:
    return [*service_problems(app), *_missing_certificates(app), *await pod_check.pod_problems(app)]


async def _initialize(
    c: Config, log: logging.Logger, then: Callable[[JupyterHub], Awaitable[Result]]
) -> Result:
    app = HubUnderCheck(config=c, log=log)
    CryptKeeper.instance(config=c)  # which would take the configuration of the running application
    try:
        await app.initialize([])
        return await then(app)
    finally:
        CryptKeeper.clear_instance()  # the keys of one configuration are not those of the next
        if "db" in vars(app):
            app.db.close()


def _unknown_role_keys(c: Config) -> Iterator[str]:
    """Yield the keys of roles that JupyterHub ignores."""
    roles = c.JupyterHub.get("load_roles", [])
    for role in roles if isinstance(roles, list) else []:
        for key in role.keys() - ROLE_KEYS:
            near = difflib.get_close_matches(key, ROLE_KEYS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield f"has a role with the unknown key {key!r}, which has no effect{hint}"


def _missing_certificates(app: JupyterHub) -> Iterator[str]:
    """Yield the files that the login would need, and fail without."""
    options = getattr(app.authenticator, "http_request_kwargs", {})
    for option in ("ca_certs", "client_cert", "client_key"):
        file = options.get(option)
        if isinstance(file, str) and not Path(file).is_file():
            yield f"has the {option} {file!r}, which does not exist"


def _explained(error: Exception) -> str:
    """Return an exception of JupyterHub as a sentence without secrets."""
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    text = " ".join(text.split()).replace(HubUnderCheck.__name__, JupyterHub.__name__)
    if "APIToken.token must be at least" in text:
        return "has an api_token of less than 8 characters. An example that works: $(openssl rand -hex 32)"
    if text.startswith("service spec must have a name"):
        return "has a service without a name"
    if type(error) is KeyError:
        return f"the key {text!r} is missing"
    if field := re.fullmatch(r"No such service field: (\w+)", text):
        near = difflib.get_close_matches(field[1], Service.class_trait_names(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"has a service with the unknown key {field[1]!r}{hint}"
    upstream = type(error).__module__.startswith(("jupyterhub.", "traitlets."))
    readable = text and (upstream or isinstance(error, ValueError))
    return text if readable else f"{type(error).__name__}: {text}"


def _database(c: Config, found: Mapping[Setting, Origin], connect: bool) -> Iterator[tuple[Setting, str]]:
    setting, url = ("JupyterHub", "db_url"), c.JupyterHub.get("db_url")
    if setting not in found or not isinstance(url, str):
        return
    if problem := database_problem(url, c.JupyterHub.get("db_kwargs", {}), connect):
        arguments = ("JupyterHub", "db_kwargs")
        wrong_arguments = arguments in found and not database_problem(url, {}, connect)
        yield arguments if wrong_arguments else setting, problem


def _for_a_build(c: Config) -> Config:
    """Return the configuration without the login, which may need the cluster."""
    copy = copied(c)
    copy.JupyterHub.authenticator_class = NullAuthenticator
    return copy


def _without(c: Config, setting: Setting) -> Config:
    section, key = setting
    copy = copied(c)
    copy[section].pop(key, None)
    return copy


def _secrets(value: object, name: str = "") -> Iterator[str]:
    """Yield the values of a configuration that stand under the name of a secret, at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _secrets(item, str(key))
    elif isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _secrets(item, name)
    elif (
        isinstance(value, str)
        and len(value) > 3
        and SECRET_NAME.search(name)
        and not NO_SECRET_NAME.search(name)
    ):
        yield value


def _masked(text: str, hidden: list[str]) -> str:
    for value in hidden:
        text = text.replace(value, "(hidden)")
    return text


def _line(setting: Setting, problem: str, found: Mapping[Setting, Origin]) -> str:
    if setting == UNKNOWN:
        return f"The hub cannot start with this configuration: {problem}"
    return f"{found[setting]}: c.{'.'.join(setting)}: {problem}"
