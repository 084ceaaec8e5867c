"""The commands of the hub image as processes, and a project in which the preflight passes."""

import subprocess
import sys

from tests.environment import inherited
from tests.paths import CHECKOUT

from ..standin import OWNED, StandIn

# The command with a service account in another folder than the kubelet's.
COMMAND = """
import sys
from pathlib import Path
from jupyterhub_openshift.cluster import api
api.find_cluster.__defaults__ = (Path(sys.argv.pop(1)), *api.find_cluster.__defaults__[1:])
from jupyterhub_openshift.__main__ import main
main()
"""


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        env={"PYTHONPATH": str(CHECKOUT), **inherited(), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def healthy(api: StandIn, recorded: dict[str, dict]) -> None:
    """Answer like a project with a hub, an image and an admitted route."""
    for name in ("namespace with uid range", "self subject rules", "image stream", "get deployment config"):
        api.answer(recorded[name])
    api.answer(recorded["get route as hub"])
    _, route = api.answers["GET", recorded["get route as hub"]["path"]]
    route["status"] = {"ingress": [{"conditions": [{"type": "Admitted", "status": "True"}]}]}
    core = "/api/v1/namespaces/rec"
    lists = ("resourcequotas", "limitranges", "persistentvolumeclaims")
    for path in (*(f"{core}/{kind}" for kind in lists), *OWNED):
        api.answers.setdefault(("GET", path), (200, {"metadata": {}, "items": []}))
    for kind in ("pods", "persistentvolumeclaims"):  # as a dry run
        api.answers["POST", f"{core}/{kind}"] = (201, {})
    config = recorded["get deployment config"]["response"]["metadata"]
    owner = {"apiVersion": "v1", "kind": "ReplicationController", "name": "jupyterhub-1", "uid": "rc"}
    pod = {"metadata": {"name": "jupyterhub-1-abcde", "ownerReferences": [{**owner, "controller": True}]}}
    api.answers["GET", f"{core}/pods"] = (200, {"metadata": {}, "items": [pod]})
    top = {"apiVersion": "apps.openshift.io/v1", "kind": "DeploymentConfig", "name": config["name"]}
    top |= {"uid": config["uid"], "controller": True}
    controller = {"metadata": {"name": "jupyterhub-1", "ownerReferences": [top]}}
    api.answers["GET", f"{core}/replicationcontrollers/jupyterhub-1"] = (200, controller)
