"""The templates: texts, parameters, and the names and labels of their objects."""

from __future__ import annotations

import json
import re

import pytest
from prometheus_client import REGISTRY

from jupyterhub_openshift.preflight.permissions import grants, needed
from jupyterhub_openshift.settings.environment import read_settings
from openshift.render import examples
from tests.openshift.rendered import (
    HUBS,
    TEMPLATES,
    Obj,
    containers,
    kinds,
    process,
    required,
    unusual,
    workloads,
)

GENERATED = {
    "DATABASE_PASSWORD": "[a-zA-Z0-9]{32}",
    "COOKIE_SECRET": "[a-f0-9]{64}",
    "CRYPT_KEY": "[a-f0-9]{64}",
    "CONFIGPROXY_AUTH_TOKEN": "[a-f0-9]{64}",
    "METRICS_TOKEN": "[a-f0-9]{64}",
}
API = {
    "BuildConfig": "build.openshift.io/v1",
    "ConfigMap": "v1",
    "CronJob": "batch/v1",
    "Deployment": "apps/v1",
    "DeploymentConfig": "apps.openshift.io/v1",
    "ImageStream": "image.openshift.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "PersistentVolumeClaim": "v1",
    "PodDisruptionBudget": "policy/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "Route": "route.openshift.io/v1",
    "Secret": "v1",
    "Service": "v1",
    "ServiceAccount": "v1",
    "PrometheusRule": "monitoring.coreos.com/v1",
    "ServiceMonitor": "monitoring.coreos.com/v1",
}
# Of those that the console has: openshift/console, catalog-item-icon.tsx
ICONS = {"icon-git", "icon-openshift", "icon-python"}
every_template = pytest.mark.parametrize("name", TEMPLATES)
every_hub = pytest.mark.parametrize("name", HUBS)


@every_template
def test_every_parameter_is_used_and_every_reference_declared(name: str) -> None:
    template = TEMPLATES[name]
    text = json.dumps([template["objects"], template.get("labels", {}), template["message"]])
    used = set(re.findall(r"\$\{\{?([^}]+)\}", text))
    assert {parameter["name"] for parameter in template["parameters"]} == used


@every_template
def test_every_parameter_has_a_title_and_a_description_and_only_the_repository_has_no_default(
    name: str,
) -> None:
    must = set()
    for parameter in TEMPLATES[name]["parameters"]:
        assert parameter["displayName"] and parameter["description"].endswith((".", "-"))
        if parameter.get("required") and not (parameter.get("value") or parameter.get("generate")):
            must.add(parameter["name"])
    assert must == required(name).keys()


@every_template
def test_the_first_parameter_is_the_name_and_generated_ones_come_last(name: str) -> None:
    names = [parameter["name"] for parameter in TEMPLATES[name]["parameters"]]
    assert names[0] in ("APPLICATION_NAME", "JUPYTERHUB_NAME", "NOTEBOOK_NAME")
    generated = {
        p["name"]: p["from"] for p in TEMPLATES[name]["parameters"] if p.get("generate") == "expression"
    }
    assert generated == (GENERATED if name in HUBS else {})
    assert set(names[len(names) - len(generated) :]) == generated.keys()


@every_template
def test_every_template_has_the_annotations_of_a_catalogue_tile(name: str) -> None:
    template = TEMPLATES[name]
    assert template["apiVersion"] == "template.openshift.io/v1"
    annotations = template["metadata"]["annotations"]
    for key in ("display-name", "provider-display-name", "documentation-url", "support-url"):
        assert annotations[f"openshift.io/{key}"]
    assert annotations["description"].endswith(".")
    assert annotations["iconClass"] in ICONS
    assert "jupyter" in annotations["tags"].split(",")


def test_no_two_templates_look_alike_in_the_catalogue() -> None:
    tiles = [template["metadata"]["annotations"] for template in TEMPLATES.values()]
    for text in ("openshift.io/display-name", "description"):
        assert len({tile[text] for tile in tiles}) == len(tiles)
    configs, deployments = (
        TEMPLATES[name]["metadata"]["annotations"] for name in ("jupyterhub", "jupyterhub-deployment")
    )
    assert configs["iconClass"] != deployments["iconClass"]


