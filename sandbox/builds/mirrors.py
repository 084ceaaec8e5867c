"""The machine's package mirror settings for builds: variables, configuration files, local directories.

They reach builds only, never pods, and never an image: all of it is mounted or in the process environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.containers.container import Mount, is_root
from sandbox.containers.host import BUILD_CACHE

PREFIXES = ("PIP_", "UV_", "NPM_CONFIG_")  # in either case
NAMES = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"),
    "NODE_EXTRA_CA_CERTS",
)
ELSEWHERE = (  # destinations on this machine, not sources
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_REQUIRE_VIRTUALENV", "PIP_SRC"),
    *("PIP_CACHE_DIR", "PIP_NO_CACHE_DIR", "PIP_LOG", "PIP_CONFIG_FILE", "PIP_CONSTRAINT", "PIP_REQUIREMENT"),
    *(
        "UV_PROJECT",
        "UV_PROJECT_ENVIRONMENT",
        "UV_PYTHON",
        "UV_SYSTEM_PYTHON",
        "UV_TOOL_DIR",
        "UV_TOOL_BIN_DIR",
    ),
    *(
        "UV_CACHE_DIR",
        "UV_NO_CACHE",
        "UV_CONFIG_FILE",
        "UV_ENV_FILE",
        "UV_RUN_RECURSION_DEPTH",
        "UV_LINK_MODE",
    ),
    *("UV_INTERNAL__PARENT_INTERPRETER", "UV_WORKING_DIRECTORY", "UV_CONSTRAINT", "UV_OVERRIDE"),
    *("NPM_CONFIG_PREFIX", "NPM_CONFIG_LOCAL_PREFIX", "NPM_CONFIG_GLOBAL_PREFIX", "NPM_CONFIG_CACHE"),
    *("NPM_CONFIG_USERCONFIG", "NPM_CONFIG_GLOBALCONFIG", "NPM_CONFIG_NODE_GYP", "NPM_CONFIG_INIT_MODULE"),
)
SYSTEM_FILES = {  # with the prefix of the equivalent variables
    "/etc/pip.conf": "PIP_",
    "/etc/xdg/pip/pip.conf": "PIP_",
    "/etc/npmrc": "NPM_CONFIG_",
    "/etc/uv/uv.toml": "UV_",
}
MOUNTED = "/run/package-mirrors"
ALREADY_THERE = ("/usr/", "/etc/", "/proc/", "/dev/", "/sys/")
PATH = re.compile(r"(?<![\w/.:])(?:file://)?(/[^\s,;'\"\[\]?#]+)")


@dataclass
class Mirrors:
    """The environment and mounts that a build gets."""

    env: dict[str, str] = field(default_factory=dict)
    mounts: list[Mount] = field(default_factory=list)


def mirrors(environ: Mapping[str, str], home: Path, cache: Path, private: Path, uid: int) -> Mirrors:
    """Collect the settings; copy files to `private`, readable by the build's UID only."""
    found = Mirrors({name: value for name, value in environ.items() if is_wanted(name)})
    texts = [value for name, value in found.env.items() if name.upper() not in ("NO_PROXY",)]
    private.mkdir(mode=0o700)
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    user_files = {
        "PIP_CONFIG_FILE": [environ.get("PIP_CONFIG_FILE"), config / "pip/pip.conf", home / ".pip/pip.conf"],
        "NPM_CONFIG_USERCONFIG": [environ.get("NPM_CONFIG_USERCONFIG"), home / ".npmrc"],
        "UV_CONFIG_FILE": [environ.get("UV_CONFIG_FILE"), config / "uv/uv.toml"],
        "NETRC": [environ.get("NETRC"), home / ".netrc"],
    }
    for variable, candidates in user_files.items():
        file = next((Path(one) for one in candidates if one and Path(one).is_file()), None)
        if file:
            prefix = next((one for one in PREFIXES if variable.startswith(one)), "")
            texts.append(_copy(file, prefix, private / variable, uid))
            found.mounts.append(Mount(private / variable, f"{MOUNTED}/{variable}", read_only=True))
            found.env[variable] = f"{MOUNTED}/{variable}"
    for name, prefix in SYSTEM_FILES.items():
        if Path(name).is_file():
            copy = private / name.replace("/", "_")
            texts.append(_copy(Path(name), prefix, copy, uid))
            found.mounts.append(Mount(copy, name, read_only=True))
    for directory in local_paths(texts, home):
        found.mounts.append(Mount(directory, str(directory), read_only=True))
    cache.mkdir(parents=True, exist_ok=True)
    if is_root():
        os.chown(cache, uid, 0)
    found.mounts.append(Mount(cache, f"/{BUILD_CACHE}"))
    found.env |= {
        "PIP_CACHE_DIR": f"/{BUILD_CACHE}/pip",
        "UV_CACHE_DIR": f"/{BUILD_CACHE}/uv",
        "UV_LINK_MODE": "copy",  # the cache is another file system
        "npm_config_cache": f"/{BUILD_CACHE}/npm",
    }
    return found


def is_wanted(name: str) -> bool:
    """Return True for a variable that names a source of packages."""
    upper = name.upper()
    return upper in NAMES or (upper.startswith(PREFIXES) and upper not in ELSEWHERE)


def wanted_settings(text: str, prefix: str) -> str:
    """Filter a configuration file of pip, npm or uv by the rule for variables."""
    kept, wanted = [], True
    for line in text.splitlines(keepends=True):
        if not line[0].isspace():  # an indented line continues the setting above
            name = line.partition("=")[0].strip().replace("-", "_")
            wanted = "=" not in line or is_wanted(prefix + name)
        if wanted:
            kept.append(line)
    return "".join(kept)


def local_paths(texts: list[str], home: Path) -> list[Path]:
    """List the paths that settings name, such as `find-links`, but never a whole home directory."""
    found: set[Path] = set()
    for text in texts:
        for name in PATH.findall(text):
            path = Path(os.path.normpath(name))
            if path.name == "simple":  # a local index refers to the files beside it
                path = path.parent
            holds_home = path == home or path in home.parents
            if not holds_home and not f"{path}/".startswith(ALREADY_THERE) and path.exists():
                found.add(path)
    return sorted(one for one in found if not found & set(one.parents))


def _copy(file: Path, prefix: str, copy: Path, uid: int) -> str:
    text = file.read_text(errors="replace")
    if prefix:
        text = wanted_settings(text, prefix)
    copy.touch(mode=0o600)
    copy.write_text(text)
    if is_root():
        os.chown(copy, uid, 0)
    copy.chmod(0o400)
    return text
