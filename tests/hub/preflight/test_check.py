"""The commands as the init container, a build and a person run them."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jupyterhub_openshift.errors import PRODUCT
from jupyterhub_openshift.preflight.finding import PASSED, RESULTS
from tests.environment import inherited
from tests.paths import CHECKOUT

from ..standin import OWNED, StandIn
from .commands import COMMAND, healthy, run

pytestmark = pytest.mark.hub

BUILD = """
import sys
from pathlib import Path
from jupyterhub_openshift.preflight.run import check_build
check_build(Path(sys.argv[1]))
"""
VERSION = f"[jupyterhub-openshift] {PRODUCT}"
NAMESPACE = ("GET", "/api/v1/namespaces/rec")
LOGIN_SERVER = ("GET", "/.well-known/oauth-authorization-server")


def build(config: Path, **environ: str) -> subprocess.CompletedProcess:
    return run("-c", BUILD, str(config), **environ)


def command(api: StandIn, name: str, **environ: str) -> subprocess.CompletedProcess:
    return run("-c", COMMAND, str(api.account), name, **{**api.environ, **environ})


def test_a_build_checks_the_configuration_without_cluster_and_database():
    done = run("-m", "jupyterhub_openshift", "check", "--build")
    assert (done.returncode, done.stderr.splitlines()) == (
        0,
        [
            VERSION,
            "[jupyterhub-openshift] Not in a cluster: no UID range and no login server are read",
            "[jupyterhub-openshift] There are no configuration files of your own",
            "[jupyterhub-openshift] The configuration is good",
        ],
    )


def test_a_build_in_a_cluster_asks_no_api():
    done = build(CHECKOUT / "jupyterhub_config.py", KUBERNETES_SERVICE_HOST="172.30.0.1")
    assert done.returncode == 0, done.stderr


def test_a_fault_in_a_file_fails_without_a_traceback(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "jupyterhub_config.py").write_text("c.KubeSpawner.imagee = 1")
    config = tmp_path / "config.py"
    config.write_text(
        "from pathlib import Path\n"
        "from jupyterhub_openshift.config_files.loader import load_config_files\n"
        "from jupyterhub_openshift.inputs import read_inputs\n"
        f"load_config_files(get_config(), read_inputs()[0], building=True, root=Path({str(tmp_path)!r}))\n"
    )
    done = build(config)
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [
            "[jupyterhub-openshift] Not in a cluster: no UID range and no login server are read",
            f"[jupyterhub-openshift] Loading {tmp_path}/src/jupyterhub_config.py",
            f"{tmp_path}/src/jupyterhub_config.py, line 1: c.KubeSpawner.imagee is not a setting. "
            "Did you mean c.KubeSpawner.image?",
        ],
    )


def test_sigterm_ends_the_check():
    command = [sys.executable, "-m", "jupyterhub_openshift", "check"]
    environ = {"PYTHONPATH": str(CHECKOUT), **inherited()}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr.readline() == f"{VERSION}\n"
        running.terminate()
        assert (running.wait(timeout=60), running.stderr.read()) == (128 + signal.SIGTERM, "")


def test_a_bad_setting_fails_before_the_wait_for_the_database():
    done = run(
        *("-m", "jupyterhub_openshift", "check"),
        JUPYTERHUB_DATABASE_HOST="jupyterhub-db",
        JUPYTERHUB_IDLE_TIMEOUT="soon",
    )
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [
            VERSION,
            "2 settings of this hub cannot be used:",
            "  CONFIGPROXY_AUTH_TOKEN: is not set. "
            "An example that works: CONFIGPROXY_AUTH_TOKEN=$(openssl rand -hex 32)",
            "  JUPYTERHUB_IDLE_TIMEOUT=soon: should be a valid integer, unable to parse string as an "
            "integer. "
            "An example that works: JUPYTERHUB_IDLE_TIMEOUT=3600",
        ],
    )


def test_the_command_has_help():
    done = subprocess.run(
        [sys.executable, "-m", "jupyterhub_openshift", "check", "--help"],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "--build" in done.stdout


def test_the_command_says_its_version():
    done = run("-m", "jupyterhub_openshift", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{PRODUCT}\n", "")


def test_the_settings_are_printed_without_changing_anything_in_the_cluster(api, recorded):
    api.answer(recorded["namespace with uid range"])
    done = command(api, "settings", CONFIGPROXY_AUTH_TOKEN="geheim")
    assert (done.returncode, api.requests) == (0, [(*NAMESPACE, None), (*LOGIN_SERVER, None)]), done.stderr


def test_owner_references_are_set_before_a_bad_setting_ends_the_check(owned_objects):
    done = command(
        *(owned_objects, "check"),
        APPLICATION_NAME="jupyterhub",
        JUPYTERHUB_NOTEBOOK_MEMORY="lots",
        CONFIGPROXY_AUTH_TOKEN="geheim",
    )
    first, *adoptions, _, last = done.stderr.splitlines()
    assert (done.returncode, first, sorted(adoptions), last) == (
        1,
        VERSION,
        [
            f"[jupyterhub-openshift] DeploymentConfig jupyterhub now owns the {kind} jupyterhub"
            for kind in ("config map", "network policy", "pod disruption budget", "secret")
        ],
        "  JUPYTERHUB_NOTEBOOK_MEMORY=lots: is not a Kubernetes quantity (a number, then nothing, m, k, "
        "M, G, T, Ki, Mi, Gi or Ti). An example that works: JUPYTERHUB_NOTEBOOK_MEMORY=512Mi",
    )


def test_a_check_without_a_usable_service_account_says_what_a_delete_will_miss(api):
    (api.account / "token").unlink()
    done = command(api, "check", APPLICATION_NAME="jakevdp")
    reason = (
        f"This pod has no usable service account in {api.account} (Service token file does not exist.); the "
        "hub needs one. An example that works, in the deployment: serviceAccountName: jupyterhub"
    )
    assert (done.returncode, done.stderr.splitlines()) == (
        1,
        [
            VERSION,
            f"[jupyterhub-openshift] WARNING: {reason}. `oc delete all,pvc --selector app=jakevdp` will not "
            "delete what has no owner; this does: oc delete "
            "secret,configmap,networkpolicy,poddisruptionbudget --selector app=jakevdp",
            reason,
        ],
    )


# A proxy that answers, in the place of the service jupyterhub-proxy, which only a cluster has.
PROXY = """
import asyncio
from jupyterhub_openshift.preflight import run
from jupyterhub_openshift.preflight.finding import PASSED, Finding
async def check_proxy(*_):
    return Finding("proxy", PASSED, "The proxy accepts the hub.")
