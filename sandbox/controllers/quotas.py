"""The ResourceQuota controller."""

from __future__ import annotations

from sandbox.admission import quota
from sandbox.controllers.loop import Controller


class Quotas(Controller):
    """Keeps `status.used` of each ResourceQuota."""

    watches = ("resourcequotas", "pods", "persistentvolumeclaims", "services", "secrets", "configmaps")

    def reconcile(self) -> float | None:
        """Recount the usage of each quota."""
        quota.refresh(self.store)
        return None
