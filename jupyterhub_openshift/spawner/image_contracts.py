"""How the server of a notebook image starts, and where its home is: the contract that the image's metadata shows.

| contract | signs in the image | starts | home |
|---|---|---|---|
| `minimal-notebook` | the variable NOTEBOOK_JUPYTERHUB_VERSION or the S2I scripts of `minimal-notebook` | our `start-singleuser.sh` | `/opt/app-root/src` |
| `docker-stacks` | the entrypoint `start.sh`, or NB_USER and a `start-notebook` or `start-singleuser` script | its `start-singleuser.py` | HOME, `/home/jovyan`; group 100 |
| `jupyterhub-singleuser` | `jupyterhub-singleuser` in its command | that program | HOME, else its working directory |
| none | | a sentence, with the command that builds an image which starts | |

The label or annotation `hub.jupyter.org/image-contract` names the contract of an image without such signs. The
contracts were read in jupyter/docker-stacks (images/docker-stacks-foundation/start.sh) and in
opendatahub-io/notebooks (jupyter/minimal/ubi9-python-3.12), 2026-08.
"""  # noqa: E501 (the table)

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from jupyterhub import __version__ as JUPYTERHUB

from .spawn_failures import SpawnRefused

LABEL = "hub.jupyter.org/image-contract"
SINGLEUSER = "jupyterhub-singleuser"
SCRIPTS = "image:///opt/app-root/builder"  # where minimal-notebook has its S2I scripts
# The lines of a Containerfile; `\\n` separates them in $'...' of a shell.
ADD_JUPYTERHUB = (
    f'RUN pip install "jupyterhub=={JUPYTERHUB.partition(".")[0]}.*"\\nENTRYPOINT ["jupyterhub-singleuser"]'
)
_NOT_A_HOME = ("", "/", "/root")


@dataclass(frozen=True)
class ImageConfig:
    """The part of an image's configuration that says how it runs."""

    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    working_dir: str = ""

    @classmethod
    def of_image(cls, image: Mapping[str, Any]) -> ImageConfig | None:
        """Read an Image of `image.openshift.io`; None for one without, such as a list of manifests."""
        config = (image.get("dockerImageMetadata") or {}).get("Config")
        if not config:
            return None
        return cls(
            env=dict(variable.split("=", 1) for variable in config.get("Env") or [] if "=" in variable),
            labels=config.get("Labels") or {},
            entrypoint=tuple(config.get("Entrypoint") or ()),
            cmd=tuple(config.get("Cmd") or ()),
            working_dir=config.get("WorkingDir") or "",
        )


@dataclass(frozen=True)
class Contract:
    """How a server starts, and what its pod needs."""

    name: str
    home: str  # where a user's volume is mounted
    start: tuple[str, ...]
    keep_entrypoint: bool = True  # `start` is passed to the image's entrypoint, or else replaces it
    groups: tuple[int, ...] = ()  # may write in the image; restricted-v2 allows any supplemental group
    work_in_home: bool = False  # the image does not say so itself
    home_in_pod: bool = False  # the image's home is writable for the image's own user only


MINIMAL_NOTEBOOK = Contract(
    "minimal-notebook", "/opt/app-root/src", ("/opt/app-root/bin/start-singleuser.sh",)
)


def _is_minimal_notebook(image: ImageConfig) -> bool:
    return (
        "NOTEBOOK_JUPYTERHUB_VERSION" in image.env
        or image.labels.get("io.openshift.s2i.scripts-url") == SCRIPTS
    )


def _minimal_notebook(image: ImageConfig) -> Contract:
    return MINIMAL_NOTEBOOK


def _is_docker_stacks(image: ImageConfig) -> bool:
    if "start.sh" in _programs(image.entrypoint):
        return True
    scripts = {f"start-{what}.{suffix}" for what in ("notebook", "singleuser") for suffix in ("py", "sh")}
    return "NB_USER" in image.env and bool(scripts & _programs(image.entrypoint + image.cmd))


def _docker_stacks(image: ImageConfig) -> Contract:
    # Images before October 2023 have the shell scripts only, and `tini -g --` as entrypoint.
    old = {"start-notebook.sh", "start-singleuser.sh"} & _programs(image.cmd)
    home = image.env.get("HOME", "/home/jovyan")
    return Contract(
        "docker-stacks", home, (f"start-singleuser.{'sh' if old else 'py'}",), groups=(100,)
    )  # 100 is `users`, the group of the home and of /opt/conda


def _is_singleuser(image: ImageConfig) -> bool:
    return SINGLEUSER in _programs(image.entrypoint + image.cmd)


def _singleuser(image: ImageConfig) -> Contract:
    places = (image.env.get("HOME", ""), image.working_dir, "/home/jovyan")
    return Contract(
        SINGLEUSER,
        home=next(place for place in places if place not in _NOT_A_HOME),
        start=(SINGLEUSER,),
        keep_entrypoint=SINGLEUSER in _programs(image.cmd),
        work_in_home=True,
        home_in_pod=True,
    )


class _Rule(NamedTuple):
    has_signs: Callable[[ImageConfig], bool]
    contract: Callable[[ImageConfig], Contract]


# The first whose signs are there applies.
CONTRACTS: Mapping[str, _Rule] = {
    MINIMAL_NOTEBOOK.name: _Rule(_is_minimal_notebook, _minimal_notebook),
    "docker-stacks": _Rule(_is_docker_stacks, _docker_stacks),
    SINGLEUSER: _Rule(_is_singleuser, _singleuser),
}


def contract_of(image: ImageConfig, reference: str, name: str = "") -> Contract:
    """Return the contract of an image: the named one, or the first whose signs are there.

    `reference` is the image's name for the sentence of the SpawnRefused that tells what is missing.
    """
    name = name or image.labels.get(LABEL, "")
    if name:
        if name not in CONTRACTS:
            raise _refusal(
                f'The image "{reference}" has the contract "{name}", which does not exist. '
                f"{LABEL} is one of: {', '.join(CONTRACTS)}."
            )
        return CONTRACTS[name].contract(image)
    for rule in CONTRACTS.values():
        if rule.has_signs(image):
            return rule.contract(image)
    if "start-notebook.sh" in _programs(image.entrypoint + image.cmd):
        name = reference.partition(":")[0]
        raise _refusal(
            f'The image "{reference}" is a workbench of Open Data Hub, which lacks the package jupyterhub. '
            "This command builds an image with it: "
            f"oc new-build --name {name}-jupyterhub --dockerfile $'FROM {reference}\\n{ADD_JUPYTERHUB}'"
        )
    command = " ".join(image.entrypoint + image.cmd) or "nothing"
    raise _refusal(
        f'The image "{reference}" does not show how it starts a server of JupyterHub: it runs {command}. '
        f"If it contains jupyterhub-singleuser, an administrator of this hub can say so: "
        f"oc annotate imagestream {reference.partition(':')[0]} {LABEL}={SINGLEUSER}. If not, build your own "
        "on minimal-notebook: oc new-app --template notebook-builder"
    )


def _refusal(sentence: str) -> SpawnRefused:
    return SpawnRefused(sentence, reason="image-contract", status_code=503)


def _programs(words: tuple[str, ...]) -> set[str]:
    """Return the names of the programs in a command, also of one for `sh -c`."""
    return {PurePosixPath(part).name for word in words for part in word.split()}
