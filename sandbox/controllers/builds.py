"""The build controller: runs builds by their run policy, with a pod NAME-N-build for the log.

Phases, reasons and words: openshift-controller-manager (`pkg/build/controller`) and the builder image.
What was built from the same source, base and settings is taken from the cache.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from sandbox.apimachinery.errors import StatusError
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import BUILD_CONFIGS, BUILDS
from sandbox.apimachinery.store import now
from sandbox.builds import sources
from sandbox.builds.phases import ENDED
from sandbox.builds.s2i import GENERIC, Builder, ignored_files
from sandbox.builds.sources import BuildFailure
from sandbox.containers.image_store import Image, tree_digest
from sandbox.containers.images import Images
from sandbox.controllers import imagestreams
from sandbox.controllers.loop import RETRY, Cluster, Controller
from sandbox.controllers.objects import is_going, owner_reference
from sandbox.controllers.records import PodRecord

log = logging.getLogger(__name__)

COMPONENT = "build-controller"
HISTORY = {
    "successfulBuildsHistoryLimit": ("Complete",),
    "failedBuildsHistoryLimit": ("Failed", "Error", "Cancelled"),
}
SNIPPET_LINES = 5


class Builds(Controller):
    """`builds.build.openshift.io`."""

    watches = (BUILDS,)

    def __init__(self, cluster: Cluster, images: Images, builder: Builder, checkout: Path) -> None:
        super().__init__(cluster)
        self.images = images
        self.builder = builder
        self.checkout = checkout
        self._tasks: dict[str, asyncio.Task[None]] = {}  # by build name

    async def run(self) -> None:
        """Run until cancelled; running builds are cancelled too."""
        try:
            await super().run()
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def reconcile(self) -> float | None:
        """Start the next builds; end cancelled and deleted ones."""
        there = {build["metadata"]["name"] for build in self.store.list(BUILDS)}
        for name, task in list(self._tasks.items()):
            if name not in there:
                task.cancel()
            if task.done():
                del self._tasks[name]
        self.each(BUILD_CONFIGS, self._prune)
        return self.each(BUILDS, self._one)

    def _one(self, build: Obj) -> float | None:
        name, phase = build["metadata"]["name"], build["status"]["phase"]
        if phase in ENDED or is_going(build):
            return None
        if build["status"].get("cancelled"):
            if task := self._tasks.get(name):
                task.cancel()
            words = {"reason": "CancelledBuild", "message": "The build was cancelled by the user."}
            self._finish(name, "Cancelled", None, **words)
        elif phase == "New" and self._is_next(build):
            return self._start(build)
        return None

    def _is_next(self, build: Obj) -> bool:
        """Apply the run policy: Parallel, Serial, or SerialLatestOnly."""
        labels = build["metadata"]["labels"]
        policy = labels["openshift.io/build.start-policy"]
        same = self.store.list(BUILDS, label_selector=f"buildconfig={labels['buildconfig']}")
        waiting = sorted((each for each in same if each["status"]["phase"] == "New"), key=number)
        if policy == "Parallel":
            return True
        if any(each["status"]["phase"] in ("Pending", "Running") for each in same):
            return False
        if policy == "SerialLatestOnly":
            for older in waiting[:-1]:
                self._set(older["metadata"]["name"], cancelled=True)
            waiting = waiting[-1:]
        return bool(waiting[0]["metadata"]["name"] == build["metadata"]["name"])

    def _prune(self, config: Obj) -> None:
        """Delete finished builds beyond the BuildConfig's history limits."""
        same = self.store.list(BUILDS, label_selector=f"buildconfig={config['metadata']['name']}")
        for limit, phases in HISTORY.items():
            ended = sorted((b for b in same if b["status"]["phase"] in phases), key=number, reverse=True)
            for build in ended[config["spec"].get(limit, len(ended)) :]:
                self.cluster.delete(BUILDS, build["metadata"]["name"], COMPONENT)

    def _start(self, build: Obj) -> float | None:
        name = build["metadata"]["name"]
        pod = PodRecord(self.cluster, f"{name}-build", "sti-build")
        meta = {
            "name": pod.name,
            "labels": {"openshift.io/build.name": name},
            "annotations": {"openshift.io/build.name": name},
            "ownerReferences": [owner_reference(build, "build.openshift.io/v1", "Build")],
        }
        try:
            pod.create(meta, build["spec"]["serviceAccount"], build["spec"].get("resources") or {})
        except StatusError as refusal:
            words = {
                "reason": "CannotCreateBuildPod",
                "message": f"Failed creating build pod: {refusal.message}",
            }
            self._set(name, **words)
            self.cluster.event(
                build, "FailedCreate", f"Error creating: {refusal.message}", COMPONENT, warning=True
            )
            return RETRY
        target = build["spec"].get("output", {}).get("to")
        if target:
            stream, _, tag = target["name"].partition(":")
            reference = f"{self.cluster.project.image_repository(stream)}:{tag or 'latest'}"
            self._set(name, outputDockerImageReference=reference)

        def hand_over(build: Obj) -> None:
            build["status"]["phase"] = "Pending"
            build["status"].pop("reason", None)
            build["status"].pop("message", None)
            build["metadata"]["annotations"]["openshift.io/build.pod-name"] = pod.name

        self.store.modify(BUILDS, name, hand_over)
        self._tasks[name] = asyncio.create_task(self._build(name, pod))
        return None

    async def _build(self, name: str, pod: PodRecord) -> None:
        """Run one build from start to end; its outcome is written to the Build, never raised."""
        pod.run()
        began = time.monotonic()
        build = self._set(name, phase="Running", startTimestamp=now())
        named = f"Build {self.cluster.project.name}/{name}"
        self.cluster.event(build, "BuildStarted", f"{named} is now running", COMPONENT)
        try:
            limit = build["spec"].get("completionDeadlineSeconds")
            image = await asyncio.wait_for(self._run(build, pod), limit)
            self._push(build, image, pod)
        except BuildFailure as failure:
            pod.say(str(failure))
            words = {"reason": failure.reason, "message": failure.message, "logSnippet": _snippet(pod.log)}
            self._finish(name, "Failed", began, **words)
        except asyncio.TimeoutError:
            pod.say(f"error: the build took longer than {limit} seconds")
            words = {
                "reason": GENERIC[0],
                "message": GENERIC[1],
                "logSnippet": _snippet(pod.log),
            }
            self._finish(name, "Failed", began, **words)
        except asyncio.CancelledError:
            pod.end(succeeded=False)
            raise
        except Exception as problem:
            log.exception("build %s", name)
            pod.say(f"error: {problem}")
            words = {
                "reason": GENERIC[0],
                "message": GENERIC[1],
                "logSnippet": _snippet(pod.log),
            }
            self._finish(name, "Failed", began, **words)
        else:
            self._finish(name, "Complete", began)
        build = self.store.get(BUILDS, name)
        complete = build["status"]["phase"] == "Complete"
        pod.end(succeeded=complete)
        if complete:
            self.cluster.event(build, "BuildCompleted", f"{named} completed successfully", COMPONENT)
        else:
            self.cluster.event(build, "BuildFailed", f"{named} failed", COMPONENT)

    async def _run(self, build: Obj, pod: PodRecord) -> Image:
        base = self.images.get(build["spec"]["strategy"]["sourceStrategy"]["from"]["name"])
        if base is None:
            text = (
                f"error: the image {build['spec']['strategy']['sourceStrategy']['from']['name']} is not there"
            )
            raise BuildFailure("PullBuilderImageFailed", "Failed pulling builder image.", text)
        work = self.cluster.state / "tmp"
        work.mkdir(parents=True, exist_ok=True)
        into = Path(tempfile.mkdtemp(dir=work, prefix=f"{build['metadata']['name']}-"))
        try:
            uploads = self.cluster.state / "uploads"
            secret = self._source_secret(build)
            source = await sources.fetch(build, uploads, self.checkout, into, pod.say, secret=secret)
            key = await asyncio.to_thread(_key, build, source, base)
            record = self.cluster.state / "cache" / "builds" / f"{key}.json"
            if image := self._cached(record):
                pod.say(
                    "Source, base image and settings are those of an earlier build: its image is used again."
                )
                return image
            image = await self.builder.build(build, source, pod.log)
            record.parent.mkdir(parents=True, exist_ok=True)
            record.write_text(json.dumps({"image": image.digest}))
            return image
        finally:
            await asyncio.to_thread(shutil.rmtree, into, ignore_errors=True)

    def _source_secret(self, build: Obj) -> Obj | None:
        """Return the secret for Git; raises BuildFailure if it does not exist."""
        name = ((build["spec"].get("source") or {}).get("sourceSecret") or {}).get("name")
        if not name:
            return None
        if secret := self.store.find("secrets", name):
            return secret
        detail = f'error: secret "{name}" not found'
        raise BuildFailure("FetchSourceFailed", "Failed to fetch the input source.", detail)

    def _cached(self, record: Path) -> Image | None:
        return self.images.get(json.loads(record.read_text())["image"]) if record.is_file() else None

    def _push(self, build: Obj, image: Image, pod: PodRecord) -> None:
        target = build["spec"].get("output", {}).get("to")
        if not target:
            pod.say("Build complete, no image push requested")
            return
        reference = build["status"]["outputDockerImageReference"]
        pod.say(f"\nPushing image {reference} ...")
        tag = target["name"] if ":" in target["name"] else f"{target['name']}:latest"
        try:
            pushed = imagestreams.push(self.cluster, image, tag)
        except StatusError as refusal:
            words = ("PushImageToRegistryFailed", "Failed to push the image to the registry.")
            raise BuildFailure(*words, f"error: {refusal.message}") from refusal
        pod.say(f"Successfully pushed {pushed}\nPush successful")
        self._set(build["metadata"]["name"], output={"to": {"imageDigest": image.digest}})

    def _finish(self, name: str, phase: str, began: float | None = None, **status: str) -> None:
        status["completionTimestamp"] = now()
        self._set(name, phase=phase, **status)
        if began is not None:
            self._set(name, duration=int((time.monotonic() - began) * 1e9))

    def _set(self, name: str, **status: Any) -> Obj:  # noqa: ANN401
        return self.store.modify(BUILDS, name, lambda build: build["status"].update(status))


def number(build: Obj) -> int:
    """Return the build's number within its BuildConfig."""
    return int(build["metadata"]["annotations"]["openshift.io/build.number"])


def _key(build: Obj, source: Path, base: Image) -> str:
    """Digest the inputs of a build, after removing the files that `.s2iignore` names."""
    spec = build["spec"]
    for path in ignored_files(source):
        if (source / path).is_dir() and not (source / path).is_symlink():
            shutil.rmtree(source / path)
        else:
            (source / path).unlink(missing_ok=True)
    settings = {key: spec.get(key) for key in ("strategy", "postCommit")}
    labels = spec.get("output", {}).get("imageLabels")
    parts = [tree_digest(source), base.digest, settings, labels]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _snippet(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-SNIPPET_LINES:])
