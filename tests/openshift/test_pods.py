"""The pods of a hub: secrets, resources, probes and security contexts."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest

from jupyterhub_openshift.quantity import parse_quantity
from jupyterhub_openshift.settings.environment import VARIABLES, read_settings
from tests.openshift.rendered import (
    CHECKOUT,
    HUBS,
    TEMPLATES,
    Obj,
    containers,
    job_pod,
    kinds,
    process,
    required,
    unusual,
    workloads,
)

SECRETS = {
    "JUPYTERHUB_DATABASE_PASSWORD": "the-database-password",
    "JUPYTERHUB_COOKIE_SECRET": "c0" * 32,
    "JUPYTERHUB_CRYPT_KEY": "ce" * 32,
    "JUPYTERHUB_METRICS_TOKEN": "3e" * 32,
    "CONFIGPROXY_AUTH_TOKEN": "a0" * 32,
}
GIVEN = {
    "DATABASE_PASSWORD": SECRETS["JUPYTERHUB_DATABASE_PASSWORD"],
    "COOKIE_SECRET": SECRETS["JUPYTERHUB_COOKIE_SECRET"],
    "CRYPT_KEY": SECRETS["JUPYTERHUB_CRYPT_KEY"],
    "METRICS_TOKEN": SECRETS["JUPYTERHUB_METRICS_TOKEN"],
    "CONFIGPROXY_AUTH_TOKEN": SECRETS["CONFIGPROXY_AUTH_TOKEN"],
}
every_hub = pytest.mark.parametrize("name", HUBS)


@every_hub
def test_secret_values_are_in_the_secret_and_nowhere_else(name: str) -> None:
    objects = process(name, **required(name) | GIVEN)
    assert kinds(objects, "Secret")[name]["stringData"] == SECRETS
    others = json.dumps([obj for obj in objects if obj["kind"] != "Secret"])
    assert [value for value in SECRETS.values() if value in others] == []


@every_hub
def test_each_pod_gets_only_the_secrets_that_it_needs(name: str) -> None:
    found = workloads(process(name, **required(name)))
    by_key = {
        component: sorted(
            variable["valueFrom"]["secretKeyRef"]["key"]
            for container in containers(workload).values()
            for variable in container.get("env", [])
            if "valueFrom" in variable
        )
        for component, workload in found.items()
    }
    assert by_key == {
        "hub": [],
        "proxy": ["CONFIGPROXY_AUTH_TOKEN"],
        "database": ["JUPYTERHUB_DATABASE_PASSWORD"],
    }
    whole = {
        c["name"]: c.get("envFrom") for workload in found.values() for c in containers(workload).values()
    }
    from_secret = [{"secretRef": {"name": name}}]
    assert whole == {"check": from_secret, "hub": from_secret, "proxy": None, "database": None}


@every_hub
@pytest.mark.parametrize("values", ["defaults", "unusual"])
def test_the_hub_reads_every_variable_that_its_deployment_sets(
    name: str, values: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = (required(name) if values == "defaults" else unusual(name)) | GIVEN
    hub = containers(workloads(process(name, **parameters))["hub"])
    assert hub["check"]["env"] == hub["hub"]["env"]
    environment = {variable["name"]: variable["value"] for variable in hub["hub"]["env"]} | SECRETS
    assert environment.keys() <= VARIABLES.keys()
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    settings = read_settings()
    assert settings.application_name == environment["APPLICATION_NAME"]
    assert settings.database_host == f"{settings.application_name}-db"
    assert (settings.authenticator == "tmp") == (name != "jupyterhub-workspace")
    image = {"jupyterhub-quickstart": f"{settings.application_name}-nb:latest"}
    assert settings.notebook_image == image.get(
        name, parameters.get("NOTEBOOK_IMAGE", "minimal-notebook:3.12")
    )


@every_hub
def test_a_setting_of_the_hub_and_the_parameter_for_it_have_the_same_name(name: str) -> None:
    declared = {parameter["name"] for parameter in TEMPLATES[name]["parameters"]}
    template = next(
        w
        for w in TEMPLATES[name]["objects"]
        if w["metadata"]["name"] == "${APPLICATION_NAME}" and w["kind"] in ("Deployment", "DeploymentConfig")
    )
    for variable in containers(template)["hub"]["env"]:
        setting = variable["name"].removeprefix("JUPYTERHUB_")
        if setting in declared:
            assert variable["value"] == "${" + setting + "}"


@every_hub
def test_every_container_has_requests_and_limits_and_each_is_a_parameter(name: str) -> None:
    parameters = [
        p["name"]
        for p in TEMPLATES[name]["parameters"]
        if p["name"].endswith(("_MEMORY", "_CPU", "_CPU_REQUEST"))
    ]
    objects = process(name, **required(name) | {p: f"{number + 1}" for number, p in enumerate(parameters)})
    numbers = {str(number + 1) for number in range(len(parameters))}
    for workload in workloads(objects).values():
        for resources in [container["resources"] for container in containers(workload).values()]:
            assert resources["requests"].keys() == resources["limits"].keys() == {"memory", "cpu"}
            assert {*resources["requests"].values(), *resources["limits"].values()} <= numbers
        if workload["kind"] == "DeploymentConfig":  # a rollout has a pod of its own
            rollout = workload["spec"]["strategy"]["resources"]
            assert rollout["requests"].keys() == rollout["limits"].keys() == {"memory", "cpu"}


@every_hub
def test_every_pod_passes_the_standard_restricted_without_naming_a_uid(name: str) -> None:
    for workload in workloads(process(name, **required(name))).values():
        assert restricted_violations(workload["spec"]["template"]["spec"]) == []


def test_the_check_finds_a_pod_that_is_not_restricted() -> None:
    pod = {"containers": [{"name": "c", "securityContext": {"runAsUser": 0}}], "hostNetwork": True}
    assert restricted_violations(pod) == [
        "pod: hostNetwork",
        "pod: runAsNonRoot",
        "pod: seccompProfile",
        "c: allowPrivilegeEscalation",
        "c: capabilities",
        "c: runAsUser",
    ]


@every_hub
def test_only_the_hub_holds_a_token_for_the_api(name: str) -> None:
    found = workloads(process(name, **required(name)))
    tokens = {
        key: workload["spec"]["template"]["spec"]["automountServiceAccountToken"]
        for key, workload in found.items()
    }
    assert tokens == {"hub": True, "proxy": False, "database": False}
    accounts = {
        key: workload["spec"]["template"]["spec"].get("serviceAccountName") for key, workload in found.items()
    }
    assert accounts.items() >= {"proxy": None, "database": None}.items()


@every_hub
def test_no_pod_gets_service_links_that_look_like_settings(name: str) -> None:
    for workload in workloads(process(name, **required(name))).values():
        assert workload["spec"]["template"]["spec"]["enableServiceLinks"] is False


@every_hub
def test_services_find_their_pods_and_ports(name: str) -> None:
    objects = process(name, **required(name))
    expected = {name: [8081], f"{name}-proxy": [8080, 8001], f"{name}-db": [5432]}
    for service_name, service in kinds(objects, "Service").items():
        found = [
            w
            for w in workloads(objects).values()
            if pod_labels(w).items() >= service["spec"]["selector"].items()
        ]
        assert [workload["metadata"]["name"] for workload in found] == [service_name]
        open_ports = [p["containerPort"] for c in containers(found[0]).values() for p in c.get("ports", [])]
        assert (
            [port["targetPort"] for port in service["spec"]["ports"]] == open_ports == expected[service_name]
        )


@every_hub
def test_workloads_select_their_own_pods_and_never_a_notebook(name: str) -> None:
    for workload in workloads(process(name, **required(name))).values():
        selector = workload["spec"]["selector"]
        labels = selector.get("matchLabels", selector)
        assert pod_labels(workload).items() >= labels.items()
        assert labels["component"] in ("hub", "proxy", "database")


@every_hub
def test_every_serving_container_has_probes_and_every_workload_recreates_its_pod(name: str) -> None:
    found = workloads(process(name, **required(name)))
    for workload in found.values():
        assert workload["spec"]["strategy"]["type"] == "Recreate"
        assert workload["spec"]["replicas"] == 1
        for container in workload["spec"]["template"]["spec"]["containers"]:
            assert container.keys() >= {"readinessProbe", "livenessProbe"}
    asked = {
        key: (probe.get("httpGet") or probe["tcpSocket"])
        for key, workload in found.items()
        for probe in [workload["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]]
    }
    assert asked == {
        "hub": {"path": "/hub/health", "port": 8081},
        "proxy": {"path": "/_chp_healthz", "port": 8080},
        "database": {"port": 5432},
    }


@every_hub
def test_no_pod_starts_before_its_image_stream_tag_is_resolved(name: str) -> None:
    """The API rejects a pod whose image is blank; a node would look up any other name in a registry."""
    for workload in workloads(process(name, **required(name))).values():
        assert {container["image"] for container in containers(workload).values()} == {" "}


def test_the_pods_of_backups_are_restricted_and_have_neither_a_token_nor_an_unresolved_image() -> None:
    for job in kinds(process("jupyterhub-backup"), "CronJob").values():
        spec = job_pod(job)["spec"]
        assert restricted_violations(spec) == []
        assert spec["automountServiceAccountToken"] is False
        assert spec["containers"][0]["image"] == " "
        (trigger,) = json.loads(job["metadata"]["annotations"]["image.openshift.io/triggers"])
        path = 'spec.jobTemplate.spec.template.spec.containers[?(@.name=="backup")].image'
        assert trigger == {"from": {"kind": "ImageStreamTag", "name": "jupyterhub:latest"}, "fieldPath": path}


def restricted_violations(pod: Obj) -> list[str]:
    """Violations of https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted."""
    found = [f"pod: {key}" for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key)]
    allowed = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}
    found += [
        f"pod: volume {v['name']}" for v in pod.get("volumes", []) if not v.keys() - {"name"} <= allowed
    ]
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True:
        found.append("pod: runAsNonRoot")
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        found.append("pod: seccompProfile")
    found += [f"pod: {key}" for key in ("runAsUser", "fsGroup", "supplementalGroups") if key in context]
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False:
            found.append(f"{container['name']}: allowPrivilegeEscalation")
        if own.get("capabilities") != {"drop": ["ALL"]}:
            found.append(f"{container['name']}: capabilities")
        found += [
            f"{container['name']}: {key}" for key in ("privileged", "runAsUser", "procMount") if key in own
        ]
        found += [
            f"{container['name']}: hostPort" for port in container.get("ports", []) if "hostPort" in port
        ]
    return found


def pod_labels(workload: Obj) -> dict[str, str]:
    labels: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return labels


def test_the_first_tutorial_states_the_limits_of_the_hubs_pods() -> None:
    page = (CHECKOUT / "docs/tutorials/first-hub.md").read_text()
    stated = re.search(r"database have limits of (\S+) CPUs and (\S+) GiB", page)
    limits = [
        container["resources"]["limits"]
        for workload in workloads(process("jupyterhub")).values()
        for container in workload["spec"]["template"]["spec"]["containers"]
    ]
    cpu = sum(parse_quantity(each["cpu"]) for each in limits)
    memory = sum(parse_quantity(each["memory"]) for each in limits) / 1024**3
    assert stated and (Decimal(stated[1]), Decimal(stated[2])) == (cpu, memory)
