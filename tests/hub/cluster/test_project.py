import os

import pytest

from jupyterhub_openshift.cluster.api import ClusterUnreachable, find_cluster
from jupyterhub_openshift.cluster.project import Project, first_id, read_project

from ..standin import StandIn, certificate

NAMESPACE = ("GET", "/api/v1/namespaces/rec")
LOGIN = ("GET", "/.well-known/oauth-authorization-server")


def read(api: StandIn, pauses=()) -> Project:
    return read_project(find_cluster(api.account, api.environ, pauses))


def test_namespace_uid_group_and_login_server_are_read(api, recorded, logins):
    api.answer(recorded["namespace with uid range"])
    metadata = {**logins["discovery/hub-sa"]["response"], "issuer": "https://oauth-openshift.apps.real.test"}
    api.answers[LOGIN] = (200, metadata)
    assert read(api) == Project(
        namespace="rec",
        uid=1000190000,
        fs_group=1000190000,
        login_server="https://oauth-openshift.apps.real.test",
    )


def test_only_get_requests_are_made(api, recorded):
    api.answer(recorded["namespace with uid range"])
    read(api)
    assert api.requests == [(*NAMESPACE, None), (*LOGIN, None)]


def test_on_plain_kubernetes_uid_and_group_are_left_to_the_cluster(api):
    api.answers[NAMESPACE] = (200, {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "rec"}})
    assert read(api) == Project(namespace="rec")


def test_a_hub_that_may_not_read_its_namespace_uses_its_own_uid(api, recorded, monkeypatch):
    for request in (NAMESPACE, LOGIN):
        api.answers[request] = (403, recorded["another namespace is forbidden"]["response"])
    monkeypatch.setattr(os, "getuid", lambda: 1000620000)
    assert read(api) == Project(namespace="rec", uid=1000620000, fs_group=1000620000)


def test_a_hub_whose_uid_is_in_no_projects_range_leaves_the_uid_to_the_cluster(api, recorded, monkeypatch):
    for request in (NAMESPACE, LOGIN):
        api.answers[request] = (403, recorded["another namespace is forbidden"]["response"])
    monkeypatch.setattr(os, "getuid", lambda: 1001)
    assert read(api) == Project(namespace="rec")


@pytest.mark.parametrize(
    ("ranges", "first"),
    [
        ("1000620000/10000", 1000620000),
        ("1000620000-1000629999", 1000620000),
        ("1000620000/10000,1000640000/10000", 1000620000),
        ("1000620000", 1000620000),
        ("", None),
        (None, None),
        ("all of them", None),
    ],
)
def test_the_first_id_is_read_from_both_forms_of_a_range(ranges, first):
    assert first_id(ranges) == first


def test_outside_of_a_cluster_there_is_no_project():
    assert find_cluster(environ={}) is None
    assert read_project(None) == Project("default", known=False)


def test_a_pod_without_a_service_account_gets_a_clear_error(tmp_path):
    environ = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    with pytest.raises(ClusterUnreachable) as refusal:
        find_cluster(tmp_path, environ)
    assert str(refusal.value) == (
        f"This pod has no usable service account in {tmp_path} (Service token file does not exist.); "
        "the hub needs one. An example that works, in the deployment: serviceAccountName: jupyterhub"
    )


def test_requests_to_an_api_that_does_not_answer_are_retried_with_a_log_line_each(api, capfd):
    environ = {**api.environ, "KUBERNETES_SERVICE_PORT": "1"}  # nobody listens there
    cluster = find_cluster(api.account, environ, pauses=(0.01, 0.02))
    with pytest.raises(ClusterUnreachable) as refusal:
        read_project(cluster)
    reason = "Cannot connect to host 127.0.0.1:1 ssl:default [Connect call failed ('127.0.0.1', 1)]"
    assert str(refusal.value) == (
        f"The cluster's API at https://127.0.0.1:1 did not answer in 3 attempts; the last one said: "
        f"{reason}. "
        "Check the cluster, and the project's network policies."
    )
    assert capfd.readouterr().err.splitlines() == [
        f"[jupyterhub-openshift] The cluster's API at https://127.0.0.1:1 does not answer ({reason}): "
        f"attempt {attempt} of 3, the next in {pause} s"
        for attempt, pause in ((1, 0.01), (2, 0.02))
    ]


def test_requests_to_an_overloaded_api_are_retried(api, recorded):
    answers = [(429, {"message": "too many requests"}), (503, "unavailable"), (200, None)]
    record = recorded["namespace with uid range"]
    api.answers[NAMESPACE] = lambda _: (
        answer if (answer := answers.pop(0))[0] != 200 else (200, record["response"])
    )
    assert read(api, pauses=(0.01, 0.01)).uid == 1000190000


def test_an_api_whose_certificate_is_not_trusted_gets_no_request(api, tmp_path):
    (tmp_path / "other").mkdir()
    certificate(tmp_path / "other")
    (api.account / "ca.crt").write_bytes((tmp_path / "other" / "ca.crt").read_bytes())
    with pytest.raises(ClusterUnreachable, match="certificate verify failed"):
        read(api)
    assert api.requests == []


def test_a_refused_service_account_is_reported_without_a_retry(api):
    (api.account / "token").write_text("an old token")
    with pytest.raises(ClusterUnreachable) as refusal:
        read(api, pauses=(1, 1, 1))
    assert str(refusal.value) == (
        f"The cluster's API at https://127.0.0.1:{api.port} refuses this pod's service account: "
        "401 Unauthorized. Does it have the role `edit`?"
    )
