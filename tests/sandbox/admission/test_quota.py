"""ResourceQuotas and LimitRanges: bounds, counts and defaults."""

from __future__ import annotations

import pytest

from sandbox.admission import quota
from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.quantity import Quantity, canonical, total
from sandbox.authorization.users import ADMIN
from sandbox.registry.api import Api
from tests.sandbox.projects import HUB, a_pod, an_api, refusal


def resources(**limits: str) -> Obj:
    return {"resources": {"limits": limits, "requests": limits}}


def with_quota(**hard: str) -> Api:
    api = an_api()
    named = {key.replace("_", "."): value for key, value in hard.items()}
    api.create("resourcequotas", {"metadata": {"name": "q"}, "spec": {"hard": named}}, ADMIN)
    return api


@pytest.mark.parametrize(
    ("hard", "pod", "why"),
    [
        ({"pods": "0"}, a_pod(), "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0"),
        (
            {"requests_cpu": "1", "requests_memory": "1Gi"},
            a_pod(container=resources(cpu="1500m", memory="2Gi")),
            "exceeded quota: q, requested: requests.cpu=1500m,requests.memory=2Gi, used: requests.cpu=0,"
            "requests.memory=0, limited: requests.cpu=1,requests.memory=1Gi",
        ),
        (
            {"limits_cpu": "1", "requests_memory": "1Gi"},
            a_pod(initContainers=[{"name": "first", "image": "i"}]),
            "failed quota: q: must specify limits.cpu for: first,main; requests.memory for: first,main",
        ),
        (
            {"count/pods": "0"},
            a_pod(),
            "exceeded quota: q, requested: count/pods=1, used: count/pods=0, limited: count/pods=0",
        ),
    ],
)
def test_a_pod_over_quota_is_refused_with_the_numbers(hard: dict[str, str], pod: Obj, why: str) -> None:
    assert refusal(with_quota(**hard), "pods", pod).message == f'pods "x" is forbidden: {why}'


@pytest.mark.parametrize(
    ("resource", "key", "obj"),
    [
        ("services", "services", {"spec": {"ports": [{"port": 80}]}}),
        ("secrets", "secrets", {"data": {}}),
        ("configmaps", "configmaps", {"data": {}}),
        ("imagestreams.image.openshift.io", "openshift.io/imagestreams", {"spec": {}}),
        ("deployments.apps", "count/deployments.apps", None),
    ],
)
def test_a_quota_counts_objects(resource: str, key: str, obj: Obj | None) -> None:
    labels = {"app": "x"}
    template = {"metadata": {"labels": labels}, "spec": a_pod()["spec"]}
    obj = obj or {"spec": {"selector": {"matchLabels": labels}, "template": template}}
    api = with_quota(**{key: "0"})
    used = len(api.store.list(resource))
    why = f"exceeded quota: q, requested: {key}=1, used: {key}={used}, limited: {key}=0"
    assert (
        refusal(api, resource, {"metadata": {"name": "x"}, **obj}).message
        == f'{resource} "x" is forbidden: {why}'
    )


def test_a_quota_counts_storage_by_class() -> None:
    api = with_quota(**{"hostpath_storageclass_storage_k8s_io/requests_storage": "1Gi"})
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
    key = "hostpath.storageclass.storage.k8s.io/requests.storage"
    message = refusal(api, "persistentvolumeclaims", {"metadata": {"name": "c"}, "spec": claim}).message
    assert message == (
        f'persistentvolumeclaims "c" is forbidden: exceeded quota: q, requested: {key}=2Gi, '
        f"used: {key}=0, limited: {key}=1Gi"
    )


def test_the_status_of_a_quota_leaves_out_pods_that_have_ended() -> None:
    api = with_quota(pods="3", limits_memory="1Gi", services="2")
    for name in ("a", "b"):
        api.create("pods", a_pod(name, container=resources(memory="100Mi", cpu="1")), HUB)
    quota.refresh(api.store)
    hard = {"pods": "3", "limits.memory": "1Gi", "services": "2"}
    used = {"pods": "2", "limits.memory": "200Mi", "services": "0"}
    assert api.store.get("resourcequotas", "q")["status"] == {"hard": hard, "used": used}
    api.store.modify("pods", "a", lambda pod: pod["status"].update(phase="Succeeded"))
    quota.refresh(api.store)
    assert api.store.get("resourcequotas", "q")["status"]["used"] == used | {
        "pods": "1",
        "limits.memory": "100Mi",
    }


