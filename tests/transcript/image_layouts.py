"""Notebook images with the layout that the documentation of their projects describes, made in seconds.

They contain the packages of the notebook image, in an environment of their own, and scripts with the interface of
the real ones, written for these tests:

| layout | after |
|---|---|
| `docker_stacks` | jupyter-docker-stacks.readthedocs.io, "Common features" and "Docker options": entrypoint `tini -g -- start.sh`, user `jovyan` (1000), group `users` (100), which may write to `/home/jovyan` and `/opt/conda` |
| `singleuser` | z2jh.jupyter.org, "Customizing user environment": the command `jupyterhub-singleuser`, a home that only its own user may write |
| `workbench` | opendatahub-io/notebooks: entrypoint `start-notebook.sh`, no JupyterHub |
"""  # noqa: E501 (the table)

from __future__ import annotations

import os
from pathlib import Path

from sandbox.containers.base_images import SYSTEM_PATH
from sandbox.containers.image_store import Image
from sandbox.containers.images import Images

USERS = 100
OWN_USER = 1000
APP = "opt/app-root"
# Of start.sh, which the entrypoint runs: a name for the user, hooks, then the command.
START = """#!/bin/bash
set -e
if ! whoami &> /dev/null; then
    echo "no entry in /etc/passwd for UID $(id -u)" >&2
    exit 1
fi
[[ -w $HOME ]] || echo "WARNING: no write access to $HOME"
for hook in /usr/local/bin/before-notebook.d/*.sh; do
    source "$hook"
done
exec "$@"
"""
START_SINGLEUSER = """#!/opt/conda/bin/python
import os
import shlex
import sys

command = ["jupyterhub-singleuser", *shlex.split(os.environ.get("NOTEBOOK_ARGS", "")), *sys.argv[1:]]
os.execvp(command[0], command)
"""
TINI = '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n'


def docker_stacks(images: Images, notebook: Image) -> Image:
    """An image like quay.io/jupyter/base-notebook."""
    root, _ = images.new_layer()
    environment(root / "opt/conda", notebook)
    home = root / "home/jovyan"
    (home / "work").mkdir(parents=True)
    (home / "README.md").write_text("of the image")
    programs = root / "usr/local/bin"
    hooks = programs / "before-notebook.d"
    hooks.mkdir(parents=True)
    (hooks / "10activate-conda-env.sh").write_text("export CONDA_DEFAULT_ENV=base\n")
    for name, text in {"tini": TINI, "start.sh": START, "start-singleuser.py": START_SINGLEUSER}.items():
        program(programs / name, text)
    own(root / "opt/conda", OWN_USER, USERS, 0o2000)
    own(home, OWN_USER, USERS, 0o2000)
    home.chmod(0o2770)  # Ubuntu's HOME_MODE
    names(root, "jovyan", USERS)
    env = {
        "CONDA_DIR": "/opt/conda",
        "SHELL": "/bin/bash",
        "NB_USER": "jovyan",
        "NB_UID": "1000",
        "NB_GID": "100",
        "PATH": f"/opt/conda/bin:{SYSTEM_PATH}",
        "HOME": "/home/jovyan",
        "JUPYTER_PORT": "8888",
    }
    entrypoint = ["tini", "-g", "--", "start.sh"]
    return image(
        images, root, notebook, env, "/home/jovyan", Entrypoint=entrypoint, Cmd=["start-notebook.py"]
    )


def singleuser(images: Images, notebook: Image) -> Image:
    """An image of a team that runs under a user ID of its own elsewhere."""
    root, _ = images.new_layer()
    environment(root / "opt/team", notebook)
    home = root / "home/app"
    home.mkdir(parents=True)
    (home / "README.md").write_text("of the team")
    (home / "secret").write_text("of the image's own user")
    own(home, OWN_USER, OWN_USER)
    (home / "secret").chmod(0o600)
    names(root, "app", OWN_USER)
    env = {"PATH": f"/opt/team/bin:{SYSTEM_PATH}", "HOME": "/home/app", "SHELL": "/bin/bash"}
    return image(images, root, notebook, env, "/opt/team", Cmd=["jupyterhub-singleuser", "--port=8888"])


def workbench(images: Images, notebook: Image) -> Image:
    """An image like quay.io/opendatahub/odh-workbench-jupyter-minimal-cpu-py312-ubi9; it never starts."""
    root, _ = images.new_layer()
    env = {"APP_ROOT": "/opt/app-root", "HOME": "/opt/app-root/src"}
    return image(images, root, notebook, env, "/opt/app-root/src", Entrypoint=["start-notebook.sh"])


def environment(prefix: Path, notebook: Image) -> None:
    """Make a Python environment with the packages of the notebook image and without its configuration."""
    files = [layer / APP / "pyvenv.cfg" for layer in reversed(notebook.layers)]
    settings = next(file.read_text() for file in files if file.is_file())
    packages = next(
        f"lib/{found.parents[1].name}/site-packages"
        for layer in notebook.layers
        for found in (layer / APP / "lib").glob("python3*/site-packages/jupyterlab")
    )
    (prefix / packages).mkdir(parents=True)
    (prefix / packages / "packages.pth").write_text(f"import site; site.addsitedir('/{APP}/{packages}')\n")
    (prefix / "pyvenv.cfg").write_text(settings)
    (prefix / "bin").mkdir()
    place = f"/{'/'.join(prefix.parts[-2:])}/bin/python"
    for layer in notebook.layers:
        for source in sorted((layer / APP / "bin").glob("*")):
            target = prefix / "bin" / source.name
            if source.name.startswith("python"):
                target.unlink(missing_ok=True)
                target.symlink_to(source.readlink())
            elif source.is_file() and source.read_bytes().startswith(b"#!"):
                text = source.read_text().split("\n", 1)[1]
                if "python" in source.open().readline():
                    program(target, f"#!{place}\n{text}")
    (prefix / "share").symlink_to(f"/{APP}/share")
    enabled = prefix / "etc/jupyter/jupyter_server_config.d"
    enabled.mkdir(parents=True)
    for layer in notebook.layers:
        for source in (layer / APP / "etc/jupyter/jupyter_server_config.d").glob("*.json"):
            if source.name != "jupyter_culling.json":
                (enabled / source.name).write_text(source.read_text())


def program(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


def own(top: Path, uid: int, gid: int, directories: int = 0) -> None:
    """Give a tree to a user and a group, both with the same permissions; others may read."""
    for path in (top, *top.rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, uid, gid, follow_symlinks=False)
        if path.is_symlink():
            continue
        if path.is_dir():
            path.chmod(0o775 | directories)
        else:
            path.chmod(0o775 if path.stat().st_mode & 0o100 else 0o664)


def names(root: Path, user: str, gid: int) -> None:
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text(
        f"root:x:0:0:root:/root:/bin/bash\n{user}:x:{OWN_USER}:{gid}::/home/{user}:/bin/bash\n"
    )
    (root / "etc/group").write_text(f"root:x:0:\nusers:x:{USERS}:\n")


def image(
    images: Images, root: Path, notebook: Image, env: dict[str, str], directory: str, **config: list[str]
) -> Image:
    """Store the layer over the notebook image, with a configuration of its own."""
    sandbox = {name: value for name, value in notebook.labels.items() if name.startswith("sandbox.")}
    variables = [f"{name}={value}" for name, value in env.items()]
    about = {"Env": variables, "WorkingDir": directory, "User": str(OWN_USER), "Labels": sandbox, **config}
    return images.add((*notebook.layers, images.keep(root)), about)
