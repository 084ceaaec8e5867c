"""The commands `logs`, `start-build` and `rollout`."""

from __future__ import annotations

import argparse
import asyncio
import io
import tarfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sandbox.apimachinery import resources
from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import BUILD_CONFIGS, BUILDS, DEPLOYMENT_CONFIGS, DEPLOYMENTS
from sandbox.apimachinery.resources import Resource
from sandbox.builds.phases import ENDED
from sandbox.cli.shell import Shell, UsageError, qualified, resources_of

POLL = 0.2


def add_parsers(commands: Any) -> None:  # noqa: ANN401
    """Add the parsers of this module's commands."""
    logs = commands.add_parser(
        "logs",
        help="print a log",
        description="Print the log of a pod, of a build (bc/NAME: the newest), or of a rollout.",
    )
    logs.add_argument("what", metavar="POD|bc/NAME|build/NAME|dc/NAME|deploy/NAME", help="whose log")
    logs.add_argument("-f", "--follow", action="store_true", help="go on until it ends")
    logs.add_argument("-c", "--container", default="", metavar="NAME", help="a container of the pod")
    logs.set_defaults(run=run_logs)
    for name in ("start-build", "build"):
        build = commands.add_parser(
            name, help="start a build", description="Start a build of a build configuration."
        )
        build.add_argument("name", metavar="NAME", help="the build configuration, also as bc/NAME")
        build.add_argument(
            "--from-dir", metavar="DIR", help="build what is in this folder, not what is in Git"
        )
        build.add_argument(
            "-F", "--follow", action="store_true", help="print the log; exit 1 when the build fails"
        )
        build.add_argument(
            "-w", "--wait", action="store_true", help="wait for the end; exit 1 when the build fails"
        )
        build.set_defaults(run=run_build)
    rollout = commands.add_parser(
        "rollout", help="watch or start a rollout", description="Watch a rollout, or start one."
    )
    actions = rollout.add_subparsers(required=True, metavar="status|latest|restart")
    for name, run, text in (
        ("status", run_status, "wait until a rollout has ended; exit 1 when it failed"),
        ("latest", run_latest, "start a new rollout of a deployment configuration"),
        ("restart", run_restart, "start a new rollout of a deployment"),
    ):
        action = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        action.add_argument("what", metavar="dc/NAME|deploy/NAME", help="what is rolled out")
        action.set_defaults(run=run)


async def run_logs(shell: Shell, args: argparse.Namespace) -> int:
    """Print the log of a pod, build or rollout."""
    resource, name = one(args.what, "pods")
    query = {"follow": "true"} if args.follow else {}
    if args.container:
        query["container"] = args.container
    if resource.key == BUILD_CONFIGS:
        await shell.client.get(BUILD_CONFIGS, name)
        builds = await _builds(shell, name)
        if not builds:
            raise UsageError(f'no builds found for "{name}"')
        resource, name = resources.of(BUILDS), builds[-1]["metadata"]["name"]
    if resource.key == DEPLOYMENTS:
        resource, name = (
            resources.of("pods"),
            await _pod_of(shell, await shell.client.get(resource.key, name)),
        )
    if resource.name not in ("pods", "builds", "deploymentconfigs"):
        raise UsageError(f"cannot get the logs from {resource.api_version}, Kind={resource.kind}")
    await stream(shell, shell.client.path(resource, name, "log"), query)
    return 0


async def _pod_of(shell: Shell, deployment: Obj) -> str:
    """Return the newest pod of a Deployment; warn when there are others."""
    labels = deployment["spec"]["selector"]["matchLabels"]
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    pods = (await shell.client.get("pods", labelSelector=selector))["items"]
    if not pods:
        raise UsageError(f"timed out waiting for a pod of deployment {deployment['metadata']['name']}")
    newest = str(max(pods, key=lambda pod: pod["metadata"]["creationTimestamp"])["metadata"]["name"])
    if len(pods) > 1:
        shell.warn(f"Found {len(pods)} pods, using pod/{newest}")
    return newest