def test_each_hub_template_names_its_instance_after_itself_so_that_two_never_collide() -> None:
    defaults = {
        name: parameter["value"]
        for name in HUBS
        for parameter in TEMPLATES[name]["parameters"]
        if parameter["name"] == "APPLICATION_NAME"
    }
    assert defaults == {name: name for name in HUBS}


def test_the_first_ten_parameters_of_a_workspace_are_those_that_a_person_changes() -> None:
    names = [parameter["name"] for parameter in TEMPLATES["jupyterhub-workspace"]["parameters"]]
    assert names[:10] == [
        "APPLICATION_NAME",
        "TITLE",
        "NOTEBOOK_IMAGE",
        "NOTEBOOK_MEMORY",
        "NOTEBOOK_CPU",
        "VOLUME_SIZE",
        "IDLE_TIMEOUT",
        "MAX_SERVERS",
        "ALLOW",
        "ADMIN_USERS",
    ]


@every_template
def test_every_parameter_whose_value_is_not_generated_has_an_example(name: str) -> None:
    declared = {each["name"] for each in TEMPLATES[name]["parameters"] if not each.get("generate")}
    assert examples(name).keys() == declared


@every_template
def test_the_example_of_a_parameter_changes_the_objects_and_the_hub_accepts_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.path.isfile", lambda _: True)  # the logo
    monkeypatch.setenv("CONFIGPROXY_AUTH_TOKEN", "t" * 64)
    default = settled(process(name, **required(name)))
    for parameter, value in examples(name).items():
        objects = process(name, **required(name) | {parameter: value})
        assert required(name).get(parameter) == value or settled(objects) != default, parameter
        if name in HUBS:
            for variable in containers(workloads(objects)["hub"])["hub"]["env"]:
                monkeypatch.setenv(variable["name"], variable["value"])
            assert read_settings().application_name == (value if parameter == "APPLICATION_NAME" else name)


def settled(objects: list[Obj]) -> list[Obj]:
    """The objects without the secret, whose values are generated anew each time."""
    return [obj for obj in objects if obj["kind"] != "Secret"]


@every_template
def test_the_message_names_the_next_commands_and_no_secret(name: str) -> None:
    message = TEMPLATES[name]["message"]
    assert set(re.findall(r"\$\{([A-Z_]+)\}", message)) <= {
        "APPLICATION_NAME",
        "JUPYTERHUB_NAME",
        "NOTEBOOK_NAME",
    }
    commands = re.findall(r"oc (\S+)", message)
    look = "rollout" if name in HUBS else "get" if name == "jupyterhub-metrics" else "logs"
    assert {"delete", look} <= set(commands)


def test_the_message_of_the_template_jupyterhub() -> None:
    message = TEMPLATES["jupyterhub"]["message"].replace("${APPLICATION_NAME}", "jakevdp")
    expected = """\
OpenShift is deploying the JupyterHub 'jakevdp'.

  Follow the rollout:          oc rollout status dc/jakevdp
  Show what keeps it waiting:  oc logs --selector app=jakevdp,component=hub --all-containers
  Show its address:            oc get route/jakevdp
  List the notebook servers:   oc get pods --selector app=jakevdp,component=singleuser-server
  Edit its configuration:      oc edit configmap/jakevdp-cfg
  Apply the edit:              oc rollout latest dc/jakevdp
  Delete it:                   oc delete all,pvc --selector app=jakevdp"""
    assert message == expected


@every_template
def test_every_object_has_the_full_api_group(name: str) -> None:
    for obj in TEMPLATES[name]["objects"]:
        assert obj["apiVersion"] == API[obj["kind"]]


