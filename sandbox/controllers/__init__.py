"""The cluster's controllers: each watches the store and reconciles the objects of its kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.controllers.buildconfigs import BuildConfigs
from sandbox.controllers.builds import Builds
from sandbox.controllers.deployer import Deployer
from sandbox.controllers.deploymentconfigs import DeploymentConfigs
from sandbox.controllers.deployments import Deployments
from sandbox.controllers.disruption import Disruption
from sandbox.controllers.endpoints import Endpoints
from sandbox.controllers.garbage import Garbage
from sandbox.controllers.imagestreams import ImageImports
from sandbox.controllers.imagetriggers import ImageTriggers
from sandbox.controllers.loop import Cluster, Controller
from sandbox.controllers.quotas import Quotas
from sandbox.controllers.records import Records
from sandbox.controllers.replicas import ReplicaSets, ReplicationControllers
from sandbox.controllers.serviceaccounts import ServiceAccounts
from sandbox.controllers.volumes import Volumes

if TYPE_CHECKING:
    from sandbox.builds.s2i import Builder
    from sandbox.containers.images import Images


def all_controllers(cluster: Cluster, images: Images, builder: Builder, checkout: Path) -> list[Controller]:
    """Return one instance of each controller."""
    plain = (
        BuildConfigs,
        Deployer,
        DeploymentConfigs,
        Deployments,
        Disruption,
        Endpoints,
        Garbage,
        ImageTriggers,
        Quotas,
        Records,
        ReplicaSets,
        ReplicationControllers,
        ServiceAccounts,
        Volumes,
    )
    own = [ImageImports(cluster, images), Builds(cluster, images, builder, checkout)]
    return [*(kind(cluster) for kind in plain), *own]