run.check_proxy = check_proxy
"""


def check(api: StandIn, *options: str, **environ: str) -> subprocess.CompletedProcess:
    environ = {"CONFIGPROXY_AUTH_TOKEN": "geheim", "HOSTNAME": "jupyterhub-1-abcde", **api.environ, **environ}
    return run("-c", PROXY + COMMAND, str(api.account), "check", *options, **environ)


def test_the_check_of_a_healthy_project_prints_a_table_of_passes(api, recorded):
    healthy(api, recorded)
    done = check(api)
    table = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert (done.returncode, [line.split()[0] for line in table], done.stderr.splitlines()) == (
        0,
        [
            *("CHECK", "settings", "configuration", "database", "proxy", "login", "versions", "clock"),
            *(
                "own",
                "permissions",
                "service",
                "route",
                "notebook",
                "quota",
                "limit",
                "storage",
                "shared",
                "network",
                "sample",
            ),
        ],
        [
            VERSION,
            "[jupyterhub-openshift] There are no configuration files of your own",
            "[jupyterhub-openshift] The configuration is good",
        ],
    )
    assert {word for line in table[1:] for word in line.split() if word in RESULTS} == {PASSED}
    start = f"{'route':18}{'pass':9}"
    lines = done.stdout.splitlines()
    at = lines.index(f"{start}The hub's address is https://jupyterhub-rec.apps.real.test.")
    assert lines[at + 1] == f"{'':{len(start)}}oc get route/jupyterhub"


def test_a_failure_ends_the_start_with_its_sentence_and_command_last(api, recorded):
    healthy(api, recorded)
    _, route = api.answers["GET", recorded["get route as hub"]["path"]]
    route["metadata"]["labels"] = {"app": "shop"}
    route["spec"]["to"]["name"] = "shop"
    done = check(api)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        "The route jupyterhub is not this hub's: it leads to the service shop. Deploy the hub with another "
        "APPLICATION_NAME, or delete that route: oc delete route/jupyterhub",
    )


def test_a_warning_does_not_end_the_start(api, recorded):
    healthy(api, recorded)
    api.answer(recorded["image stream not found"])
    done = check(api, JUPYTERHUB_NOTEBOOK_IMAGE="nosuch")
    assert done.returncode == 0, done.stderr
    assert "notebook image    warning  The image stream nosuch, from which notebook servers" in done.stdout


def test_the_findings_are_printed_as_json_for_programs(api, recorded):
    healthy(api, recorded)
    done = check(api, "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["result"], len(document["checks"])) == (0, "pass", 18)
    assert document["checks"][0] == {
        "check": "settings",
        "result": "pass",
        "message": "All settings can be used.",
        "command": "python -m jupyterhub_openshift settings",
    }


def test_a_bad_setting_is_a_finding_in_json_too(api, recorded):
    healthy(api, recorded)
    done = check(api, "--json", JUPYTERHUB_IDLE_TIMEOUT="soon")
    assert (done.returncode, json.loads(done.stdout)) == (
        1,
        {
            "result": "failure",
            "checks": [
                {
                    "check": "start",
                    "result": "failure",
                    "message": "1 setting of this hub cannot be used:\n"
                    "  JUPYTERHUB_IDLE_TIMEOUT=soon: should be a valid integer, unable to parse string as an "
                    "integer. An example that works: JUPYTERHUB_IDLE_TIMEOUT=3600",
                    "command": "",
                }
            ],
        },
    )


def test_with_a_log_in_json_each_finding_is_an_object(api, recorded):
    healthy(api, recorded)
    api.answer(recorded["image stream not found"])
    done = check(api, JUPYTERHUB_LOG_FORMAT="json", JUPYTERHUB_NOTEBOOK_IMAGE="nosuch")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    found = [
        (line["level"], line["message"]) for line in lines if line["message"].startswith("notebook image")
    ]
    assert (done.returncode, done.stdout, found) == (
        0,
        "",
        [
            (
                "WARNING",
                "notebook image: warning: The image stream nosuch, from which notebook servers start, does "
                "not exist. oc get imagestreams",
            )
        ],
    )


def test_owner_references_are_set_at_the_end_if_the_api_did_not_answer_at_first(owned_objects, recorded):
    healthy(owned_objects, recorded)
    path = "/api/v1/namespaces/rec/secrets"
    found = owned_objects.answers["GET", path]
    answers = [(503, {"message": "not now"})] * 4
    owned_objects.answers["GET", path] = lambda _: answers.pop() if answers else found
    done = check(owned_objects)
    lines = done.stderr.splitlines()
    assert done.returncode == 0
    assert "503 not now" in next(line for line in lines if "will not delete what has no owner" in line)
    good = lines.index("[jupyterhub-openshift] The configuration is good")
    assert "[jupyterhub-openshift] DeploymentConfig jupyterhub now owns the secret jupyterhub" in lines[good:]


def test_the_check_changes_nothing_but_owner_references(owned_objects, recorded):
    healthy(owned_objects, recorded)
    assert check(owned_objects).returncode == 0
    reviews = {"/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"}
    asked = zip(owned_objects.requests, owned_objects.queries, strict=True)
    changes = {path for (method, path, _), query in asked if method != "GET" and "dryRun" not in query}
    assert changes == reviews | {f"{path}/jupyterhub" for path in OWNED}
