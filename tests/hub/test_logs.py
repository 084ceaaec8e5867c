"""JUPYTERHUB_LOG_FORMAT=json: every line of the log is a JSON object, whatever wrote it."""

import io
import json
import logging
import os
import subprocess
import sys
import time
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets.config import Config

from jupyterhub_openshift import configure
from jupyterhub_openshift.errors import PRODUCT
from jupyterhub_openshift.logs import LOGGING, JsonLine, JsonStream
from tests.paths import CHECKOUT

from .browser import Browser
from .example_settings import PROJECT, settings
from .hub_process import command, hub_at
from .proxy_process import TOKEN, running


def objects(text: str) -> list[dict]:
    found = [json.loads(line) for line in text.splitlines()]
    for each in found:
        assert datetime.fromisoformat(each["time"]).tzinfo == timezone.utc
        assert each["level"] in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
        assert all(isinstance(each[field], str) for field in ("logger", "message"))
    return found


def without_time(text: str) -> list[dict]:
    return [{key: value for key, value in each.items() if key != "time"} for each in objects(text)]


def formatted(message: str, *arguments: object, exception: tuple | None = None) -> dict:
    text = JsonLine().format(logging.LogRecord("x", logging.INFO, "", 0, message, arguments, exception))
    (line,) = without_time(text)
    return line


def test_the_format_text_changes_nothing():
    c = Config()
    configure.configure_logs(c, settings(), PROJECT)
    assert c == {}


def test_the_format_json_configures_all_loggers_of_the_process():
    c = Config()
    configure.configure_logs(c, settings(log_format="json"), PROJECT)
    assert c == {"Application": {"logging_config": LOGGING}}


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (
            "302 GET /hub/ -> /hub/login?next=%2Fhub%2F (@::ffff:10.128.0.7) 1.25ms",
            {
                "status": 302,
                "method": "GET",
                "path": "/hub/",
                "user": "",
                "ip": "::ffff:10.128.0.7",
                "milliseconds": 1.25,
            },
        ),
        (
            "201 POST /hub/api/users/a%20b/server?x=[secret] (alice@example.org@10.128.0.7) 1200.00ms",
            {
                "status": 201,
                "method": "POST",
                "path": "/hub/api/users/a%20b/server?x=[secret]",
                "user": "alice@example.org",
                "ip": "10.128.0.7",
                "milliseconds": 1200.0,
            },
        ),
        ("Adding user alice (10 GET /x)", {}),
    ],
)
def test_the_log_line_of_a_request_has_its_fields(message, fields):
    assert formatted(message) == {"level": "INFO", "logger": "x", "message": message, **fields}


def test_an_exception_is_logged_on_the_same_line():
    try:
        raise OSError("no room")
    except OSError:
        line = formatted("Trying %s", "it", exception=sys.exc_info())
    assert line["message"] == "Trying it"
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith("OSError: no room")


@given(st.lists(st.text()))
def test_every_text_is_written_as_one_json_line_without_loss(texts):
    stream = io.StringIO()
    lines = JsonStream(stream)
    for text in texts:
        print(text, file=lines)
    messages = [line["message"] for line in objects(stream.getvalue())]
    assert [m.splitlines() for m in messages] == [t.strip("\n").splitlines() for t in texts if t.strip("\n")]


def test_a_line_of_progress_keeps_its_level():
    stream = io.StringIO()
    for line in ("Loading x", "WARNING: x is an old name"):
        print(f"[jupyterhub-openshift] {line}", file=JsonStream(stream))
    assert without_time(stream.getvalue()) == [
        {"level": "INFO", "logger": "jupyterhub-openshift", "message": "Loading x"},
        {"level": "WARNING", "logger": "jupyterhub-openshift", "message": "x is an old name"},
    ]


@pytest.mark.hub
def test_a_bad_environment_is_one_object(tmp_path):
    environ = {"JUPYTERHUB_LOG_FORMAT": "json", "JUPYTERHUB_IDLE_TIMEOUT": "soon"}
    done = subprocess.run(**command(tmp_path, **environ), capture_output=True, text=True, check=False)
    assert (done.returncode, without_time(done.stdout + done.stderr)) == (
        1,
        [
            {"level": "INFO", "logger": "jupyterhub-openshift", "message": PRODUCT},
            {
                "level": "ERROR",
                "logger": "stderr",
                "message": "2 settings of this hub cannot be used:\n"
                "  CONFIGPROXY_AUTH_TOKEN: is not set. "
                "An example that works: CONFIGPROXY_AUTH_TOKEN=$(openssl rand -hex 32)\n"
                "  JUPYTERHUB_IDLE_TIMEOUT=soon: should be a valid integer, unable to parse string as an "
                "integer. An example that works: JUPYTERHUB_IDLE_TIMEOUT=3600",
            },
        ],
    )


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise SystemExit('a last word')", "a last word"),
        ("raise OSError('no room')", "Traceback (most recent call last):\n"),
        ("import warnings; warnings.warn('old')", "<string>:1: UserWarning: old"),
        ("import logging; logging.getLogger('a.library').error('no room')", "no room"),
    ],
)
def test_whatever_python_writes_to_stderr_is_one_object(code, message):
    code = f"from jupyterhub_openshift.logs import start_log; start_log(); {code}"
    environ = {**os.environ, "JUPYTERHUB_LOG_FORMAT": "json"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False)
    (line,) = objects(done.stderr)
    assert line["message"].startswith(message)


def test_every_log_line_of_a_hub_is_json_without_secrets(tmp_path, configurable_http_proxy):
    """The hub has no cluster, so that a spawn fails and logs an exception."""
    environ = {"JUPYTERHUB_LOG_FORMAT": "json", "JUPYTERHUB_IDLE_TIMEOUT": "2"}
    cookie_secret = "c0" * 32
    environ["JUPYTERHUB_COOKIE_SECRET"] = cookie_secret
    with running(configurable_http_proxy) as proxy, hub_at(proxy, tmp_path, **environ) as log:
        url = f"http://127.0.0.1:{proxy.port}"
        Browser().get_until(f"{url}/hub/api/", "version")
        Browser().get(f"{url}/hub/nowhere?token=geheim")
        Browser().get(url)
        for _ in range(240):
            if "Culling user" in log.read_text():
                break
            time.sleep(0.25)
    text = log.read_text()
    lines = objects(text)
    assert {"jupyterhub-openshift", "JupyterHub", "DelayedCuller", "alembic.runtime.migration"} <= {
        line["logger"] for line in lines
    }
    assert [line["message"] for line in lines if line["logger"] == "stderr"] == []
    missing = next(line for line in lines if line.get("status") == 404)
    assert (missing["level"], missing["method"], missing["path"]) == (
        "WARNING",
        "GET",
        "/hub/nowhere?token=[secret]",
    )
    assert any("ConfigException" in line.get("exception", "") for line in lines)
    assert [secret for secret in (TOKEN, cookie_secret, "geheim") if secret in text] == []
