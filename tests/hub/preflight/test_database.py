"""The wait for the database, and the version of its schema, with a real PostgreSQL."""

from contextlib import closing

import jupyterhub
import psycopg2
import pytest
from jupyterhub import orm
from pydantic import SecretStr

from jupyterhub_openshift.configure import database_url
from jupyterhub_openshift.preflight.database import DatabaseUnavailable, check_database, wait_for_database
from jupyterhub_openshift.preflight.finding import FAILURE, PASSED, Finding
from tests.ports import free_port

from ..database import settings_of
from ..example_settings import settings

LOGS = "oc logs --selector app=jupyterhub,component=database --tail 20"
SOON = [0.1] * 100


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


def test_without_a_database_host_the_database_is_a_file():
    message = "The hub's database is a SQLite file, which is lost with the pod unless it is on a volume."
    assert check_database(settings()) == Finding("database", PASSED, message)


def test_a_database_that_refuses_the_hub_is_a_failure():
    port = free_port()
    finding = check_database(settings(database_host="127.0.0.1", database_port=port), pauses=())
    assert (finding.check, finding.result, finding.command) == ("database", FAILURE, LOGS)
    assert finding.message.startswith(
        f"The database at 127.0.0.1:{port} did not let the user jupyterhub into jupyterhub in 1 attempts; "
        "the last one said: "
    )


def test_the_schema_is_new_known_or_of_a_newer_jupyterhub(postgresql):
    hub, place = settings_of(postgresql), f"The database at 127.0.0.1:{postgresql} accepts the hub's login"
    assert check_database(hub, SOON) == Finding(
        "database", PASSED, f"{place}; the hub will create its tables.", LOGS
    )

    orm.new_session_factory(database_url(hub)).kw["bind"].dispose()
    finding = check_database(hub, SOON)
    revision = finding.message.rpartition(" ")[2].rstrip(".")
    assert finding == Finding("database", PASSED, f"{place}; its schema is {revision}.", LOGS)

    dsn = database_url(hub).replace("postgresql+psycopg2", "postgresql", 1)
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("UPDATE alembic_version SET version_num = 'fedcba987654'")
    assert check_database(hub, SOON) == Finding(
        "database",
        FAILURE,
        "The schema fedcba987654 of the database was written by a newer JupyterHub than this hub's "
        f"{jupyterhub.__version__}. Use the newer hub image again, or restore a backup:",
        "oc describe imagestream/jupyterhub",
    )