async def stream(shell: Shell, path: str, query: dict[str, str]) -> None:
    """Print a log as it arrives."""
    async with shell.client.open("GET", path, params=query, headers={"Accept": "*/*"}) as response:
        async for chunk in response.content.iter_any():
            shell.out.write(chunk.decode(errors="replace"))
            shell.out.flush()


async def run_build(shell: Shell, args: argparse.Namespace) -> int:
    """Run `start-build`, with the source from Git or from a folder."""
    resource, name = one(args.name, "buildconfigs")
    if resource.key != BUILD_CONFIGS:
        raise UsageError(f"invalid resource provided: {resource.name}")
    if args.from_dir:
        shell.warn(f'Uploading directory "{args.from_dir}" as binary input for the build ...')
        archive = await asyncio.to_thread(pack, Path(args.from_dir))
        path = shell.client.path(resource, name, "instantiatebinary")
        binary = {"Content-Type": "application/octet-stream"}
        build = await shell.client.request("POST", path, archive, headers=binary)
        shell.warn("\nUploading finished")
    else:
        request: Obj = {"kind": "BuildRequest", "apiVersion": "build.openshift.io/v1"}
        request |= {"metadata": {"name": name}, "triggeredBy": [{"message": "Manually triggered"}]}
        path = shell.client.path(resource, name, "instantiate")
        build = await shell.client.request("POST", path, request)
    name = build["metadata"]["name"]
    shell.say(f"{qualified(resources.of(BUILDS), name)} started")
    if args.follow:
        await stream(shell, shell.client.path(resources.of(BUILDS), name, "log"), {"follow": "true"})
    if args.follow or args.wait:
        build = await ended(shell, name)
        if build["status"]["phase"] != "Complete":
            namespace, phase = shell.client.namespace, build["status"]["phase"]
            raise UsageError(f'the build {namespace}/{name} status is "{phase}"')
    return 0


async def ended(shell: Shell, build: str) -> Obj:
    """Wait for a build to end and return it."""
    while True:
        found = await shell.client.get(BUILDS, build)
        if found["status"]["phase"] in ENDED:
            return found
        await asyncio.sleep(POLL)


def pack(folder: Path) -> bytes:
    """Pack a folder without `.git`, as `oc` uploads it."""
    if not folder.is_dir():
        raise UsageError(f'the folder "{folder}" does not exist')
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        tar.add(
            folder, arcname=".", filter=lambda member: None if ".git" in Path(member.name).parts else member
        )
    return buffer.getvalue()


async def run_status(shell: Shell, args: argparse.Namespace) -> int:
    """Print the rollout's progress until it is complete."""
    resource, name = one(args.what, "deploymentconfigs")
    views = {DEPLOYMENT_CONFIGS: config_status, DEPLOYMENTS: _deployment_status}
    if resource.key not in views:
        raise UsageError(f"no status viewer has been implemented for {resource.key}")
    await shell.client.get(resource.key, name)
    said = ""
    async for obj in shell.client.watch(resource.key, name):
        text, done = views[resource.key](obj)
        if text != said:
            shell.say(text)
            said = text
        if done:
            return 0
    raise UsageError("object has been deleted")


async def run_latest(shell: Shell, args: argparse.Namespace) -> int:
    """Run `rollout latest dc/NAME`."""
    resource, name = one(args.what, "deploymentconfigs")
    if resource.key != DEPLOYMENT_CONFIGS:
        raise UsageError(f"{name} is not a deployment config")
    config = await shell.client.get(DEPLOYMENT_CONFIGS, name)
    if config["spec"].get("paused"):
        raise UsageError("cannot deploy a paused deployment config")
    version = config["status"].get("latestVersion", 0)
    phase = await _phase(shell, f"{name}-{version}")
    if phase not in ("", "Complete", "Failed"):
        raise UsageError(f"#{version} is already in progress ({phase}).")
    request = {"kind": "DeploymentRequest", "apiVersion": "apps.openshift.io/v1", "name": name}
    await shell.client.request(
        "POST", shell.client.path(resource, name, "instantiate"), {**request, "latest": True, "force": True}
    )
    shell.say(f"{qualified(resource, name)} rolled out")
    return 0


