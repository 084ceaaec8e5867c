"""The sandbox's one node: what each of its pods needs of it."""

from __future__ import annotations

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


class Node:
    """Images, network, events and directories of the node.

    `issue` makes service-account tokens (`Tokens.issue`), `ca` is the API's certificate authority in PEM.
    """

    name = "sandbox"
    back_off = (10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
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
    ) -> None:
        self.project = project
        self.store = store
        self.images = images
        self.network = network
        self.issue = issue
        self.ca = ca
        self.events = Events(store, self.name)
        self.pulled: set[str] = set()
        self.pods_directory = state / "pods"
        self.claims_directory = state / "claims"
        self.logs_directory = state / "log" / "pods"

    def find_image(self, reference: str) -> Image | None:
        """An image by digest, by the name of a base, or by an image stream's tag in the internal registry."""
        repository, _, tag = reference.partition("@")[0].rpartition(":")
        prefix = self.project.image_repository("")
        if "@" not in reference and repository.startswith(prefix):
            stream = self.store.find(IMAGE_STREAMS, repository.removeprefix(prefix))
            for one in (stream or {}).get("status", {}).get("tags", []):
                if one["tag"] == tag and one.get("items"):
                    return self.images.get(one["items"][0]["image"])
            return None
        return self.images.get(reference)


class NodePod(Protocol):
    """A pod of the node, as pulls and probes see it."""

    node: Node
    pod: Obj
    ip: str

    def publish(self) -> None:
        """Write the status."""

    def end_unhealthy(self, running: Running, grace: float) -> None:
        """End a run whose probe has failed for good."""
