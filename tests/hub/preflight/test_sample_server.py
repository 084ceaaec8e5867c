"""The preflight asks the API whether it would create a server: a real API's refusals, and the sandbox's."""

from __future__ import annotations

from copy import deepcopy

import pytest
from traitlets.config import Config

from jupyterhub_openshift.cluster.api import find_cluster
from jupyterhub_openshift.preflight import sample_server
from jupyterhub_openshift.preflight.finding import PASSED, UNKNOWN, WARNING, Finding
from jupyterhub_openshift.preflight.sample_server import check_sample_server

from ..config_files.checking import load
from ..standin import StandIn

PODS = "/api/v1/namespaces/rec/pods"
CLAIMS = "/api/v1/namespaces/rec/persistentvolumeclaims"


def check(api: StandIn, c: Config) -> Finding:
    cluster = find_cluster(api.account, api.environ, pauses=())
    assert cluster
    return check_sample_server(c, cluster)


@pytest.fixture
def accepting(api):
    for path in (PODS, CLAIMS):
        api.answers["POST", path] = (201, {})
    return api


def test_a_server_that_the_api_accepts_passes(accepting, tmp_path):
    c = load(tmp_path, {}, volume_size="1Gi", authenticator="github")
    assert check(accepting, c) == Finding("sample server", PASSED, "The API accepts a server and its volume.")
    assert [(method, path, body["metadata"]["name"]) for method, path, body in accepting.requests] == [
        ("POST", PODS, "jupyterhub-nb-sample-user"),
        ("POST", CLAIMS, "jupyterhub-nb-sample-user"),
    ]
    assert {query.get("dryRun") for query in accepting.queries} == {"All"}


@pytest.mark.parametrize(
    ("recording", "sentence"),
    [
        (
            "create privileged pod",
            "The cluster's security context constraints do not allow this server: "
            "containers[0].runAsUser: Invalid value: 0: must be in the ranges: [1000190000, 1000199999]; "
            "containers[0].privileged: Invalid value: true: Privileged containers are not allowed. "
            "An administrator of this hub can change its configuration.",
        ),
        (
            "create pod over the limit range",
            "The project's limit range does not allow a server of this size: maximum memory usage per "
            "Container is 256 MiB, but limit is 300 MiB. An administrator of this hub can change "
            "JUPYTERHUB_NOTEBOOK_MEMORY or JUPYTERHUB_NOTEBOOK_CPU.",
        ),
        (
            "create pod over the quota",
            'The project\'s quota "compute" is used up: this server needs 512 MiB of memory, and 512 MiB of '
            "700 MiB is in use. Stop a server that is no longer needed, or ask an administrator of the "
            "project for more quota.",
        ),
        (
            "create pod with an unknown service account",
            'The cluster refused to start this server: pods "unknown-service-account" is forbidden: error '
            'looking up service account rec/nosuch: serviceaccount "nosuch" not found.',
        ),
    ],
)
def test_a_server_that_the_api_refuses_is_a_warning(accepting, recorded, tmp_path, recording, sentence):
    accepting.answer(recorded[recording])
    assert check(accepting, load(tmp_path, {})) == Finding("sample server", WARNING, sentence)


def test_a_profile_that_the_api_refuses_is_named(accepting, recorded, tmp_path):
    refused = recorded["create pod over the limit range"]
    text = (
        "c.KubeSpawner.profile_list = [\n"
        "    {'display_name': 'Small'},\n"
        "    {'display_name': 'Large', 'kubespawner_override': {'mem_limit': '64G'}},\n]"
    )

    def create(body):
        limits = body["spec"]["containers"][0]["resources"]["limits"]
        return (refused["status"], deepcopy(refused["response"])) if "memory" in limits else (201, {})

    accepting.answers["POST", PODS] = create
    finding = check(accepting, load(tmp_path, {"configs/jupyterhub_config.py": text}))
    assert finding.result == WARNING
    assert finding.message.startswith("With the profile 'Large': The project's limit range does not allow")
    assert "Small" not in finding.message


@pytest.mark.parametrize("answer", [(400, {"message": "no dry run"}), (409, {"message": "already exists"})])
def test_an_answer_that_says_nothing_about_the_server_passes(accepting, tmp_path, answer):
    accepting.answers["POST", PODS] = answer
    assert check(accepting, load(tmp_path, {})).result == PASSED


def test_a_server_that_cannot_be_built_without_a_login_is_unknown(accepting, tmp_path, monkeypatch):
    def stop(_):
        raise SystemExit(1)

    monkeypatch.setattr(sample_server, "sample_servers", stop)
    assert check(accepting, load(tmp_path, {})) == Finding(
        "sample server", UNKNOWN, "The check cannot build a server (SystemExit: 1)."
    )


def test_a_hook_that_fails_for_the_sample_user_is_left_out(accepting, tmp_path):
    text = "c.KubeSpawner.uid = lambda spawner: int(spawner.user.name)"
    assert check(accepting, load(tmp_path, {"configs/jupyterhub_config.py": text})).result == PASSED
    assert accepting.requests == []
