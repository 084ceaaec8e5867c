"""A connection that the database has closed is replaced before it is used, without a query for each check."""

import pytest
from jupyterhub import orm
from sqlalchemy import NullPool, create_engine, event, text
from sqlalchemy.engine import Engine

from jupyterhub_openshift.configure import database_url
from jupyterhub_openshift.database import connections
from jupyterhub_openshift.preflight.database import wait_for_database

from ..database import settings_of


@pytest.fixture
def url(postgresql) -> str:
    settings = settings_of(postgresql)
    wait_for_database(settings, pauses=[0.1] * 100)
    return database_url(settings)


def checked(url: str) -> Engine:
    """An engine with the check."""
    engine = create_engine(url)
    connections._register(engine)
    return engine


def backend(engine: Engine) -> int:
    """The process of the database that serves the engine's connection, which goes back to the pool."""
    with engine.connect() as connection:
        return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


def end_backend(url: str, pid: int) -> None:
    """End it, and return when it has ended."""
    with create_engine(url, poolclass=NullPool).connect() as admin:
        assert admin.execute(text(f"SELECT pg_terminate_backend({pid}, 10000)")).scalar_one()


def test_a_connection_that_the_database_has_ended_is_replaced(url):
    engine = checked(url)
    ended = backend(engine)
    end_backend(url, ended)
    assert backend(engine) != ended


def test_a_healthy_connection_is_used_again_without_a_query(url):
    engine = checked(url)
    statements: list[str] = []
    event.listen(
        engine, "before_cursor_execute", lambda c, cursor, statement, *_: statements.append(statement)
    )
    assert len({backend(engine) for _ in range(3)}) == 1
    assert statements == ["SELECT pg_backend_pid()"] * 3


def test_a_database_that_has_ended_all_connections_is_away_until_one_is_made(url):
    engine = checked(url)
    ended = backend(engine)
    assert not connections.is_away(engine)
    end_backend(url, ended)
    assert connections.is_away(engine)
    backend(engine)
    assert not connections.is_away(engine)


def test_sqlite_is_never_away():
    assert not connections.is_away(create_engine("sqlite://"))


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
