"""Whether the objects of the hub's name are the hub's own, and not those of another deployment.

A second `oc new-app` with the name of a first one leaves the objects of the first and adds what is missing: a
Deployment beside a DeploymentConfig of the same name, for example. Two hubs would then share a route and a
database. The hub that came second must not start; the first one goes on, with a warning.

| object | is another deployment's if |
|---|---|
| workload NAME, NAME-proxy, NAME-db | there is one of each kind: the one of the hub's own kind is the hub's |
| workload NAME-db, if it is the only one | it has no label `app=NAME` |
| config map NAME-cfg | its owner is another workload |
| route NAME | it has no label `app=NAME` and does not lead to NAME-proxy |
"""

from collections.abc import Iterator

from .facts import WORKLOADS, Facts, Obj, Refusal
from .finding import FAILURE, PASSED, UNKNOWN, WARNING, Finding

CHECK = "own objects"


def check_own_objects(facts: Facts, database: str) -> list[Finding]:
    """Report each object of the hub's name that is another deployment's."""
    found = [*_workloads(facts), *_database(facts, database), *_config_map(facts), *_route(facts)]
    if found:
        return found
    show = f"oc get all --selector app={facts.name}"
    if facts.workload is None:
        message = "The hub's pod has no Deployment or DeploymentConfig that the hub may read."
        return [Finding(CHECK, UNKNOWN, message, show)]
    message = f"All objects with the name {facts.name} are those of this {facts.workload.kind}."
    return [Finding(CHECK, PASSED, message, show)]


def _workloads(facts: Facts) -> Iterator[Finding]:
    """Compare the workloads of both kinds: the hub's own kind is known by the owner chain of its pod."""
    own = facts.workload
    if own is None or own.kind not in WORKLOADS:
        return
    (other_kind,) = WORKLOADS.keys() - {own.kind}
    others: dict[str, Obj] = {}
    for part in (facts.name, f"{facts.name}-proxy", f"{facts.name}-db"):
        answer, ours = facts.get(f"{other_kind} {part}"), facts.get(f"{own.kind} {part}")
        if not isinstance(answer, Refusal) and not isinstance(ours, Refusal):
            others[part] = answer
    if not others:
        return
    own_object = facts.get(f"{own.kind} {facts.name}")
    created = "" if isinstance(own_object, Refusal) else own_object["metadata"]["creationTimestamp"]
    first = next(iter(others.values()))["metadata"]["creationTimestamp"]
    names = _listed([f"{other_kind} {part}" for part in others])
    delete = {
        kind: "oc delete " + " ".join(f"{kind.lower()}/{part}" for part in others) for kind in WORKLOADS
    }
    if created and created < first:
        yield Finding(
            CHECK,
            WARNING,
            f"{names}, created after this hub, belong to another deployment with the same name. "
            "Delete them, so that they do not share this hub's database and route:",
            delete[other_kind],
        )
        return
    yield Finding(
        CHECK,
        FAILURE,
        f"{names} belong to another deployment with the name {facts.name}, whose database and route this hub "
        "would share. Delete this one, and deploy it with another APPLICATION_NAME:",
        delete[own.kind],
    )


def _database(facts: Facts, database: str) -> Iterator[Finding]:
    part = f"{facts.name}-db"
    if database != part:
        return
    for kind in WORKLOADS:
        answer = facts.get(f"{kind} {part}")
        other = facts.get(f"{next(iter(WORKLOADS.keys() - {kind}))} {part}")
        if isinstance(answer, Refusal) or not isinstance(other, Refusal):
            continue
        if _label(answer) != facts.name:
            yield Finding(
                CHECK,
                FAILURE,
                f"The {kind} {part} is not this hub's database: it has no label app={facts.name}. "
                "Deploy the hub with another APPLICATION_NAME, or set the label if the database is meant "
                "for it:",
                f"oc label {kind.lower()}/{part} app={facts.name}",
            )


def _config_map(facts: Facts) -> Iterator[Finding]:
    own = facts.workload
    for config in facts.items("config maps") or []:
        name = config["metadata"]["name"]
        if own is None or name != f"{facts.name}-cfg":
            continue
        owners = config["metadata"].get("ownerReferences") or []
        if owners and own.uid not in {owner["uid"] for owner in owners}:
            owner = owners[0]
            yield Finding(
                CHECK,
                FAILURE,
                f"The config map {name} belongs to the {owner['kind']} {owner['name']} of another deployment "
                "with the same name. Delete this one, and deploy it with another APPLICATION_NAME:",
                f"oc delete {own.kind.lower()}/{own.name}",
            )


def _route(facts: Facts) -> Iterator[Finding]:
    route = facts.get("route")
    if isinstance(route, Refusal):
        return
    service = route["spec"]["to"]["name"]
    if _label(route) != facts.name and service != f"{facts.name}-proxy":
        yield Finding(
            CHECK,
            FAILURE,
            f"The route {facts.name} is not this hub's: it leads to the service {service}. "
            "Deploy the hub with another APPLICATION_NAME, or delete that route:",
            f"oc delete route/{facts.name}",
        )


def _label(obj: Obj) -> str | None:
    return (obj["metadata"].get("labels") or {}).get("app")


def _listed(names: list[str]) -> str:
    return "The " + (names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}")
