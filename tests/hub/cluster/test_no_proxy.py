"""With a proxy in the environment, requests within the cluster still go to the cluster."""

import pytest

from jupyterhub_openshift.cluster.api import find_cluster
from jupyterhub_openshift.cluster.no_proxy import bypass_proxy
from jupyterhub_openshift.cluster.project import read_project

NOBODY = "http://127.0.0.1:1"
CLUSTER = "jupyterhub,jupyterhub-proxy,jupyterhub-db,localhost,127.0.0.1,::1,.svc,.cluster.local"


@pytest.mark.parametrize("exceptions", ["", ".example.com", "10.128.0.0/14,127.0.0.0/8,172.30.0.0/16"])
def test_the_api_is_asked_directly(exceptions, api, recorded, monkeypatch):
    api.answer(recorded["namespace with uid range"])
    for name, value in {**api.environ, "HTTPS_PROXY": NOBODY, "HTTP_PROXY": NOBODY}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", exceptions)
    monkeypatch.setenv("no_proxy", exceptions)
    assert read_project(find_cluster(api.account, pauses=())).namespace == "rec"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, {}),
        ({"NO_PROXY": ".example.com"}, {}),
        ({"HTTPS_PROXY": ""}, {}),
        ({"HTTPS_PROXY": NOBODY}, CLUSTER),
        (
            {"https_proxy": NOBODY, "no_proxy": ".example.com, 10.0.0.0/8"},
            f".example.com,10.0.0.0/8,{CLUSTER}",
        ),
        ({"HTTP_PROXY": NOBODY, "NO_PROXY": "*"}, "*"),
        (
            {
                "ALL_PROXY": NOBODY,
                "APPLICATION_NAME": "physics",
                "JUPYTERHUB_DATABASE_HOST": "db.example.com",
                "KUBERNETES_SERVICE_HOST": "172.30.0.1",
            },
            "172.30.0.1,physics,physics-proxy,physics-db,db.example.com,localhost,127.0.0.1,::1,.svc,"
            ".cluster.local",
        ),
    ],
)
def test_the_clusters_hosts_are_added_to_the_exceptions(environ, expected):
    changed = dict(environ)
    bypass_proxy(changed)
    assert changed == {**environ, **({"NO_PROXY": expected, "no_proxy": expected} if expected else {})}