def test_scopes_select_the_pods_that_a_quota_counts() -> None:
    api = an_api()
    spec = {"hard": {"pods": "0"}, "scopes": ["Terminating"]}
    api.create("resourcequotas", {"metadata": {"name": "q"}, "spec": spec}, ADMIN)
    api.create("pods", a_pod("endless"), HUB)
    assert "exceeded quota: q" in refusal(api, "pods", a_pod(activeDeadlineSeconds=60)).message


def with_limits(*items: Obj) -> Api:
    api = an_api()
    api.create("limitranges", {"metadata": {"name": "l"}, "spec": {"limits": list(items)}}, ADMIN)
    return api


@pytest.mark.parametrize(
    ("item", "asked", "why"),
    [
        ({"max": {"cpu": "1"}}, {"cpu": "2"}, "maximum cpu usage per Container is 1, but limit is 2"),
        ({"min": {"cpu": "1"}}, {"cpu": "500m"}, "minimum cpu usage per Container is 1, but request is 500m"),
        (
            {"min": {"memory": "1Gi"}, "max": {"memory": "2Gi"}},
            {"memory": "3Gi"},
            "maximum memory usage per Container is 2Gi, but limit is 3Gi",
        ),
        (
            {"max": {"cpu": "1", "memory": "1Gi"}},
            {"cpu": "2", "memory": "2Gi"},
            "[maximum cpu usage per Container is 1, but limit is 2, "
            "maximum memory usage per Container is 1Gi, but limit is 2Gi]",
        ),
    ],
)
def test_a_limit_range_bounds_containers(item: Obj, asked: dict[str, str], why: str) -> None:
    api = with_limits({"type": "Container", **item})
    assert (
        refusal(api, "pods", a_pod(container=resources(**asked))).message == f'pods "x" is forbidden: {why}'
    )


def test_a_limit_range_bounds_the_sum_of_a_pod() -> None:
    api = with_limits({"type": "Pod", "max": {"memory": "1Gi"}})
    second = {"name": "second", "image": "i", **resources(memory="600Mi")}
    pod = a_pod(container=resources(memory="600Mi"))
    pod["spec"]["containers"].append(second)
    why = "maximum memory usage per Pod is 1Gi, but limit is 1200Mi"
    assert refusal(api, "pods", pod).message == f'pods "x" is forbidden: {why}'


def test_a_limit_range_bounds_claims() -> None:
    api = with_limits({"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}})
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
    why = "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"
    message = refusal(api, "persistentvolumeclaims", {"metadata": {"name": "c"}, "spec": spec}).message
    assert message == f'persistentvolumeclaims "c" is forbidden: {why}'


def test_a_container_without_resources_gets_the_defaults_and_an_annotation() -> None:
    api = with_limits(
        {"type": "Container", "default": {"memory": "64Mi", "cpu": "50m"}, "defaultRequest": {"cpu": "10m"}}
    )
    pod = api.create("pods", a_pod(), HUB)
    assert pod["spec"]["containers"][0]["resources"] == {
        "limits": {"cpu": "50m", "memory": "64Mi"},
        "requests": {"cpu": "10m", "memory": "64Mi"},
    }
    note = (
        "LimitRanger plugin set: cpu, memory request for container main; cpu, memory limit for container main"
    )
    assert pod["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == note
    assert pod["status"]["qosClass"] == "Burstable"


@pytest.mark.parametrize(
    ("written", "read_back"),
    [
        ("1024Mi", "1Gi"),
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1.5Gi", "1536Mi"),
        ("1000k", "1M"),
        ("0", "0"),
        ("1023Ki", "1023Ki"),
    ],
)
def test_quantities_are_formatted_canonically(written: str, read_back: str) -> None:
    assert canonical(written) == read_back


def test_quantities_are_added_exactly_and_bad_ones_refused() -> None:
    assert total(["0", "100Mi", "924Mi"]) == "1Gi"
    assert total(["100m", "1"]) == "1100m"
    with pytest.raises(ValueError, match="quantities must match the regular expression"):
        Quantity.parse("1 GB")
