"""Settings that keep the hub's process from running: it would exit, or not be allowed what it needs.

| setting | why |
|---|---|
| `generate_certs`, `generate_config`, `show_config` | JupyterHub does that, and exits |
| `pid_file`, `extra_log_file`, `logging_config` | files that cannot be written, handlers that do not exist |
| `services` | commands, folders and users that do not exist |
| `should_start` of the proxy | the proxy runs in a pod of its own |
| `enable_user_namespaces`, `namespace` | need rights in other projects |
"""

import os
import pwd
import shutil
from collections.abc import Iterator, Mapping
from logging.config import DictConfigurator
from pathlib import Path
from typing import Any

from jupyterhub.app import JupyterHub
from jupyterhub.services.service import Service
from traitlets.config import Config

from ..cluster.project import Project
from .origins import Origin, Setting
from .snapshot import copied

EXITS = ("generate_certs", "generate_config", "show_config", "show_config_json")
FILES = ("pid_file", "extra_log_file")
ADMIN = "needs the rights of a cluster admin, which the hub does not have. Remove it."
PROXY = "the proxy runs in a pod of its own, which the hub does not start. Remove it."


def setting_problems(
    c: Config, project: Project, found: Mapping[Setting, Origin]
) -> Iterator[tuple[Setting, str]]:
    """Yield the settings of the user's files, and why the hub could not run with each."""
    for section, key in found:
        value = c.get(section, {}).get(key)
        if key in EXITS and value is True:
            yield (section, key), "makes the hub do only that, and exit. Remove it."
        elif key in FILES and isinstance(value, str) and (problem := _unwritable(value)):
            yield (section, key), problem
        elif key == "logging_config" and isinstance(value, Mapping):
            yield from (((section, key), problem) for problem in _log_problems(copied(c)[section][key]))
        elif key == "should_start" and value is True:
            yield (section, key), PROXY
        elif key == "enable_user_namespaces" and value:
            yield (section, key), ADMIN
        elsewhere = isinstance(value, str) and project.known and value != project.namespace
        if section.endswith("Spawner") and key == "namespace" and elsewhere:
            only = f"the hub may start servers only in its own project, {project.namespace}. Remove it."
            yield (section, key), f"is {value!r}, but {only}"


def _unwritable(file: str) -> str:
    folder = Path(file).absolute().parent
    if not folder.is_dir():
        return f"needs the folder {folder}, which does not exist. /opt/app-root/data does."
    return "" if os.access(folder, os.W_OK) else f"needs to write to {folder}, which the hub may not."


def _log_problems(settings: dict[str, Any]) -> Iterator[str]:
    """Create the handlers of a logging configuration without using them; report the first that fails."""
    configurator = DictConfigurator({"version": 1, **settings})
    for group in ("formatters", "filters", "handlers"):
        configure = getattr(configurator, f"configure_{group.removesuffix('s')}")
        entries = configurator.config.get(group) or {}
        for name in [*entries]:
            try:
                entries[name] = configure(entries[name])
            except Exception as error:
                reason = error.__cause__ or error
                yield f"cannot configure the entry {name!r} of the {group}: {reason}"
                return


def service_problems(app: JupyterHub) -> Iterator[str]:
    """Yield the services that the hub would start, and exit because it cannot."""
    for name, service in app._service_map.items():
        if service.managed and not _command_exists(service):
            yield f"has the service {name!r} with the command {service.command[0]!r}, which does not exist"
        elif service.managed and (problem := _folder_problem(service)):
            yield f"has the service {name!r} {problem}"
        for variable, value in service.environment.items():
            if service.managed and not isinstance(value, str):
                kind = type(value).__name__
                yield f"the variable {variable!r} of the service {name!r} should be text, but is {kind}"


def _command_exists(service: Service) -> bool:
    command: str = service.command[0]
    if "/" in command:
        return (Path(service.cwd or ".") / command).is_file()
    return shutil.which(command, path=service.environment.get("PATH")) is not None


def _folder_problem(service: Service) -> str:
    if service.cwd and not Path(service.cwd).is_dir():
        return f"with the folder {service.cwd!r}, which does not exist"
    try:
        if service.user:
            pwd.getpwnam(service.user)
    except KeyError:
        return f"with the user {service.user!r}, who does not exist in this image"
    return ""
