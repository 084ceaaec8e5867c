"""A real `kubectl` against the API on loopback TLS."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import DEPLOYMENTS, ROUTES
from sandbox.authorization.users import ADMIN
from tests.sandbox.apiserver.kubectl import kubectl
from tests.sandbox.projects import DEVELOPER, HUB, a_pod

MANIFEST: Obj = {
    "kind": "List",
    "apiVersion": "v1",
    "items": [
        {
            "kind": "ConfigMap",
            "apiVersion": "v1",
            "metadata": {"name": "c", "labels": {"app": "x"}},
            "data": {"a": "1"},
        },
        {
            "kind": "Route",
            "apiVersion": "route.openshift.io/v1",
            "metadata": {"name": "r", "labels": {"app": "x"}},
            "spec": {"to": {"kind": "Service", "name": "s"}, "tls": {"termination": "edge"}},
        },
    ],
}


async def test_get_pods_prints_the_usual_columns(tmp_path: Path) -> None:
    async with kubectl(tmp_path) as it:
        it.api.create("pods", a_pod("x"), HUB)
        lines = [line.split() for line in (await it("get", "pods", "-o", "wide")).splitlines()]
        assert lines[0] == [
            "NAME",
            "READY",
            "STATUS",
            "RESTARTS",
            "AGE",
            "IP",
            "NODE",
            "NOMINATED",
            "NODE",
            "READINESS",
            "GATES",
        ]
        assert lines[1][:4] == ["x", "0/1", "Pending", "0"]
        assert "Node:             <none>" in await it("describe", "pod", "x")
        assert await it("get", "pods", "-l", "app=none") == ""


async def test_apply_creates_changes_and_leaves_objects_unchanged(tmp_path: Path) -> None:
    async with kubectl(tmp_path) as it:
        done = []
        for value in ("1", "1", "2"):
            MANIFEST["items"][0]["data"]["a"] = value
            done.append((await it("apply", "-f", "-", stdin=json.dumps(MANIFEST))).splitlines())
        assert done == [
            ["configmap/c created", "route.route.openshift.io/r created"],
            ["configmap/c unchanged", "route.route.openshift.io/r unchanged"],
            ["configmap/c configured", "route.route.openshift.io/r unchanged"],
        ]
        gone = await it("delete", "configmap,route", "-l", "app=x")
        assert [line.split()[0:2] for line in gone.splitlines()] == [
            ["configmap", '"c"'],
            ["route.route.openshift.io", '"r"'],
        ]


async def test_protobuf_of_typed_clients_is_decoded(tmp_path: Path) -> None:
    async with kubectl(tmp_path) as it:
        assert await it("auth", "can-i", "create", "pods") == "yes\n"
        assert "no" in await it("auth", "can-i", "create", "resourcequotas", fails=True)
        await it("create", "secret", "generic", "s", "--from-literal=a=b")
        assert it.api.store.get("secrets", "s")["data"] == {"a": "Yg=="}
        await it("create", "deployment", "d", "--image=i:1", "--replicas=2", "--port=80")
        spec = it.api.store.get("deployments.apps", "d")["spec"]
        assert (spec["replicas"], spec["template"]["spec"]["containers"][0]["ports"]) == (
            2,
            [{"containerPort": 80, "protocol": "TCP"}],
        )
        await it("create", "quota", "q", "--hard=pods=1", fails=True)
        await it("create", "pdb", "b", "--selector=app=x", "--min-available=50%")
        assert it.api.store.get("poddisruptionbudgets.policy", "b")["spec"]["minAvailable"] == "50%"
        await it("create", "role", "r", "--verb=get,list", "--resource=pods,routes.route.openshift.io")
        assert len((await it("create", "token", "jupyterhub")).split(".")) == 3


async def test_labels_annotations_scale_and_images_are_changed(tmp_path: Path) -> None:
    async with kubectl(tmp_path) as it:
        await it("create", "deployment", "d", "--image=i:1")
        await it("scale", "deployment/d", "--replicas=0")
        await it("set", "image", "deployment/d", "i=i:2")
        await it("set", "env", "deployment/d", "A=b")
        await it("label", "deployment/d", "tier=x")
        obj = it.api.store.get("deployments.apps", "d")
        container = obj["spec"]["template"]["spec"]["containers"][0]
        assert (obj["spec"]["replicas"], container["image"], container["env"]) == (
            0,
            "i:2",
            [{"name": "A", "value": "b"}],
        )
        assert obj["metadata"]["labels"] == {"app": "d", "tier": "x"}


async def test_wait_ends_when_its_condition_is_met(tmp_path: Path) -> None:
    async with kubectl(tmp_path) as it:
        it.api.create("pods", a_pod("x"), HUB)
        waiting = asyncio.create_task(
            it("wait", "pod/x", "--for=jsonpath={.status.phase}=Running", "--timeout=20s")
        )
        await asyncio.sleep(0.3)
        it.api.store.modify("pods", "x", lambda pod: pod["status"].update(phase="Running"))
        assert await waiting == "pod/x condition met\n"
        waiting = asyncio.create_task(it("wait", "pod/x", "--for=delete", "--timeout=20s"))
        await asyncio.sleep(0.3)
        it.api.delete("pods", "x", HUB, {"gracePeriodSeconds": 0})
        await waiting


async def test_a_misspelled_field_is_refused(tmp_path: Path) -> None:
    async with kubectl(tmp_path) as it:
        route = {**MANIFEST["items"][1], "spec": {"too": {}}}
        text = await it("create", "--validate=strict", "-f", "-", stdin=json.dumps(route), fails=True)
        assert 'strict decoding error: unknown field "spec.too"' in text


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (
            "get nodes",
            'Error from server (Forbidden): nodes is forbidden: User "developer" cannot list resource '
            '"nodes" in API group "" at the cluster scope',
        ),
        ("get pod none", 'Error from server (NotFound): pods "none" not found'),
        ("get nosuch", 'error: the server doesn\'t have a resource type "nosuch"'),
    ],
)
async def test_refusals_reach_the_user(tmp_path: Path, command: str, text: str) -> None:
    async with kubectl(tmp_path) as it:
        assert (await it(*command.split(), fails=True)).strip() == text


WORKLOAD: Obj = {
    "kind": "Deployment",
    "apiVersion": "apps/v1",
    "metadata": {"name": "d"},
    "spec": {
        "selector": {"matchLabels": {"app": "d"}},
        "template": {"metadata": {"labels": {"app": "d"}}, "spec": a_pod()["spec"]},
    },
}


@pytest.mark.parametrize(
    ("resource", "obj", "line"),
    [
        ("pods", a_pod("x"), "QoS Class:         BestEffort"),
        (DEPLOYMENTS, WORKLOAD, "StrategyType:           RollingUpdate"),
        (
            "services",
            {"metadata": {"name": "s"}, "spec": {"selector": {"app": "x"}, "ports": [{"port": 80}]}},
            "Port:                     <unset>  80/TCP",
        ),
        (
            "persistentvolumeclaims",
            {
                "metadata": {"name": "c"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            },
            "Status:        Pending",
        ),
        (ROUTES, {"metadata": {"name": "r"}, "spec": {"to": {"name": "s"}}}, "Kind:         Route"),
        (
            "resourcequotas",
            {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "3"}}},
            "Resource   Used  Hard",
        ),
        ("serviceaccounts", {"metadata": {"name": "a"}}, "Image pull secrets:  <none>"),
    ],
)
async def test_describe_prints_an_object(tmp_path: Path, resource: str, obj: Obj, line: str) -> None:
    async with kubectl(tmp_path) as it:
        it.api.create(resource, obj, HUB if resource == "pods" else ADMIN)
        text = await it("describe", resource.partition(".")[0], obj["metadata"]["name"])
        assert re.sub(" +", " ", line) in re.sub(" +", " ", text)


async def test_an_object_is_printed_and_edited_as_yaml(tmp_path: Path) -> None:
    async with kubectl(tmp_path) as it:
        it.api.create("configmaps", {"metadata": {"name": "c"}, "data": {"a": "before"}}, DEVELOPER)
        assert "data:\n  a: before\n" in await it("get", "configmap/c", "-o", "yaml")
        it.environment = {"EDITOR": "sed -i s/before/after/"}
        assert await it("edit", "configmap/c") == "configmap/c edited\n"
        assert it.api.store.get("configmaps", "c")["data"] == {"a": "after"}


async def test_set_changes_a_pod_template(tmp_path: Path) -> None:
    async with kubectl(tmp_path) as it:
        it.api.create(DEPLOYMENTS, WORKLOAD, DEVELOPER)
        await it("set", "env", "deployment/d", "A=1")
        await it("set", "resources", "deployment/d", "--limits=memory=1Gi")
        await it("set", "image", "deployment/d", "main=busybox:2")
        await it("set", "serviceaccount", "deployment/d", "jupyterhub")
        spec = it.api.store.get(DEPLOYMENTS, "d")["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        assert (container["env"], container["image"]) == ([{"name": "A", "value": "1"}], "busybox:2")
        assert container["resources"] == {"limits": {"memory": "1Gi"}}
        assert spec["serviceAccountName"] == "jupyterhub"


async def test_get_watches_until_it_is_stopped(tmp_path: Path) -> None:
    async with kubectl(tmp_path) as it:
        it.api.create("configmaps", {"metadata": {"name": "c"}}, DEVELOPER)
        watching = await it.start(
            "get", "configmaps", "--watch", "--field-selector=metadata.name=c", "-o", "name"
        )
        assert watching.stdout is not None
        assert await watching.stdout.readline() == b"configmap/c\n"
        it.api.store.modify("configmaps", "c", lambda c: c.update(data={"a": "1"}))
        assert await watching.stdout.readline() == b"configmap/c\n"
        watching.terminate()
        await watching.communicate()


async def test_debug_copies_a_pod(tmp_path: Path) -> None:
    async with kubectl(tmp_path) as it:
        it.api.create("pods", a_pod("x"), DEVELOPER)
        options = ("--copy-to=y", "--container=main", "--profile=restricted", "--attach=false")
        await it("debug", "x", *options, "--", "sleep", "60")
        assert it.api.store.get("pods", "y")["spec"]["containers"][0]["command"] == ["sleep", "60"]