@every_hub
def test_a_hub_consists_of_the_documented_objects(name: str) -> None:
    made = process(name, **required(name) | {"APPLICATION_NAME": "hub"})
    workload = "DeploymentConfig" if name == "jupyterhub" else "Deployment"
    assert set(kinds(made, workload)) == {"hub", "hub-proxy", "hub-db"}
    assert set(kinds(made, "Service")) == {"hub", "hub-proxy", "hub-db"}
    assert set(kinds(made, "NetworkPolicy")) == {"hub", "hub-proxy", "hub-db", "hub-nb"}
    alone = {"Route": "hub", "Secret": "hub", "ConfigMap": "hub-cfg", "PersistentVolumeClaim": "hub-db"}
    for kind, called in (alone | {"PodDisruptionBudget": "hub"}).items():
        assert set(kinds(made, kind)) == {called}
    own = {"jupyterhub-quickstart", "jupyterhub-workspace"}
    for kind in ("ServiceAccount", "Role", "RoleBinding"):
        assert set(kinds(made, kind)) == ({"hub-hub"} if name in own else set())


@every_hub
def test_the_metrics_template_names_the_service_and_the_secret_of_a_hub(name: str) -> None:
    monitor, _ = process("jupyterhub-metrics", APPLICATION_NAME="ws")
    assert monitor == {
        "kind": "ServiceMonitor",
        "apiVersion": "monitoring.coreos.com/v1",
        "metadata": {
            "name": "ws",
            "labels": {
                "app": "ws",
                "app.kubernetes.io/component": "hub",
                "app.kubernetes.io/instance": "ws",
                "app.kubernetes.io/part-of": "ws",
            },
        },
        "spec": {
            "jobLabel": "app",
            "selector": {"matchLabels": {"app": "ws", "app.kubernetes.io/component": "hub"}},
            "endpoints": [
                {
                    "port": "http",
                    "path": "/hub/metrics",
                    "interval": "30s",
                    "authorization": {"credentials": {"name": "ws", "key": "JUPYTERHUB_METRICS_TOKEN"}},
                }
            ],
        },
    }
    objects = process(name, **required(name) | {"APPLICATION_NAME": "ws"})
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    services = [s for s in kinds(objects, "Service").values() if wanted <= s["metadata"]["labels"].items()]
    assert [(service["metadata"]["name"], service["spec"]["ports"][0]["name"]) for service in services] == [
        ("ws", "http")
    ]
    assert "JUPYTERHUB_METRICS_TOKEN" in kinds(objects, "Secret")["ws"]["stringData"]


def test_the_alerts_watch_the_metrics_of_the_hub_that_the_service_monitor_scrapes() -> None:
    import jupyterhub.metrics  # noqa: F401 (registers the metrics)

    monitor, alerts = process("jupyterhub-metrics", APPLICATION_NAME="ws")
    assert monitor["spec"]["jobLabel"] == "app"
    (group,) = alerts["spec"]["groups"]
    assert [rule["alert"] for rule in group["rules"]] == [
        "JupyterHubDown",
        "JupyterHubServersFailToStart",
        "JupyterHubSlow",
    ]
    known = {metric.name for metric in REGISTRY.collect()}
    for rule in group["rules"]:
        assert rule["expr"].count('job="ws"') == rule["expr"].count("job=")
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert set(re.findall(r"(jupyterhub_\w+?)(?:_bucket|_count)?\{", rule["expr"])) <= known
        assert rule["annotations"].keys() == {"summary", "description"}


def test_both_kinds_of_workload_run_the_same_pods() -> None:
    parameters = dict.fromkeys(GENERATED, "x")
    configs = process("jupyterhub", **parameters)
    deployments = process("jupyterhub-deployment", **parameters | {"APPLICATION_NAME": "jupyterhub"})
    for component, config in workloads(configs).items():
        assert config["spec"]["template"] == workloads(deployments)[component]["spec"]["template"]
        assert (
            config["spec"]["strategy"]["type"]
            == workloads(deployments)[component]["spec"]["strategy"]["type"]
        )
        assert (
            config["spec"]["selector"] == workloads(deployments)[component]["spec"]["selector"]["matchLabels"]
        )
    others = [obj for obj in configs if obj["kind"] != "DeploymentConfig"]
    assert others == [obj for obj in deployments if obj["kind"] != "Deployment"]


