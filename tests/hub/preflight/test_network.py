"""Network policies that cut the hub off, and those that do not."""

from __future__ import annotations

import pytest

from jupyterhub_openshift.preflight.facts import Facts, Obj
from jupyterhub_openshift.preflight.finding import PASSED, WARNING, Finding
from jupyterhub_openshift.preflight.network import check_network_policies
from tests.openshift.rendered import HUBS, kinds, process, required


def policy(selector: Obj, **spec: object) -> Obj:
    return {"metadata": {"name": "one"}, "spec": {"podSelector": selector, **spec}}


def check(*policies: Obj, database: str = "jupyterhub-db", port: int = 8080) -> Finding:
    facts = Facts("rec", "jupyterhub", {"network policies": {"items": [*policies]}})
    return check_network_policies(facts, database, port)


def templates_policies(name: str) -> list[Obj]:
    objects = process(name, **required(name) | {"APPLICATION_NAME": "jupyterhub"})
    return [*kinds(objects, "NetworkPolicy").values()]


@pytest.mark.parametrize("name", HUBS)
def test_the_policies_of_each_template_block_nothing_also_under_a_policy_that_denies_all(name):
    deny_all = policy({}, policyTypes=["Ingress", "Egress"])
    assert check(*templates_policies(name)).result == PASSED
    assert check(deny_all, *templates_policies(name)).result == PASSED


def test_the_port_of_the_servers_is_the_configured_one():
    only_8080 = policy(
        {"matchLabels": {"component": "singleuser-server"}}, ingress=[{"ports": [{"port": 8080}]}]
    )
    assert check(only_8080).result == PASSED
    assert "from the hub to the notebook servers on port 8888" in check(only_8080, port=8888).message


@pytest.mark.parametrize("name", HUBS)
def test_the_policies_of_each_template_allow_any_port_of_the_servers(name):
    assert check(*templates_policies(name), port=8888).result == PASSED


def test_a_policy_that_denies_all_cuts_off_a_hub_without_policies_of_its_own():
    assert check(policy({}, policyTypes=["Ingress"])) == Finding(
        "network policies",
        WARNING,
        "Network policies block connections from the router to the proxy on port 8080, "
        "from the proxy to the hub on port 8081, from the hub to the proxy on port 8001, "
        "from the hub to the notebook servers on port 8080, "
        "from the proxy to the notebook servers on port 8080, "
        "from the notebook servers to the hub on port 8081, "
        "from the hub to the database on port 5432.",
        "oc describe networkpolicies",
    )


@pytest.mark.parametrize(
    ("spec", "blocked"),
    [
        ({"egress": [{"to": [{"podSelector": {}}]}]}, False),
        ({"egress": [{"to": [{"namespaceSelector": {}}]}]}, False),
        ({"egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}, False),
        ({"egress": [{"ports": [{"port": 5432}, {"port": 8000, "endPort": 8100}]}]}, False),
        ({"egress": [{"ports": [{"port": "http"}]}]}, False),
        ({"egress": [{}]}, False),
        ({"egress": [], "policyTypes": ["Ingress"], "ingress": [{}]}, False),
        ({"egress": [{"ports": [{"port": 53, "protocol": "UDP"}]}]}, True),
        ({"egress": [{"to": [{"podSelector": {"matchLabels": {"app": "other"}}}]}]}, True),
        (
            {
                "egress": [
                    {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}]}
                ]
            },
            True,
        ),
        (
            {"egress": [{"to": [{"namespaceSelector": {"matchLabels": {"team": "labels-unknown-to-us"}}}]}]},
            False,
        ),
    ],
)
def test_the_connections_of_a_selected_hub_are_those_that_its_policies_allow(spec, blocked):
    hub = {"matchExpressions": [{"key": "component", "operator": "In", "values": ["hub"]}]}
    rules = {"policyTypes": ["Egress"], **spec}
    assert ("from the hub to the proxy" in check(policy(hub, **rules)).message) is blocked


@pytest.mark.parametrize(
    ("expression", "selects"),
    [
        ({"operator": "NotIn", "values": ["hub"]}, False),
        ({"operator": "NotIn", "values": ["proxy"]}, True),
        ({"operator": "Exists"}, True),
        ({"operator": "DoesNotExist"}, False),
    ],
)
def test_selectors_with_expressions_select_as_the_api_defines_it(expression, selects):
    hub = {
        "matchLabels": {"app": "jupyterhub"},
        "matchExpressions": [{"key": "component", **expression}, {"key": "component", "operator": "Exists"}],
    }
    finding = check(policy(hub, policyTypes=["Egress"]))
    assert ("from the hub to the proxy" in finding.message) is selects


def test_a_database_elsewhere_is_not_expected_in_the_project():
    deny = policy({"matchLabels": {"component": "database"}}, policyTypes=["Ingress"])
    assert check(deny).result == WARNING
    assert check(deny, database="db.example.org").result == PASSED