async def _phase(shell: Shell, rollout: str) -> str:
    try:
        rc = await shell.client.get("replicationcontrollers", rollout)
    except StatusError as refusal:
        if refusal.code == 404:
            return ""
        raise
    return str(rc["metadata"]["annotations"].get("openshift.io/deployment.phase", ""))


async def run_restart(shell: Shell, args: argparse.Namespace) -> int:
    """Run `rollout restart deploy/NAME`: annotate the pod template, which starts a rollout."""
    resource, name = one(args.what, "deployments")
    if resource.key != DEPLOYMENTS:
        raise UsageError(
            f"{qualified(resource, name)} cannot be restarted; for a DeploymentConfig: rollout latest dc/NAME"
        )
    stamp = {"kubectl.kubernetes.io/restartedAt": datetime.now(timezone.utc).isoformat(timespec="seconds")}
    patch = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
    kind = {"Content-Type": "application/merge-patch+json"}
    await shell.client.request("PATCH", shell.client.path(resource, name), patch, headers=kind)
    shell.say(f"{qualified(resource, name)} restarted")
    return 0


def one(word: str, default: str) -> tuple[Resource, str]:
    """Resolve `dc/jupyterhub`, or a name of the default type."""
    kind, slash, name = word.partition("/")
    return resources_of(kind if slash else default)[0], name if slash else kind


async def _builds(shell: Shell, config: str) -> list[Obj]:
    listed = await shell.client.get(BUILDS, labelSelector=f"buildconfig={config}")
    number = "openshift.io/build.number"
    return sorted(listed["items"], key=lambda build: int(build["metadata"]["annotations"][number]))


def config_status(config: Obj) -> tuple[str, bool]:
    """Format the status as `oc` does (`originpolymorphichelpers/deploymentconfigs/status.go`)."""
    spec, status, name = config["spec"], config["status"], config["metadata"]["name"]
    triggers = spec.get("triggers") or []
    if status.get("latestVersion", 0) == 0:
        if any(trigger["type"] == "ImageChange" for trigger in triggers):
            return f'Deployment config "{name}" waiting on image update', False
        if not triggers:
            raise UsageError(
                f"Deployment config \"{name}\" waiting on manual update (use 'rollout latest {name}')"
            )
    if config["metadata"].get("generation", 0) <= status.get("observedGeneration", 0):
        found = [c for c in status.get("conditions") or [] if c["type"] == "Progressing"]
        reason, message = (found[0].get("reason"), found[0].get("message", "")) if found else (None, "")
        if reason == "NewReplicationControllerAvailable":
            return message, True
        if reason in ("ProgressDeadlineExceeded", "RolloutCancelled"):
            raise UsageError(message)
        if reason == "DeploymentConfigPaused":
            text = "is paused. Resume to continue watching the status of the rollout."
            raise UsageError(f'Deployment config "{name}" {text}')
        if text := _waiting("", spec["replicas"], status):
            return text, False
    return "Waiting for latest deployment config spec to be observed by the controller loop...", False


def _deployment_status(deployment: Obj) -> tuple[str, bool]:
    """Format the status as kubectl does (`polymorphichelpers/rollout_status.go`)."""
    spec, status, name = deployment["spec"], deployment.get("status", {}), deployment["metadata"]["name"]
    if deployment["metadata"].get("generation", 0) > status.get("observedGeneration", 0):
        return "Waiting for deployment spec update to be observed...", False
    for condition in status.get("conditions") or []:
        if condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            raise UsageError(f'deployment "{name}" exceeded its progress deadline')
    text = _waiting(f'deployment "{name}" ', spec["replicas"], status)
    return (text, False) if text else (f'deployment "{name}" successfully rolled out', True)


def _waiting(named: str, wanted: int, status: Obj) -> str:
    updated, there = status.get("updatedReplicas", 0), status.get("replicas", 0)
    available = status.get("availableReplicas", 0)
    head = f"Waiting for {named}rollout to finish: "
    if updated < wanted:
        return f"{head}{updated} out of {wanted} new replicas have been updated..."
    if there > updated:
        return f"{head}{there - updated} old replicas are pending termination..."
    if available < updated:
        return f"{head}{available} of {updated} updated replicas are available..."
    return ""
