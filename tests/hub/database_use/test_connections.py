"""A connection that the database has closed is replaced before it is used, without a query for each check."""

import pytest
from jupyterhub import orm
from sqlalchemy import NullPool, create_engine, event, text
from sqlalchemy.engine import Engine

from jupyterhub_openshift.configure import database_url
from jupyterhub_openshift.database import connections
from jupyterhub_openshift.preflight.database import wait_for_database

from ..database import settings_of

OTHERS = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


@pytest.fixture
def url(postgresql) -> str:
    settings = settings_of(postgresql)
    wait_for_database(settings, pauses=[0.1] * 100)
    return database_url(settings)


def checked(url: str) -> Engine:
    """An engine with the check, and with a connection in its pool."""
    engine = create_engine(url)
    connections._register(engine)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return engine


def end_all_connections(url: str) -> int:
    with create_engine(url, poolclass=NullPool).connect() as admin:
        return len(admin.execute(text(f"SELECT pg_terminate_backend(pid) {OTHERS}")).all())


def test_a_connection_that_the_database_has_ended_is_replaced(url):
    engine = checked(url)
    assert end_all_connections(url) == 1
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 2")).scalar() == 2


def test_a_healthy_connection_is_used_again_without_a_query(url):
    engine = checked(url)
    statements: list[str] = []
    event.listen(
        engine, "before_cursor_execute", lambda c, cursor, statement, *_: statements.append(statement)
    )
    pids = set()
    for _ in range(3):
        with engine.connect() as connection:
            pids.add(connection.execute(text("SELECT pg_backend_pid()")).scalar())
    assert len(pids) == 1
    assert statements == ["SELECT pg_backend_pid()"] * 3


def test_sqlite_keeps_the_check_of_jupyterhub(monkeypatch):
    registered = []
    monkeypatch.setattr(connections, "_ping", registered.append)
    engine = create_engine("sqlite://")
    connections._register(engine)
    assert registered == [engine]


def test_jupyterhub_registers_this_check_for_its_engine(url, monkeypatch):
    monkeypatch.setattr(orm, "register_ping_connection", orm.register_ping_connection)
    connections.check_connections_by_socket()
    with orm.new_session_factory(url)() as session:
        assert event.contains(session.get_bind(), "checkout", connections._check)
