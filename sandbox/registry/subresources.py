"""`status` and `scale` of any resource, `pods/eviction`, `serviceaccounts/token`."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from sandbox.apimachinery import errors
from sandbox.apimachinery.json_types import Json, Obj
from sandbox.apimachinery.names import invalid
from sandbox.apimachinery.resource_keys import DISRUPTION_BUDGETS
from sandbox.apimachinery.selectors import label_query
from sandbox.apimachinery.store import now
from sandbox.authorization.users import AUDIENCE, Tokens
from sandbox.registry.api import Api, Stored
from sandbox.registry.rest import Context, Storage

SECONDS = "%Y-%m-%dT%H:%M:%SZ"


class Statuses(Stored):
    """`X/status`: updates change the status only."""

    def update(self, name: str, obj: Obj, context: Context) -> Obj:
        """Replace the status."""
        return self.api.update(self.key, obj, context.user, subresource="status", dry_run=context.dry_run)

    def patch(self, name: str, patch: Json, media_type: str, context: Context) -> Obj:
        """Patch the status."""
        return self.api.patch(
            self.key, name, media_type, patch, context.user, subresource="status", dry_run=context.dry_run
        )


class Scales(Storage):
    """`X/scale`: the replicas of a workload."""

    def __init__(self, api: Api, key: str, api_version: str) -> None:
        self._api = api
        self._key = key
        self._api_version = api_version

    def get(self, name: str, context: Context) -> Obj:
        """Return the scale of a workload."""
        return self._scale(self._api.store.get(self._key, name))

    def update(self, name: str, obj: Obj, context: Context) -> Obj:
        """Set the replicas."""
        workload = self._api.store.get(self._key, name)
        replicas = (obj.get("spec") or {}).get("replicas", 0)
        if replicas < 0:
            why = f"Invalid value: {replicas}: must be greater than or equal to 0"
            cause = errors.Cause("FieldValueInvalid", "spec.replicas", why)
            raise errors.invalid(f"Scale.{self._api_version.partition('/')[0]}", name, [cause])
        workload["spec"]["replicas"] = replicas
        return self._scale(self._api.update(self._key, workload, context.user, dry_run=context.dry_run))

    def _scale(self, workload: Obj) -> Obj:
        keep = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        selector = workload["spec"].get("selector") or {}
        labels = selector.get("matchLabels", selector)
        text = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        old = self._api_version.startswith("extensions/")
        status = {"selector": labels, "targetSelector": text} if old else {"selector": text}
        replicas = workload["spec"].get("replicas", 0)
        return {
            "kind": "Scale",
            "apiVersion": self._api_version,
            "metadata": {key: workload["metadata"][key] for key in keep if key in workload["metadata"]},
            "spec": {"replicas": replicas} if replicas else {},
            "status": {"replicas": (workload.get("status") or {}).get("replicas", 0), **status},
        }


class Evictions(Storage):
    """`pods/eviction`: a deletion that a disruption budget may refuse."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Mark the pod as evicted, and delete it with its grace period; 429 when a budget is used up."""
        pod = self._api.store.get("pods", name)
        if budget := self._budget(pod):
            self._disrupt(budget, context.dry_run)
        if not context.dry_run:
            self._api.store.modify("pods", name, _evict)
        self._api.delete("pods", name, context.user, obj.get("deleteOptions"), dry_run=context.dry_run)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    def _budget(self, pod: Obj) -> Obj | None:
        """Return the budget that protects a running pod."""
        if pod["status"].get("phase") != "Running" or pod["metadata"].get("deletionTimestamp"):
            return None
        all_budgets = self._api.store.list(DISRUPTION_BUDGETS)
        budgets = [each for each in all_budgets if label_query(each["spec"].get("selector"))(pod)]
        if len(budgets) > 1:
            why = "This pod has more than one PodDisruptionBudget"
            unsupported = f"{why}, which the eviction subresource does not support."
            raise errors.StatusError(500, "InternalError", unsupported)
        return budgets[0] if budgets and not _may_go_unhealthy(pod, budgets[0]) else None

    def _disrupt(self, budget: Obj, dry_run: bool) -> None:
        """Count one disruption; the disruption controller counts anew once the pod is gone."""
        status, name = budget["status"], budget["metadata"]["name"]
        if status.get("disruptionsAllowed", 0) <= 0:
            wanted, there = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
            needs = f"The disruption budget {name} needs {wanted} healthy pods and has {there} currently"
            why = "Cannot evict pod as it would violate the pod's disruption budget."
            causes = [{"reason": "DisruptionBudget", "message": needs}]
            raise errors.StatusError(429, "TooManyRequests", why, {"causes": causes})
        if not dry_run:
            status["disruptionsAllowed"] -= 1
            self._api.store.update(DISRUPTION_BUDGETS, budget)


