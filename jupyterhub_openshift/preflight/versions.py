"""The versions of hub and notebook image, which must have the same major version of JupyterHub."""

import platform
from collections.abc import Iterator
from importlib.metadata import version

from ..errors import PRODUCT
from .facts import Facts, Refusal
from .finding import PASSED, WARNING, Finding

VARIABLE = "NOTEBOOK_JUPYTERHUB_VERSION"  # set in notebook/.s2i/environment


def check_versions(facts: Facts) -> Finding:
    """Report a notebook image whose JupyterHub does not work with the hub's."""
    hub = version("jupyterhub")
    of_image = dict(_environment(facts)).get(VARIABLE)
    if of_image and major(of_image) != major(hub):
        message = (
            f"The notebook image has JupyterHub {of_image} and the hub has {hub}: servers will not start."
        )
        older = "the notebook image" if major(of_image) < major(hub) else "the hub image"
        return Finding("versions", WARNING, f"{message} Build {older} again.", "oc get buildconfigs")
    notebooks = f", and JupyterHub {of_image} in the notebook image" if of_image else ""
    message = (
        f"This is {PRODUCT} with JupyterHub {hub}, KubeSpawner {version('jupyterhub-kubespawner')} and "
        f"Python {platform.python_version()}{notebooks}."
    )
    return Finding("versions", PASSED, message, "python -m jupyterhub_openshift --version")


def major(number: str) -> int:
    """Return 6 for `6.1.1`; 0 for a text that is not a version."""
    first = number.partition(".")[0]
    return int(first) if first.isdecimal() else 0


def _environment(facts: Facts) -> Iterator[tuple[str, str]]:
    tag = facts.get("image stream tag")
    if isinstance(tag, Refusal):
        return
    metadata = tag.get("image", {}).get("dockerImageMetadata") or {}
    for variable in (metadata.get("Config") or {}).get("Env") or []:
        name, _, value = variable.partition("=")
        yield name, value
