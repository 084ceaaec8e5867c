"""The status of ResourceQuotas."""

from __future__ import annotations

from sandbox.admission import quota
from sandbox.controllers.loop import Controller


class Quotas(Controller):
    """How much of each quota is used."""

    watches = ("resourcequotas", "pods", "persistentvolumeclaims", "services", "secrets", "configmaps")

    def reconcile(self) -> float | None:
        """Count anew."""
        quota.refresh(self.store)
        return None