@every_hub
def test_two_instances_share_no_name(name: str) -> None:
    def names(application: str) -> set[tuple[str, str]]:
        objects = process(name, **required(name) | {"APPLICATION_NAME": application})
        return {(obj["kind"], obj["metadata"]["name"]) for obj in objects}

    assert names("jupyterhub") & names("jakevdp") == set()


@every_hub
def test_every_object_of_an_instance_has_its_labels(name: str) -> None:
    for obj in process(name, **unusual(name)):
        labels = obj["metadata"]["labels"]
        assert labels["app"] == labels["app.kubernetes.io/instance"] == labels["app.kubernetes.io/part-of"]
        assert labels["app"] == "jakevdp-2-with-23-chars"


@every_hub
def test_names_and_labels_are_valid_with_the_longest_application_name(name: str) -> None:
    for obj in process(name, **unusual(name)):
        assert (
            len(obj["metadata"]["name"]) <= 52
        )  # a workload's pods add a hash, a DeploymentConfig's -N-deploy
        for value in obj["metadata"]["labels"].values():
            assert re.fullmatch(r"[a-z0-9A-Z]([-._a-zA-Z0-9]{0,61}[a-z0-9A-Z])?", value)


@every_hub
def test_the_topology_view_connects_workloads_that_exist(name: str) -> None:
    found = workloads(process(name, **required(name)))
    lines = {}
    for component, workload in found.items():
        annotation = workload["metadata"].get("annotations", {}).get("app.openshift.io/connects-to", "[]")
        lines[component] = [(to["apiVersion"], to["kind"], to["name"]) for to in json.loads(annotation)]
    known = {key: identity(workload) for key, workload in found.items()}
    assert lines == {"hub": [known["proxy"], known["database"]], "proxy": [known["hub"]], "database": []}
    runtimes = {
        key: workload["metadata"]["labels"]["app.openshift.io/runtime"] for key, workload in found.items()
    }
    assert runtimes == {"hub": "python", "proxy": "nodejs", "database": "postgresql"}


def test_an_existing_service_account_replaces_the_templates_own() -> None:
    for given, expected in (("", "jupyterhub-workspace-hub"), ("ours", "ours")):
        hub = workloads(process("jupyterhub-workspace", SERVICE_ACCOUNT=given))["hub"]
        pod = hub["spec"]["template"]["spec"]
        # The API takes serviceAccount, its old alias, where serviceAccountName is empty.
        assert (pod["serviceAccountName"] or pod["serviceAccount"]) == expected


def test_one_label_selects_the_objects_that_only_an_admin_may_create() -> None:
    objects = process("jupyterhub-workspace", SERVICE_ACCOUNT="ours")
    left_out = [
        o["kind"] for o in objects if o["metadata"]["labels"].get("app.kubernetes.io/component") == "access"
    ]
    assert left_out == ["ServiceAccount", "Role", "RoleBinding"]


def test_login_and_metrics_follow_the_base_url() -> None:
    """The probes do not: the hub answers /hub/health at any base URL."""
    account = kinds(process("jupyterhub-workspace", BASE_URL="/jupyter/"), "ServiceAccount")
    annotations = next(iter(account.values()))["metadata"]["annotations"]
    uri = annotations["serviceaccounts.openshift.io/oauth-redirecturi.first"]
    monitor, _ = process("jupyterhub-metrics", BASE_URL="/jupyter/")
    path = monitor["spec"]["endpoints"][0]["path"]
    assert (uri, path) == ("/jupyter/hub/oauth_callback", "/jupyter/hub/metrics")


def test_the_service_account_is_an_oauth_client_whose_redirect_is_the_hubs_callback() -> None:
    account = kinds(process("jupyterhub-workspace", APPLICATION_NAME="ws"), "ServiceAccount")["ws-hub"]
    annotations = account["metadata"]["annotations"]
    assert annotations.pop("serviceaccounts.openshift.io/oauth-redirecturi.first") == "/hub/oauth_callback"
    reference = json.loads(annotations.pop("serviceaccounts.openshift.io/oauth-redirectreference.first"))
    assert reference == {
        "kind": "OAuthRedirectReference",
        "apiVersion": "v1",
        "reference": {"kind": "Route", "name": "ws"},
    }
    assert annotations == {}


