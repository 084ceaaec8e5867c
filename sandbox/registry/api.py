"""Create, update, patch and delete: defaults, admission, validation, then the store.

Controllers call this too; authorization of requests comes before, in the API server.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from sandbox.admission import limits, lookup, owners, pods, quota, scc, source_secrets
from sandbox.apimachinery import errors, resources, schema
from sandbox.apimachinery.json_types import Json, Obj
from sandbox.apimachinery.project import Project
from sandbox.apimachinery.resource_keys import RBAC_GROUP, ROLE_BINDINGS, ROLES
from sandbox.apimachinery.store import Store, copied, now, random_suffix
from sandbox.authorization import rbac
from sandbox.authorization.rbac import Rbac
from sandbox.authorization.users import AUTHENTICATED, User
from sandbox.registry import defaults
from sandbox.registry.patches import patched
from sandbox.registry.rest import Context, Storage
from sandbox.registry.strategy import prepare_create, prepare_status, prepare_update
from sandbox.validation import kinds

RETURNED_WHEN_GONE = (
    *("pods", "services", "serviceaccounts", "persistentvolumeclaims", "persistentvolumes", "resourcequotas"),
    *("podtemplates", "storageclasses.storage.k8s.io", "templates.template.openshift.io"),
    "oauthaccesstokens.oauth.openshift.io",
)
PRECONDITIONS = (
    ("uid", "UID", "deleted and then recreated"),
    ("resourceVersion", "ResourceVersion", "modified"),
)
FIXED = (
    *("uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"),
    *("generation", "namespace", "generateName"),
)


class Api:
    """The API of one project, without HTTP."""

    def __init__(self, store: Store, project: Project) -> None:
        self.store = store
        self.project = project
        self.rbac = Rbac(store, project.name)

    def controller(self, account: str) -> User:
        """Return the user as which a controller acts."""
        groups = ("system:serviceaccounts", "system:serviceaccounts:openshift-infra", AUTHENTICATED)
        return User(f"system:serviceaccount:openshift-infra:{account}", groups)

    def create(self, resource: str, obj: Obj, user: User, *, dry_run: bool = False) -> Obj:
        """Create an object; StatusError when admission or validation refuses it."""
        new = self._decoded(resource, obj)
        meta = new["metadata"]
        meta.update({"namespace": self.project.name} if resources.of(resource).namespaced else {})
        for field in ("uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "generation"):
            meta.pop(field, None)
        defaults.apply(resource, new)
        self._mutate(resource, new, user)
        meta = new["metadata"]  # admission may have replaced it
        prepare_create(resource, new, self.store, self.project)
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = meta["generateName"] + random_suffix()
        self._check(resource, new, kinds.on_create(resource, new))
        new = schema.encoded(new)
        limits.check(resource, new, self.store)
        quota.check(resource, new, self.store)
        self._check_escalation(resource, new, user)
        if self.store.find(resource, meta["name"]) is not None:
            raise errors.already_exists(resource, meta["name"])
        if dry_run:
            made = Store().create(resource, new)
            del made["metadata"]["resourceVersion"]
            return made
        return self.store.create(resource, new)

    def update(
        self, resource: str, obj: Obj, user: User, *, subresource: str = "", dry_run: bool = False
    ) -> Obj:
        """Replace an object, or with `subresource="status"` only its status."""
        name = obj["metadata"]["name"]
        old = self.store.get(resource, name)
        new = self._decoded(resource, obj)
        meta = new["metadata"]
        if meta.get("resourceVersion") not in (None, "", old["metadata"]["resourceVersion"]):
            raise errors.conflict(resource, name)
        if meta.get("uid") not in (None, "", old["metadata"]["uid"]):
            raise errors.conflict(resource, name, _precondition("UID", meta["uid"], old["metadata"]["uid"]))
        for field in FIXED:
            meta.pop(field, None)
            if field in old["metadata"]:
                meta[field] = old["metadata"][field]
        if subresource == "status":
            new = prepare_status(new, old)
        else:
            defaults.apply(resource, new)
            lookup.admit(resource, new, self.store)
            prepare_update(resource, new, old, self.store, self.project)
            new = schema.encoded(new)
            self._check(resource, new, kinds.on_update(resource, new, old))
            self._check_escalation(resource, new, user)
        owners.check_change(resource, new, old, user, self.rbac)
        if dry_run:
            return new
        updated = self.store.update(resource, schema.encoded(new))
        if meta.get("deletionTimestamp") and not meta.get("finalizers") and resource != "pods":
            self.store.remove(resource, name)
        return updated

    def patch(
        self,
        resource: str,
        name: str,
        kind: str,
        patch: Json,
        user: User,
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Obj:
        """Change an object by a patch of the given media type."""
        old = self.store.get(resource, name)
        new = patched(old, patch, kind)
        if new["metadata"].get("name") != name:
            raise errors.other_name(new["metadata"].get("name"), name)
        if new["metadata"].get("namespace") != old["metadata"].get("namespace"):
            raise errors.other_namespace()
        return self.update(resource, new, user, subresource=subresource, dry_run=dry_run)

    def delete(
        self, resource: str, name: str, user: User, options: Obj | None = None, *, dry_run: bool = False
    ) -> Obj:
        """Delete an object, a pod with its grace period; return the object or a Status, as the API does."""
        options = options or {}
        obj = self.store.get(resource, name)
        self._check_preconditions(resource, obj, options.get("preconditions") or {})
        if dry_run:
            return self._answer(resource, obj)
        if resource == "pods":
            return self._delete_pod(obj, options)
        meta = obj["metadata"]
        asked = {"Foreground": ["foregroundDeletion"], "Orphan": ["orphan"]}.get(
            options.get("propagationPolicy", ""), []
        )
        finalizers = [
            *(meta.get("finalizers") or []),
            *(each for each in asked if each not in (meta.get("finalizers") or [])),
        ]
        if not finalizers:
            return self._answer(resource, self.store.remove(resource, name))
        meta["finalizers"] = finalizers
        if not meta.get("deletionTimestamp"):
            meta["deletionTimestamp"], meta["deletionGracePeriodSeconds"] = now(), 0
            if "generation" in meta:
                meta["generation"] += 1
        return self.store.update(resource, obj)

    def invalid(self, resource: str, name: str, problems: list[errors.Cause]) -> errors.StatusError:
        """Return the 422 for an object of a resource."""
        return errors.invalid(resources.of(resource).qualified_kind, name, problems)

    def _delete_pod(self, pod: Obj, options: Obj) -> Obj:
        """Start the grace period of a pod; remove it at once when it has no node or has ended."""
        meta, spec = pod["metadata"], pod["spec"]
        grace = options.get("gracePeriodSeconds")
        grace = spec.get("terminationGracePeriodSeconds", 30) if grace is None else max(grace, 0)
        if not spec.get("nodeName") or pod["status"].get("phase") in ("Succeeded", "Failed"):
            grace = 0
        already = meta.get("deletionGracePeriodSeconds")
        if already is not None and already <= grace and grace > 0:
            return pod
        when = datetime.now(timezone.utc) + timedelta(seconds=grace)
        meta["deletionTimestamp"] = when.strftime("%Y-%m-%dT%H:%M:%SZ")
        meta["deletionGracePeriodSeconds"] = grace
        meta["generation"] = meta.get("generation", 0) + 1
        if options.get("propagationPolicy") == "Foreground":
            meta["finalizers"] = sorted({*(meta.get("finalizers") or []), "foregroundDeletion"})
        gone = self.store.update("pods", pod)
        if grace == 0:
            self.store.remove("pods", meta["name"])
        return gone

    def _decoded(self, resource: str, obj: Obj) -> Obj:
        known = resources.of(resource)
        whole = {**copied(obj), "kind": known.kind, "apiVersion": known.api_version}
        decoded = schema.decoded(whole)[0]
        decoded["metadata"] = decoded.get("metadata") or {}
        return decoded

    def _mutate(self, resource: str, new: Obj, user: User) -> None:
        if resource == "pods":
            limits.fill_in(new, self.store)
            pods.service_account(new, self.store, self.project)
            pods.tolerations(new, self.store)
            scc.admit(new, user, self.rbac, self.project)
        lookup.admit(resource, new, self.store)
        source_secrets.admit(resource, new, self.store)

    def _check(self, resource: str, obj: Obj, problems: list[errors.Cause]) -> None:
        if problems:
            raise self.invalid(resource, obj["metadata"].get("name", ""), problems)

    def _check_escalation(self, resource: str, obj: Obj, user: User) -> None:
        """Refuse a role or a binding that grants permissions that the user lacks."""
        rules: list[Obj] | None = None
        if resource == ROLES:
            rules = obj.get("rules") or []
        if resource == ROLE_BINDINGS:
            ask = rbac.Ask(
                "bind",
                RBAC_GROUP,
                f"{obj['roleRef']['kind'].lower()}s",
                obj["roleRef"]["name"],
                self.project.name,
            )
            if not self.rbac.decide(user, ask).allowed:
                rules = self.rbac.role_rules(obj["roleRef"])
                if rules is None:
                    raise errors.not_found(resource, obj["roleRef"]["name"])
        missing = self.rbac.missing(user, rules or [])
        if missing:
            raise rbac.forbidden_escalation(resource, obj["metadata"].get("name", ""), user, missing)

    def _check_preconditions(self, resource: str, obj: Obj, wanted: Obj) -> None:
        for field, word, happened in PRECONDITIONS:
            there = obj["metadata"][field]
            if wanted.get(field) not in (None, there):
                asked = f"the {word} in the precondition ({wanted[field]})"
                why = f"{asked} does not match the {word} in record ({there})"
                kind, name = resources.of(resource).qualified_kind, obj["metadata"]["name"]
                raise errors.conflict(kind, name, f"{why}. The object might have been {happened}")

    def _answer(self, resource: str, obj: Obj) -> Obj:
        if resource in RETURNED_WHEN_GONE:
            return obj
        known, meta = resources.of(resource), obj["metadata"]
        status: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        parts = {"name": meta["name"], "group": known.group, "kind": known.name, "uid": meta["uid"]}
        return {**status, "details": {key: value for key, value in parts.items() if value}}


def _precondition(word: str, wanted: str, there: str) -> str:
    return f"Precondition failed: {word} in precondition: {wanted}, {word} in object meta: {there}"


class Stored(Storage):
    """A resource whose objects are in the store."""

    def __init__(self, api: Api, key: str) -> None:
        self.api = api
        self.key = key
        self.watched = key

    def get(self, name: str, context: Context) -> Obj:
        """Return an object of the store."""
        return self.api.store.get(self.key, name)

    def list(self, context: Context) -> list[Obj]:
        """Return all objects of the store."""
        return self.api.store.list(self.key)

    async def create(self, name: str, obj: Obj, context: Context) -> Obj:
        """Create through defaults, admission and validation."""
        return self.api.create(self.key, obj, context.user, dry_run=context.dry_run)

    def update(self, name: str, obj: Obj, context: Context) -> Obj:
        """Replace through defaults and validation."""
        return self.api.update(self.key, obj, context.user, dry_run=context.dry_run)

    def patch(self, name: str, patch: Json, media_type: str, context: Context) -> Obj:
        """Patch and replace."""
        return self.api.patch(self.key, name, media_type, patch, context.user, dry_run=context.dry_run)

    def delete(self, name: str, options: Obj, context: Context) -> Obj:
        """Delete, a pod with its grace period."""
        return self.api.delete(self.key, name, context.user, options, dry_run=context.dry_run)
