"""The commands as the init container, a build and a person run them."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from jupyterhub_openshift.errors import PRODUCT
from jupyterhub_openshift.preflight import DatabaseUnavailable, wait_for_database
from tests.environment import inherited
from tests.paths import CHECKOUT
from tests.ports import free_port

from .database import settings_of
from .example_settings import settings
from .standin import StandIn

BUILD = """
import sys
from pathlib import Path
from jupyterhub_openshift.preflight import check_build
check_build(Path(sys.argv[1]))
"""
# The command with a service account in another folder than the kubelet's.
COMMAND = """
import sys
from pathlib import Path
from jupyterhub_openshift.cluster import api
api.find_cluster.__defaults__ = (Path(sys.argv.pop(1)), *api.find_cluster.__defaults__[1:])
from jupyterhub_openshift.__main__ import main
main()
"""
VERSION = f"[jupyterhub-openshift] {PRODUCT}"
NAMESPACE = ("GET", "/api/v1/namespaces/rec")
LOGIN_SERVER = ("GET", "/.well-known/oauth-authorization-server")


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        env={"PYTHONPATH": str(CHECKOUT), **inherited(), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


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


def test_without_a_database_host_there_is_no_wait(capfd):
    wait_for_database(settings())
    assert capfd.readouterr().err == ""


def test_an_unreachable_database_is_retried_with_a_log_line_each_and_then_reported(capfd):
    port = free_port()
    ours = settings(database_host="127.0.0.1", database_port=port, database_password=SecretStr("geheim"))
    with pytest.raises(DatabaseUnavailable) as refusal:
        wait_for_database(ours, pauses=(0.01, 0.01))
    reason = (
        f'connection to server at "127.0.0.1", port {port} failed: Connection refused '
        "Is the server running on that host and accepting TCP/IP connections?"
    )
    assert str(refusal.value) == (
        f"The database at 127.0.0.1:{port} did not let the user jupyterhub into jupyterhub in 3 attempts; "
        f"the last one said: {reason}"
    )
    assert capfd.readouterr().err.splitlines() == [
        f"[jupyterhub-openshift] Waiting for the database at 127.0.0.1:{port}: attempt {n} of 3: {reason}"
        for n in (1, 2)
    ]


def test_the_wait_ends_when_a_login_succeeds(postgresql, capfd):
    """The server has just been started: the first attempts may fail."""
    wait_for_database(settings_of(postgresql), pauses=[0.1] * 100)
    assert capfd.readouterr().err.splitlines()[-1] == (
        f"[jupyterhub-openshift] The database at 127.0.0.1:{postgresql} is ready"
    )


def test_a_wrong_password_is_reported_without_showing_it(postgresql):
    with pytest.raises(DatabaseUnavailable) as refusal:
        wait_for_database(settings_of(postgresql, "geheim"), pauses=[0.1] * 20)
    assert "password authentication failed for user" in str(refusal.value)
    assert "geheim" not in str(refusal.value)