def test_the_role_binding_binds_the_service_account_to_the_role() -> None:
    binding = kinds(process("jupyterhub-workspace", APPLICATION_NAME="ws"), "RoleBinding")["ws-hub"]
    # Without a namespace it is the binding's own: kubernetes/pkg/registry/rbac/validation/rule.go
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "ws-hub"}]
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "ws-hub"}


def test_the_role_lists_its_verbs_and_allows_no_privilege_escalation() -> None:
    role = kinds(process("jupyterhub-workspace"), "Role")["jupyterhub-workspace-hub"]
    given = {resource for rule in role["rules"] for resource in rule["resources"]}
    assert not given & {"roles", "rolebindings", "serviceaccounts", "serviceaccounts/token", "pods/exec"}
    assert not any("*" in words for rule in role["rules"] for words in rule.values())


@pytest.mark.parametrize("name", ["jupyterhub-workspace", "jupyterhub-quickstart"])
def test_the_hub_may_delete_only_the_objects_whose_owner_it_sets(name: str) -> None:
    """Whoever sets an owner must have the right to delete; see cluster/owner_references.py."""
    objects = process(name, **required(name))
    deleted = {
        (resource, named)
        for rule in kinds(objects, "Role")[f"{name}-hub"]["rules"]
        if "delete" in rule["verbs"] and rule["resources"] != ["pods"]
        for resource in rule["resources"]
        for named in rule["resourceNames"]
    }
    assert deleted == {
        *((resource, named) for resource in ("configmaps", "secrets") for named in (name, f"{name}-cfg")),
        *(("networkpolicies", named) for named in kinds(objects, "NetworkPolicy")),
        *(("poddisruptionbudgets", named) for named in kinds(objects, "PodDisruptionBudget")),
    }
    assert {*kinds(objects, "Secret"), *kinds(objects, "ConfigMap")} == {name, f"{name}-cfg"}


@every_hub
def test_the_route_terminates_tls_and_leads_to_the_proxy(name: str) -> None:
    route = kinds(process(name, **required(name)), "Route")[name]
    assert route["spec"] == {
        "to": {"kind": "Service", "name": f"{name}-proxy", "weight": 100},
        "port": {"targetPort": "http"},
        "tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"},
    }
    assert route["metadata"]["annotations"] == {
        "haproxy.router.openshift.io/timeout": "1h",
        "haproxy.router.openshift.io/timeout-tunnel": "8h",
        "haproxy.router.openshift.io/hsts_header": "max-age=31536000",
        "template.openshift.io/expose-uri": "https://{.spec.host}/",
    }


@every_hub
def test_the_config_map_contains_the_configuration_unchanged(name: str) -> None:
    parameters = unusual(name)
    config = kinds(process(name, **parameters), "ConfigMap")["jakevdp-2-with-23-chars-cfg"]
    assert config["data"] == {"jupyterhub_config.py": parameters["JUPYTERHUB_CONFIG"]}


@every_hub
def test_the_disruption_budget_allows_the_eviction_of_one_pod_at_a_time(name: str) -> None:
    budget = kinds(process(name, **required(name)), "PodDisruptionBudget")[name]
    assert budget["spec"] == {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {
            "matchLabels": {"app": name},
            "matchExpressions": [
                {"key": "component", "operator": "In", "values": ["hub", "proxy", "database"]}
            ],
        },
    }


def identity(obj: Obj) -> tuple[str, str, str]:
    return obj["apiVersion"], obj["kind"], obj["metadata"]["name"]


@pytest.mark.parametrize("name", ["jupyterhub-workspace", "jupyterhub-quickstart"])
def test_the_role_grants_every_permission_that_the_preflight_expects(name: str) -> None:
    rules = kinds(process(name, **required(name)), "Role")[f"{name}-hub"]["rules"]
    expected = needed(name, volumes=True, menu=True, streams=True)
    assert [str(permission) for permission in expected if not grants(rules, permission)] == []
