"""The OpenShift project that a sandbox serves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Project:
    """Its name, UID range, route domain and image registry."""

    name: str = "jupyterhub-sandbox"
    uid_first: int = 1000620000
    uid_size: int = 10000
    display_name: str = ""
    description: str = ""
    requester: str = "developer"
    domain: str = "localhost"
    registry: str = "image-registry.openshift-image-registry.svc:5000"

    @property
    def uid_range(self) -> str:
        """The value of the annotation `openshift.io/sa.scc.uid-range`."""
        return f"{self.uid_first}/{self.uid_size}"

    def route_host(self, route: str) -> str:
        """Return the host of a route whose spec names none."""
        return f"{route}-{self.name}.apps.{self.domain}"

    def image_repository(self, stream: str) -> str:
        """Return the repository of an image stream in the internal registry."""
        return f"{self.registry}/{self.name}/{stream}"
