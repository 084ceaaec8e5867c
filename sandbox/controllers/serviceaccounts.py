"""The service account controller: pull secrets and CA config maps."""

from __future__ import annotations

import base64
import json

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.store import random_suffix
from sandbox.controllers.loop import Controller
from sandbox.controllers.objects import is_going, owner_reference


class ServiceAccounts(Controller):
    """Creates `NAME-dockercfg-xxxxx` for each service account, as openshift-controller-manager does."""

    watches = ("serviceaccounts", "secrets")

    def reconcile(self) -> float | None:
        """Create missing pull secrets."""
        return self.each("serviceaccounts", self._one)

    def _one(self, account: Obj) -> None:
        name = account["metadata"]["name"]
        known = {secret["metadata"]["name"] for secret in self.store.list("secrets")}
        pulls = [each["name"] for each in account.get("imagePullSecrets") or []]
        if is_going(account) or any(each in known for each in pulls):
            return
        secret = self.store.create("secrets", _pull_secret(account, self.cluster.project.registry))
        reference = {"name": secret["metadata"]["name"]}

        def change(account: Obj) -> None:
            account["imagePullSecrets"] = [*(account.get("imagePullSecrets") or []), reference]
            account["secrets"] = [*(account.get("secrets") or []), reference]
            internal = "openshift.io/internal-registry-pull-secret-ref"
            account["metadata"].setdefault("annotations", {})[internal] = reference["name"]

        self.store.modify("serviceaccounts", name, change)


def _pull_secret(account: Obj, registry: str) -> Obj:
    """Build a pull secret without a password; the sandbox's registry needs none."""
    meta = account["metadata"]
    config = json.dumps({registry: {"auth": ""}}).encode()
    return {
        "kind": "Secret",
        "apiVersion": "v1",
        "metadata": {
            "name": f"{meta['name']}-dockercfg-{random_suffix()}",
            "namespace": meta.get("namespace"),
            "annotations": {
                "kubernetes.io/service-account.name": meta["name"],
                "openshift.io/internal-registry-auth-token.service-account": meta["name"],
            },
            "ownerReferences": [owner_reference(account, "v1", "ServiceAccount")],
        },
        "type": "kubernetes.io/dockercfg",
        "data": {".dockercfg": base64.b64encode(config).decode()},
    }
