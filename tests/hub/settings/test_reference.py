"""The output of `python -m jupyterhub_openshift settings`."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stdout
from unittest.mock import patch

from hypothesis import given

from jupyterhub_openshift.errors import PRODUCT
from jupyterhub_openshift.settings.environment import VARIABLES, SettingsError, example_of, read_settings
from jupyterhub_openshift.settings.reference import WIDTH, show_settings
from tests.environment import inherited
from tests.paths import CHECKOUT

from .environments import environments, is_a_list_of_problems


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "jupyterhub_openshift", "settings", *arguments],
        env={**inherited(), **environ}, cwd=CHECKOUT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_setting_is_shown_with_its_source_and_secrets_are_hidden():
    image = "quay.io/jupyter/base-notebook@sha256:" + "0123456789abcdef" * 4
    done = run(
        CONFIGPROXY_AUTH_TOKEN="geheim",
        JUPYTERHUB_CRYPT_KEY="0f" * 32,
        JUPYTERHUB_NOTEBOOK_IMAGE=image,
        JUPYTERHUB_AUTHENTICATOR="github",
        JUPYTERHUB_ALLOWED_USERS="bob alice",
        JUPYTERHUB_TITLE="Übungen\nPraktikum",
    )
    assert (done.returncode, done.stdout) == (
        0,
        """\
APPLICATION_NAME                    default      jupyterhub
JUPYTERHUB_NOTEBOOK_IMAGE           environment  quay.io/jupyter/base-notebook@sha256:0123456789abcd
                                                 ef0123456789abcdef0123456789abcdef0123456789abcdef
JUPYTERHUB_NOTEBOOK_MENU            default      off
JUPYTERHUB_NOTEBOOK_MEMORY          default      (not set)
JUPYTERHUB_NOTEBOOK_MEMORY_REQUEST  default      (not set)
JUPYTERHUB_NOTEBOOK_CPU             default      (not set)
JUPYTERHUB_NOTEBOOK_CPU_REQUEST     default      (not set)
JUPYTERHUB_NOTEBOOK_INTERFACE       default      lab
JUPYTERHUB_VOLUME_SIZE              default      (not set)
JUPYTERHUB_STORAGE_CLASS            default      (not set)
JUPYTERHUB_IDLE_TIMEOUT             default      3600
JUPYTERHUB_MAX_AGE                  default      0
JUPYTERHUB_CULL_WARNING             default      300
JUPYTERHUB_MAX_SERVERS              default      0
JUPYTERHUB_QUEUE_LENGTH             default      100
JUPYTERHUB_QUEUE_IDLE_TIMEOUT       default      0
JUPYTERHUB_NAMED_SERVERS            default      0
JUPYTERHUB_DATABASE_HOST            default      (not set)
JUPYTERHUB_DATABASE_PORT            default      5432
JUPYTERHUB_DATABASE_NAME            default      jupyterhub
JUPYTERHUB_DATABASE_USER            default      jupyterhub
JUPYTERHUB_DATABASE_PASSWORD        default      (not set)
JUPYTERHUB_COOKIE_SECRET            default      (not set)
JUPYTERHUB_CRYPT_KEY                environment  (hidden)
CONFIGPROXY_AUTH_TOKEN              environment  (hidden)
JUPYTERHUB_AUTHENTICATOR            environment  github
JUPYTERHUB_ALLOW                    default      (not set)
JUPYTERHUB_ALLOWED_USERS            environment  alice,bob
JUPYTERHUB_ALLOWED_GROUPS           default      (not set)
JUPYTERHUB_ADMIN_USERS              default      (not set)
JUPYTERHUB_ADMIN_GROUPS             default      (not set)
JUPYTERHUB_BASE_URL                 default      /
JUPYTERHUB_TITLE                    environment  Übungen\\nPraktikum
JUPYTERHUB_LOGO                     default      (not set)
JUPYTERHUB_LOG_FORMAT               default      text
JUPYTERHUB_METRICS_TOKEN            default      (not set)
""",
    )
    assert done.stderr.splitlines() == [
        f"[jupyterhub-openshift] {PRODUCT}",
        "[jupyterhub-openshift] Not in a cluster: no UID range and no login server are read",
        "[jupyterhub-openshift] There are no configuration files of your own",
    ]


def test_invalid_settings_are_reported_as_the_hub_reports_them():
    done = run(JUPYTERHUB_IDLE_TIMEOUT="soon")
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        f"[jupyterhub-openshift] {PRODUCT}\n"
        "2 settings of this hub cannot be used:\n"
        "  CONFIGPROXY_AUTH_TOKEN: is not set. "
        "An example that works: CONFIGPROXY_AUTH_TOKEN=$(openssl rand -hex 32)\n"
        "  JUPYTERHUB_IDLE_TIMEOUT=soon: should be a valid integer, unable to parse string as an integer. "
        "An example that works: JUPYTERHUB_IDLE_TIMEOUT=3600\n",
    )


def test_settings_without_effect_are_reported_too():
    done = run(CONFIGPROXY_AUTH_TOKEN="geheim", JUPYTERHUB_STORAGE_CLASS="fast")
    assert done.returncode == 1
    assert "JUPYTERHUB_STORAGE_CLASS            environment  fast\n" in done.stdout
    assert done.stderr.splitlines()[-2:] == [
        "1 setting of this hub cannot be used:",
        "  JUPYTERHUB_STORAGE_CLASS=fast: has no effect without a volume. "
        "An example that works: JUPYTERHUB_VOLUME_SIZE=1Gi beside it",
    ]


def test_help_is_the_reference_of_all_settings():
    text = run("--help").stdout
    assert (
        """
  JUPYTERHUB_ALLOW
      Who may log in: project (everyone who may see the OpenShift project; its admins are hub
      admins), everyone, or listed (allowed users and groups); empty: everyone with tmp, project
      with openshift, otherwise listed.
      default: (not set)
      example: JUPYTERHUB_ALLOW=listed

  JUPYTERHUB_ALLOWED_USERS
      Users who may log in.
      default: (not set)
      example: JUPYTERHUB_ALLOWED_USERS=alice,bob

"""
        in text
    )
    assert [name for name in VARIABLES if f"\n  {name}\n" not in text or example_of(name) not in text] == []
    assert max(map(len, text.splitlines())) <= WIDTH


@given(environments)
def test_any_environment_is_shown_or_yields_a_list_of_problems(variables):
    environ = {"PATH": os.environ["PATH"], "CONFIGPROXY_AUTH_TOKEN": "geheim", **variables}
    with (
        patch.dict(os.environ, environ, clear=True),
        redirect_stdout(io.StringIO()) as output,
    ):
        try:
            show_settings(read_settings())
        except SettingsError as refusal:
            assert is_a_list_of_problems(str(refusal))
    lines = output.getvalue().splitlines()
    assert all(len(line) <= WIDTH and line.isprintable() for line in lines)
    assert "geheim" not in output.getvalue()
