"""The node that the kubelet runs on: its images, network, events, directories and timing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.resource_keys import IMAGE_STREAMS
from sandbox.apimachinery.store import Store
from sandbox.containers.container import Running
from sandbox.containers.image_store import Image
from sandbox.containers.images import Images
from sandbox.kubelet.events import Events
from sandbox.kubelet.volumes import IssueToken
from sandbox.network.services import Network

BACK_OFF = (10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
SYNC_PERIOD = 12.0  # a kubelet looks at an unchanged pod every 10 to 15 s


class Node:
    """What each pod needs of its node.

    `issue` makes service account tokens (`Tokens.issue`), `ca` is the API's certificate authority in PEM,
    `pace` scales every wait of the kubelet but those of probes and grace periods.
    """

    token_refresh = 2880.0  # 80 % of a token's life

    def __init__(
        self,
        project: Project,
        store: Store,
        images: Images,
        network: Network,
        *,
        state: Path,
        issue: IssueToken,
        ca: str,
        name: str = "sandbox",
        pace: float = 1.0,
    ) -> None:
        self.project = project
        self.store = store
        self.images = images
        self.network = network
        self.issue = issue
        self.ca = ca
        self.name = name
        self.pace = pace
        self.events = Events(store, self.name)
        self.pulled: set[str] = set()
        self.pods_directory = state / "pods"
        self.claims_directory = state / "claims"
        self.logs_directory = state / "log" / "pods"

    async def wait(self, seconds: float) -> None:
        """Wait at the node's pace."""
        await asyncio.sleep(seconds * self.pace)

    def find_image(self, reference: str) -> Image | None:
        """Find an image by digest, by a base's usual name, or by a tag of the internal registry."""
        repository, _, tag = reference.partition("@")[0].rpartition(":")
        prefix = self.project.image_repository("")
        if "@" not in reference and repository.startswith(prefix):
            stream = self.store.find(IMAGE_STREAMS, repository.removeprefix(prefix))
            for one in (stream or {}).get("status", {}).get("tags", []):
                if one["tag"] == tag and one.get("items"):
                    return self.images.get(one["items"][0]["image"])
            return None
        return self.images.get(reference)


class PodOnNode(Protocol):
    """A pod of the node, as its parts see it."""

    node: Node
    pod: Obj
    name: str
    uid: str
    ip: str
    directory: Path

    def publish(self) -> None:
        """Write the status."""

    def end_unhealthy(self, running: Running, grace: float) -> None:
        """End a run whose probe has failed for good."""
