"""Whether the labelled claims and secrets can be used as shared volumes and connections."""

from ..spawner.shared_data.connections import connections
from ..spawner.shared_data.volumes import shared_volumes, single_node_claims, storage_class_of
from .facts import CONNECTIONS, Facts, Obj
from .finding import PASSED, UNKNOWN, WARNING, Finding

CHECK = "shared data"


def check_shared_data(facts: Facts) -> Finding:
    """Report labelled objects that no server gets, and claims that only servers on one node can mount."""
    claims, secrets = facts.items("shared volumes"), facts.items(CONNECTIONS)
    if claims is None or secrets is None:
        what = "claims" if claims is None else "secrets"
        return Finding(CHECK, UNKNOWN, f"The hub may not list the project's {what}.")
    volumes, problems = shared_volumes(claims, _binding_modes(facts, claims))
    offered, more = connections(secrets, facts.name)
    shared = {volume.claim for volume in volumes}
    for name in single_node_claims(claims):
        if name in shared:
            problems.append(
                f"The claim {name} has the access mode ReadWriteOnce: only servers on one node can mount it "
                "at the same time. Use a storage class with ReadWriteMany."
            )
    if problems or more:
        kind = "pvc" if problems else "secret"
        return Finding(CHECK, WARNING, " ".join([*problems, *more]), f"oc get {kind} --show-labels")
    if not volumes and not offered:
        return Finding(CHECK, PASSED, "No claim or secret has the label of a shared volume or connection.")
    parts = [_count(len(volumes), "shared volume"), _count(len(offered), "connection")]
    return Finding(CHECK, PASSED, f"Servers can use {' and '.join(filter(None, parts))}.")


def _binding_modes(facts: Facts, claims: list[Obj]) -> dict[str, str | None]:
    """The binding mode of each storage class; None for those of the claims if the hub may not read them."""
    classes = facts.items("storage classes")
    if classes is None:
        return dict.fromkeys({storage_class_of(claim) for claim in claims} - {""})
    return {each["metadata"]["name"]: each.get("volumeBindingMode") or "Immediate" for each in classes}


def _count(number: int, noun: str) -> str:
    """Return the number with its noun; empty for 0."""
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
