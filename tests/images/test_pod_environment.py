"""pod-environment.sh: what a server finds in its environment."""

import subprocess

import pytest

from tests.paths import CHECKOUT

SCRIPT = CHECKOUT / "notebook/common/pod-environment.sh"
COMMAND = f"set -euo pipefail; source {SCRIPT}; printenv NO_PROXY no_proxy || true"
PROXY = {"HTTPS_PROXY": "http://proxy.example.com:3128"}
CLUSTER = "localhost,127.0.0.1,::1,.svc,.cluster.local"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"NO_PROXY": ".example.com"}, ".example.com"),
        (PROXY, CLUSTER),
        ({**PROXY, "NO_PROXY": ".example.com,10.0.0.0/8"}, f".example.com,10.0.0.0/8,{CLUSTER}"),
        ({**PROXY, "no_proxy": "*"}, "*"),
        (
            {
                "http_proxy": "http://proxy.example.com:3128",
                "JUPYTERHUB_API_URL": "http://physics:8081/hub/api",
                "KUBERNETES_SERVICE_HOST": "172.30.0.1",
            },
            f"physics,172.30.0.1,{CLUSTER}",
        ),
    ],
)
def test_requests_within_the_cluster_do_not_go_through_a_proxy(environ, expected):
    done = subprocess.run(
        ["bash", "-c", COMMAND],
        env={"PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    proxied = environ.keys() - {"NO_PROXY"}
    assert done.stdout.split() == ([] if expected is None else [expected] * (2 if proxied else 1))


@pytest.mark.parametrize(
    ("home", "said"),
    [
        (
            "/proc",  # a mount point
            "Your home folder is on a volume: files and packages from 'pip install --user' stay.\n"
            "Packages from 'pip install' without --user are deleted when the server stops.\n",
        ),
        ("/usr/bin", "This server has no volume: files and packages are deleted when it stops.\n"),
    ],
)
def test_a_terminal_says_what_is_kept(home, said):
    environ = {"PATH": "/usr/bin:/bin", "HOME": home, "SHELL": "/bin/true"}
    script = CHECKOUT / "notebook/start-terminal.sh"
    assert subprocess.run([script], env=environ, capture_output=True, text=True, check=True).stdout == said
