"""The API over HTTP: lists, watches, tables, logs, tokens, refusals, and fault injection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientSession
from aiohttp.test_utils import TestServer

from sandbox.apimachinery.json_types import Obj
from sandbox.apimachinery.resource_keys import ROLE_BINDINGS, ROLES
from sandbox.apiserver.faults import Faults
from sandbox.apiserver.http import application
from sandbox.authorization.users import ADMIN, Tokens
from sandbox.registry.api import Api
from tests.sandbox.projects import DEVELOPER, HUB, PROJECT, a_pod, an_api, binding

PODS = f"/api/v1/namespaces/{PROJECT.name}/pods"
MAPS = f"/api/v1/namespaces/{PROJECT.name}/configmaps"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}


@dataclass
class Served:
    """An API over HTTP with a client."""

    api: Api
    session: ClientSession
    faults: Faults
    logs: Path

    async def ask(
        self, method: str, path: str, body: Any = None, who: str = "developer", **headers: str
    ) -> tuple[int, Any]:
        """Return status and body, decoded when it is JSON."""
        data = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {who}", "Content-Type": "application/json", **headers}
        async with self.session.request(method, path, data=data, headers=headers) as response:
            text = await response.text()
            return response.status, json.loads(text) if response.content_type == "application/json" else text

    async def watch(self, query: str, **headers: str) -> list[Obj]:
        """Return the events of a watch of config maps that ends by itself."""
        headers["Authorization"] = "Bearer developer"
        async with self.session.get(
            f"{MAPS}?watch=true&timeoutSeconds=1&{query}", headers=headers
        ) as response:
            return [json.loads(line) for line in (await response.text()).splitlines()]


@asynccontextmanager
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    api, faults = an_api(), Faults()
    tokens = Tokens(api.store, PROJECT, b"k" * 32, {"developer": DEVELOPER, "admin": ADMIN})

    def log_file(pod: str, container: str, previous: bool) -> Path | None:
        file = tmp_path / f"{pod}-{container}{'-previous' if previous else ''}"
        return file if file.exists() else None

    server = TestServer(application(api, tokens, log_file=log_file, faults=faults))
    await server.start_server()
    async with ClientSession(server.make_url("/")) as session:
        yield Served(api, session, faults, tmp_path)
    await server.close()


def make_maps(api: Api, *names: str) -> None:
    for name in names:
        api.create("configmaps", {"metadata": {"name": name, "labels": {"made": name}}}, HUB)


async def test_a_long_list_is_paginated(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        make_maps(it.api, "a", "b", "c")
        _, first = await it.ask("GET", f"{MAPS}?limit=2")
        _, rest = await it.ask("GET", f"{MAPS}?limit=9&continue={first['metadata']['continue']}")
        assert first["metadata"]["remainingItemCount"] == 3
        names = [each["metadata"]["name"] for each in first["items"] + rest["items"]]
        assert names == ["a", "b", "c", "kube-root-ca.crt", "openshift-service-ca.crt"]
        status, refused = await it.ask("GET", f"{MAPS}?limit=2&continue=nonsense")
        assert (status, refused["message"]) == (400, "invalid continue token: continue key is not valid")


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("made%20in%20(a,b),made!%3Da", ["b"]),
        ("!made", ["kube-root-ca.crt", "openshift-service-ca.crt"]),
        ("made", ["a", "b"]),
        ("made%20notin%20(a)", ["b", "kube-root-ca.crt", "openshift-service-ca.crt"]),
    ],
)
async def test_labels_select(tmp_path: Path, selector: str, names: list[str]) -> None:
    async with served(tmp_path) as it:
        make_maps(it.api, "a", "b")
        _, found = await it.ask("GET", f"{MAPS}?labelSelector={selector}")
        assert [each["metadata"]["name"] for each in found["items"]] == names


async def test_a_list_of_metadata_has_no_values(tmp_path: Path) -> None:
    """As `asPartialObjectMetadataList` in k8s.io/apiserver makes it."""
    async with served(tmp_path) as it:
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "s3"},
            "stringData": {"key": "k"},
        }
        path = MAPS.replace("configmaps", "secrets")
        status, _ = await it.ask("POST", path, secret)
        assert status == 201
        accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        _, found = await it.ask("GET", f"{path}?fieldSelector=metadata.name=s3", Accept=accept)
        (item,) = found.pop("items")
        assert (found["kind"], found["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
        assert item.keys() == {"kind", "apiVersion", "metadata"}
        assert (item["kind"], item["metadata"]["name"]) == ("PartialObjectMetadata", "s3")


async def test_an_unknown_field_selector_is_refused(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        make_maps(it.api, "a", "b")
        _, found = await it.ask("GET", f"{MAPS}?fieldSelector=metadata.name!%3Da")
        assert [each["metadata"]["name"] for each in found["items"]][:2] == ["b", "kube-root-ca.crt"]
        status, refused = await it.ask("GET", f"{PODS}?fieldSelector=spec.color%3Dred")
        assert (status, refused["message"]) == (
            400,
            "field label not supported: spec.color",
        )


async def test_a_watch_reports_objects_that_begin_and_cease_to_match(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        make_maps(it.api, "a", "b")
        version = it.api.store.version
        it.api.store.modify("configmaps", "a", lambda obj: obj["metadata"].update(labels={"made": "b"}))
        it.api.store.modify("configmaps", "b", lambda obj: obj.update(data={"x": "1"}))
        it.api.store.modify("configmaps", "b", lambda obj: obj["metadata"].update(labels={}))
        it.api.store.remove("configmaps", "a")
        events = await it.watch(f"resourceVersion={version}&labelSelector=made%3Db")
        told = [(event["type"], event["object"]["metadata"]["name"]) for event in events]
        assert told == [("ADDED", "a"), ("MODIFIED", "b"), ("DELETED", "b"), ("DELETED", "a")]


async def test_a_watch_from_an_expired_version_gets_410(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        make_maps(it.api, "a")
        it.api.store.forget_history()
        [event] = await it.watch("resourceVersion=1")
        assert (event["type"], event["object"]["code"], event["object"]["reason"]) == (
            "ERROR",
            410,
            "Expired",
        )


async def test_a_watch_may_start_with_the_existing_objects_and_a_bookmark(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        events = await it.watch(query)
        assert [event["type"] for event in events[:3]] == ["ADDED", "ADDED", "BOOKMARK"]
        assert events[2]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_a_watch_of_tables_sends_the_columns_once(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        events = await it.watch("", **TABLE)
        assert [
            [column["name"] for column in event["object"]["columnDefinitions"] or []] for event in events
        ] == [["Name", "Data", "Age"], []]
        assert events[0]["object"]["rows"][0]["cells"][:2] == ["kube-root-ca.crt", 1]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        (
            "POST",
            PODS,
            {"kind": "Service"},
            400,
            'Service in version "v1" cannot be handled as a Pod: converting (v1.Service) to (core.Pod): '
            "unknown conversion",
        ),
        (
            "POST",
            PODS,
            {"apiVersion": "apps/v1"},
            400,
            'Pod in version "v1" cannot be handled as a Pod: no kind "Pod" is registered for version '
            '"apps/v1" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"',
        ),
        (
            "POST",
            MAPS,
            {"metadata": {"name": "x", "namespace": "other"}},
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            "PUT",
            f"{MAPS}/x",
            {"metadata": {"name": "y"}},
            400,
            "the name of the object (y) does not match the name on the URL (x)",
        ),
        (
            "POST",
            MAPS,
            {"metadata": {"name": "x"}, "data": {"a": 1}},
            400,
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number '
            "into Go struct field ConfigMap.data of type string",
        ),
        ("DELETE", f"{MAPS}/none", None, 404, 'configmaps "none" not found'),
        ("PUT", MAPS, {}, 405, "the server does not allow this method on the requested resource"),
        (
            "GET",
            f"{PODS}/p/nosuch",
            None,
            403,
            'pods "p" is forbidden: User "developer" cannot get resource "pods/nosuch" in API group "" '
            'in the namespace "rec"',
        ),
        (
            "GET",
            "/apis/image.openshift.io/v1/namespaces/rec/imagestreamtags/x",
            None,
            400,
            "ImageStreamTags must be retrieved with <name>:<tag>",
        ),
    ],
)
async def test_malformed_requests_are_refused_with_the_apis_messages(
    tmp_path: Path, method: str, path: str, body: Any, status: int, message: str
) -> None:
    async with served(tmp_path) as it:
        found, refused = await it.ask(method, path, body)
        assert (found, refused["message"]) == (status, message)


async def test_strict_field_validation_names_every_unknown_field_and_ignore_none(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        body = {"metadata": {"name": "x", "lables": {}}, "dta": {}}
        status, refused = await it.ask("POST", f"{MAPS}?fieldValidation=Strict", body)
        text = 'strict decoding error: unknown field "metadata.lables", unknown field "dta"'
        assert (status, refused["message"]) == (
            400,
            f'ConfigMap in version "v1" cannot be handled as a ConfigMap: {text}',
        )
        headers = {"Authorization": "Bearer developer"}
        async with it.session.post(f"{MAPS}?fieldValidation=Ignore", json=body, headers=headers) as response:
            assert (response.status, "Warning" in response.headers) == (201, False)


async def test_a_collection_is_deleted_by_label_selector(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        make_maps(it.api, "a", "b")
        _, gone = await it.ask("DELETE", f"{MAPS}?labelSelector=made%3Da")
        assert [each["metadata"]["name"] for each in gone["items"]] == ["a"]
        assert it.api.store.find("configmaps", "b")


async def test_scale_changes_only_the_replicas(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        template = {"metadata": {"labels": {"app": "x"}}, "spec": a_pod()["spec"]}
        spec = {"selector": {"matchLabels": {"app": "x"}}, "template": template}
        it.api.create("deployments.apps", {"metadata": {"name": "d"}, "spec": spec}, HUB)
        path = f"/apis/apps/v1/namespaces/{PROJECT.name}/deployments/d/scale"
        merge = {"Content-Type": "application/merge-patch+json"}
        _, scale = await it.ask("PATCH", path, {"spec": {"replicas": 4}}, **merge)
        assert (scale["kind"], scale["spec"], scale["status"]) == (
            "Scale",
            {"replicas": 4},
            {"replicas": 0, "selector": "app=x"},
        )
        assert it.api.store.get("deployments.apps", "d")["spec"]["replicas"] == 4


async def test_logs_are_read_whole_by_tail_and_while_they_grow(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        pod = it.api.create("pods", a_pod("p"), HUB)
        assert await it.ask("GET", f"{PODS}/p/log") == (204, "")
        it.api.store.update("pods", {**pod, "spec": {**pod["spec"], "nodeName": "n"}})
        _, refused = await it.ask("GET", f"{PODS}/p/log")
        assert refused["message"] == 'container "main" in pod "p" is waiting to start: ContainerCreating'
        _, refused = await it.ask("GET", f"{PODS}/p/log?container=other")
        assert refused["message"] == "container other is not valid for pod p"
        _, refused = await it.ask("GET", f"{PODS}/p/log?previous=true")
        assert refused["message"] == 'previous terminated container "main" in pod "p" not found'
        log = it.logs / "p-main"
        log.write_text("one\ntwo\nthree\n")
        assert await it.ask("GET", f"{PODS}/p/log") == (200, "one\ntwo\nthree\n")
        assert await it.ask("GET", f"{PODS}/p/log?tailLines=2") == (200, "two\nthree\n")
        assert await it.ask("GET", f"{PODS}/p/log?limitBytes=5") == (200, "one\nt")
        following = asyncio.create_task(it.ask("GET", f"{PODS}/p/log?follow=true&tailLines=1"))
        await asyncio.sleep(0.3)
        with log.open("a") as file:
            file.write("four\n")
        it.api.store.modify("pods", "p", lambda pod: pod["status"].update(phase="Succeeded"))
        assert await following == (200, "three\nfour\n")


async def test_a_token_is_valid_until_its_account_or_pod_is_deleted(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        path = f"/api/v1/namespaces/{PROJECT.name}/serviceaccounts/jupyterhub/token"
        pod = it.api.create("pods", a_pod("p", serviceAccountName="jupyterhub"), HUB)
        _, free = await it.ask("POST", path, {"spec": {}})
        reference = {"kind": "Pod", "apiVersion": "v1", "name": "p", "uid": pod["metadata"]["uid"]}
        _, bound = await it.ask("POST", path, {"spec": {"boundObjectRef": reference}})
        tokens = [answer["status"]["token"] for answer in (free, bound)]
        assert [(await it.ask("GET", PODS, who=token))[0] for token in tokens] == [200, 200]
        it.api.delete("pods", "p", HUB)
        assert [(await it.ask("GET", PODS, who=token))[0] for token in tokens] == [200, 401]
        review = {"spec": {"token": tokens[0]}}
        _, known = await it.ask("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review, who="admin")
        assert known["status"]["user"]["username"] == HUB.name
        _, refused = await it.ask("POST", path, {"spec": {"expirationSeconds": 60}})
        assert refused["message"].endswith("may not specify a duration less than 10 minutes")


async def test_impersonation_requires_the_permission(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        name = HUB.name
        path = "/apis/user.openshift.io/v1/users/~"
        _, me = await it.ask("GET", path, **{"Impersonate-User": name})
        assert me["metadata"]["name"] == name
        status, refused = await it.ask("GET", path, **{"Impersonate-User": "someone"})
        why = 'User "developer" cannot impersonate resource "users" in API group "" at the cluster scope'
        assert (status, refused["message"]) == (403, f'users "someone" is forbidden: {why}')


async def test_exec_over_websocket_requires_create(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        it.api.create("pods", a_pod("p"), HUB)
        it.api.create("serviceaccounts", {"metadata": {"name": "reader"}}, ADMIN)
        rule = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods/exec"]}
        it.api.create(ROLES, {"metadata": {"name": "reader"}, "rules": [rule]}, ADMIN)
        it.api.create(
            ROLE_BINDINGS, binding("reader", "Role", {"kind": "ServiceAccount", "name": "reader"}), ADMIN
        )
        token = Tokens(it.api.store, PROJECT, b"k" * 32, {}).issue("reader")
        path = f"{PODS}/p/exec?command=ls&stdout=true"
        status, refused = await it.ask("GET", path, who=token)
        user = 'User "system:serviceaccount:rec:reader"'
        why = f'{user} cannot create resource "pods/exec" in API group "" in the namespace "rec"'
        assert (status, refused["message"]) == (403, f'pods "p" is forbidden: {why}')


async def test_users_see_only_the_projects_that_they_may_get(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        path = "/apis/project.openshift.io/v1/projects"
        _, mine = await it.ask("GET", path)
        assert [(each["metadata"]["name"], each["status"]) for each in mine["items"]] == [
            ("rec", {"phase": "Active"})
        ]
        _, all_of_it = await it.ask("GET", path, **TABLE)
        assert [row["cells"] for row in all_of_it["rows"]] == [["rec", "", "Active"]]
        it.api.create("serviceaccounts", {"metadata": {"name": "other"}}, ADMIN)
        tokens = Tokens(it.api.store, PROJECT, b"k" * 32, {})
        _, others = await it.ask("GET", path, who=tokens.issue("other"))
        assert others["items"] == []


async def test_a_fault_empties_lists_and_nothing_else(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        make_maps(it.api, "a")
        it.faults.set({"empty": 2, "path": "/configmaps"})
        assert (await it.ask("GET", f"{MAPS}/a"))[1]["metadata"]["name"] == "a"
        lists = [(await it.ask("GET", MAPS))[1]["items"] for _ in range(3)]
        assert lists[:2] == [[], []]
        assert "a" in [each["metadata"]["name"] for each in lists[2]]


async def test_only_the_cluster_admin_sets_faults(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        assert (await it.ask("PUT", "/sandbox/faults", {"answer": 429}))[0] == 403
        await it.ask("PUT", "/sandbox/faults", {"answer": 429, "count": 2, "path": "/pods"}, who="admin")
        answers = [(await it.ask("GET", path))[0] for path in (PODS, MAPS, PODS, PODS)]
        assert answers == [429, 200, 429, 200]
        status, refused = await it.ask("PUT", "/sandbox/faults", {"anser": 500}, who="admin")
        known = "answer, away, count, empty, method, path, slow, watches_end"
        assert (status, refused["message"]) == (400, f"no such fault: anser; there are: {known}")
        it.faults.set({"away": True})
        with pytest.raises(ClientConnectionError):
            await it.ask("GET", PODS)
        await it.ask("DELETE", "/sandbox/faults", who="admin")
        assert (await it.ask("GET", PODS))[0] == 200


async def test_a_fault_ends_all_watches(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        headers = {"Authorization": "Bearer developer"}
        async with it.session.get(f"{MAPS}?watch=true", headers=headers) as response:
            await response.content.readline()
            await it.ask("PUT", "/sandbox/faults", {"watches_end": True}, who="admin")
            await asyncio.wait_for(response.content.read(), 10)
        [event] = await it.watch("resourceVersion=5")
        assert event["object"]["code"] == 410
