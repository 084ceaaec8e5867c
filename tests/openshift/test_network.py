"""Which connections between pods the network policies of a template allow."""

from __future__ import annotations

import pytest

from tests.openshift.network import Host, Pod, allowed
from tests.openshift.rendered import HUBS, Obj, job_pod, kinds, process, required, workloads

INSTANCE, OTHER = "jupyterhub", "jakevdp"


def parts(name: str, application: str) -> dict[str, Pod]:
    """The pods of an instance, with the labels that its template and the spawner give them."""
    found = workloads(process(name, **required(name) | {"APPLICATION_NAME": application}))
    pods = {component: Pod(w["spec"]["template"]["metadata"]["labels"]) for component, w in found.items()}
    return pods | {"notebook": Pod({"app": application, "component": "singleuser-server"})}


PEERS: dict[str, Pod | Host] = {
    **{f"other {name}": pod for name, pod in parts("jupyterhub", OTHER).items()},
    "someone's pod": Pod({"app": "someone"}),
    "router": Pod(
        {},
        {"policy-group.network.openshift.io/ingress": "", "kubernetes.io/metadata.name": "openshift-ingress"},
    ),
    "older router": Pod({}, {"network.openshift.io/policy-group": "ingress"}),
    "router on the host's network": Pod({}, {"policy-group.network.openshift.io/host-network": ""}),
    "monitoring": Pod({}, {"kubernetes.io/metadata.name": "openshift-monitoring"}),
    "monitoring of users": Pod({}, {"kubernetes.io/metadata.name": "openshift-user-workload-monitoring"}),
    "dns": Pod({}, {"kubernetes.io/metadata.name": "openshift-dns"}, "10.128.0.9"),
    "stranger": Pod({}, {"kubernetes.io/metadata.name": "another-project"}),
    "cluster api": Host("10.0.12.34"),
    "internet": Host("151.101.0.223"),
    "internet by IPv6": Host("2a04:4e42::223"),
    "cloud metadata": Host("169.254.169.254"),
    "cloud metadata by IPv6": Host("fd00:ec2::254"),
}
# Pods that no policy of ours covers; whether they take a connection is their own affair.
OPEN = (
    "someone's pod", "stranger", "router", "older router", "router on the host's network",
    "monitoring", "monitoring of users",
)  # fmt: skip
PORTS = (53, 80, 443, 5353, 5432, 6443, 8001, 8080, 8081)
EXPECTED = {
    # from: {to: ports that are open}
    "hub": {
        "hub": {8081},
        "proxy": {8001},
        "database": {5432},
        "notebook": set(PORTS),  # c.Spawner.port may be any
        "dns": set(PORTS),
        "cluster api": set(PORTS),
        "internet": set(PORTS),
        "internet by IPv6": set(PORTS),
    },
    "proxy": {"hub": {8081}, "notebook": set(PORTS), "dns": {53, 5353}},
    "database": {},
    "notebook": {
        "hub": {8081},
        "dns": set(PORTS),
        "cluster api": set(PORTS),
        "internet": set(PORTS),
        "internet by IPv6": set(PORTS),
    },
    "router": {"proxy": {8080}},
    "older router": {"proxy": {8080}},
    "router on the host's network": {"proxy": {8080}},
    "monitoring": {"hub": {8081}},
    "monitoring of users": {"hub": {8081}},
    "stranger": {},
    "someone's pod": {},
    "other notebook": {},
    "other hub": {},
    "other proxy": {},
    "cloud metadata": {},
    "internet": {},
}


@pytest.fixture(params=HUBS)
def policies(request: pytest.FixtureRequest) -> list[Obj]:
    """The policies of two instances in one project."""
    name = request.param
    made = [
        process(name, **required(name) | {"APPLICATION_NAME": application})
        for application in (INSTANCE, OTHER)
    ]
    return [policy for objects in made for policy in kinds(objects, "NetworkPolicy").values()]


@pytest.mark.parametrize("source", EXPECTED)
def test_network_policies_allow_only_the_connections_that_are_needed(
    policies: list[Obj], source: str
) -> None:
    own = parts("jupyterhub", INSTANCE)
    everyone = {**PEERS, **own}
    # What is outside is not ours to close: asked is who reaches our pods, and where these get to.
    targets = {name: peer for name, peer in everyone.items() if name not in OPEN} if source in own else own
    found = {
        name: open_ports
        for name, target in targets.items()
        if (open_ports := {port for port in PORTS if allowed(policies, everyone[source], target, port)})
    }
    assert found == EXPECTED[source]


def test_network_policies_allow_dns_over_udp(policies: list[Obj]) -> None:
    for component, pod in parts("jupyterhub", INSTANCE).items():
        asked = [allowed(policies, pod, PEERS["dns"], port, "UDP") for port in (53, 5353)]
        assert asked == ([False, False] if component == "database" else [True, True])


def test_a_notebook_server_cannot_connect_to_another_on_any_port(policies: list[Obj]) -> None:
    notebook = parts("jupyterhub", INSTANCE)["notebook"]
    neighbour = Pod(notebook.labels, address="10.128.0.8")
    assert [
        port for port in (*PORTS, *range(1, 65536, 997)) if allowed(policies, notebook, neighbour, port)
    ] == []
    assert not allowed(policies, notebook, neighbour, 8080)


def test_a_backup_reaches_the_database_and_nothing_else() -> None:
    made = process("jupyterhub-backup", APPLICATION_NAME=INSTANCE)
    policies = [
        *kinds(process("jupyterhub", APPLICATION_NAME=INSTANCE), "NetworkPolicy").values(),
        *kinds(made, "NetworkPolicy").values(),
    ]
    own = parts("jupyterhub", INSTANCE)
    backup = Pod(job_pod(kinds(made, "CronJob")[f"{INSTANCE}-backup"])["metadata"]["labels"])
    everyone: dict[str, Pod | Host] = {**PEERS, **own}
    reached = {
        name: ports
        for name, target in everyone.items()
        if (ports := {port for port in PORTS if allowed(policies, backup, target, port)} - {53, 5353})
    }
    assert reached == {"database": {5432}}
    assert not any(allowed(policies, source, backup, port) for source in own.values() for port in PORTS)
    assert not allowed(policies, own["notebook"], own["database"], 5432)


def test_a_pod_that_no_policy_selects_accepts_every_connection() -> None:
    assert allowed([], Pod({"app": "x"}), Host("169.254.169.254"), 80)