def _may_go_unhealthy(pod: Obj, budget: Obj) -> bool:
    """Tell whether a budget lets this pod go because it is not ready."""
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions") or []}
    if conditions.get("Ready") == "True":
        return False
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    desired = budget["status"].get("desiredHealthy", 0)
    return bool(0 < desired <= budget["status"].get("currentHealthy", 0))


def _evict(pod: Obj) -> None:
    evicted = {"type": "DisruptionTarget", "status": "True", "lastProbeTime": None}
    evicted |= {"reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting"}
    others = [each for each in pod["status"].get("conditions") or [] if each["type"] != evicted["type"]]
    pod["status"]["conditions"] = [*others, {**evicted, "lastTransitionTime": now()}]


class TokenRequests(Storage):
    """`serviceaccounts/token`: issues tokens, which may be bound to a pod."""

    def __init__(self, api: Api, tokens: Tokens) -> None:
        self._api = api
        self._tokens = tokens

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Issue a token."""
        account = self._api.store.get("serviceaccounts", name)
        spec = obj.get("spec") or {}
        seconds = spec.get("expirationSeconds") or 3600
        if not 600 <= seconds <= 2**32:
            why = "less than 10 minutes" if seconds < 600 else "larger than 2^32 seconds"
            cause = invalid("spec.expirationSeconds", seconds, f"may not specify a duration {why}")
            raise errors.invalid("TokenRequest.authentication.k8s.io", "", [cause])
        audiences = spec.get("audiences") or [AUDIENCE]
        bound = spec.get("boundObjectRef")
        token = self._tokens.issue(name, seconds, audiences, self._bound(name, bound) if bound else None)
        issued = datetime.now(timezone.utc)
        meta = {"name": name, "namespace": self._api.project.name, "uid": account["metadata"]["uid"]}
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {**meta, "creationTimestamp": issued.strftime(SECONDS)},
            "spec": {"audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": bound},
            "status": {
                "token": token,
                "expirationTimestamp": (issued + timedelta(seconds=seconds)).strftime(SECONDS),
            },
        }

    def _bound(self, account: str, reference: Obj) -> Obj:
        """Return the pod or the secret with which the token is to end."""
        api_version, kind = reference.get("apiVersion", ""), reference.get("kind", "")
        if api_version != "v1" or kind not in ("Pod", "Secret"):
            group_version = api_version if "/" in api_version else f"/{api_version}"
            raise errors.bad_request(f"cannot bind token to object of type {group_version}, Kind={kind}")
        obj = self._api.store.get(f"{kind.lower()}s", reference.get("name", ""))
        runs_as = obj["spec"].get("serviceAccountName", "") if kind == "Pod" else account
        if runs_as != account:
            bind = f'cannot bind token for serviceaccount "{account}"'
            raise errors.bad_request(f'{bind} to pod running with serviceaccount "{runs_as}"')
        wanted, there = reference.get("uid", ""), obj["metadata"]["uid"]
        if wanted not in ("", there):
            given = (
                f"the UID in the bound object reference ({wanted}) does not match the UID in record ({there})"
            )
            why = f"{given}. The object might have been deleted and then recreated"
            raise errors.conflict(kind, reference["name"], why)
        return obj
