"""The hub's database transactions, with a real PostgreSQL and a real hub."""

import asyncio

import pytest
from jupyterhub import orm
from sqlalchemy import NullPool, create_engine, event, inspect, text
from sqlalchemy.orm import Session

from jupyterhub_openshift.configure import database_url
from jupyterhub_openshift.database import read_transactions
from jupyterhub_openshift.preflight.database import wait_for_database
from tests.waiting import eventually

from ..browser import Browser
from ..database import environment_of, settings_of
from ..hub_process import hub_at, kubeconfig, no_image_stream
from ..proxy_process import running

OF_THE_HUB = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


def test_the_first_request_after_a_restart_of_the_database_succeeds(
    api, recorded, tmp_path, configurable_http_proxy, postgresql
):
    settings = settings_of(postgresql)
    wait_for_database(settings, pauses=[0.1] * 100)
    engine = create_engine(database_url(settings), poolclass=NullPool)

    def every(what: str) -> set:
        with engine.connect() as connection:
            return set(connection.scalars(text(f"SELECT {what} {OF_THE_HUB}")))

    no_image_stream(api, recorded)
    environ = {
        "KUBECONFIG": str(kubeconfig(api, tmp_path)),
        "JUPYTERHUB_NOTEBOOK_IMAGE": "nosuch:1.0",
        **environment_of(postgresql),
    }
    with running(configurable_http_proxy) as proxy, hub_at(proxy, tmp_path, **environ) as log:
        url = f"http://127.0.0.1:{proxy.port}"
        sentence = "has no image stream"
        browser = Browser()
        browser.get_until(url, sentence)
        for comer in (browser, Browser()):
            browser.get(f"{url}/hub/token")  # reads only
            eventually("no transaction is open", lambda: every("state") == {"idle"})
            assert every("pg_terminate_backend(pid)") == {True}
            assert sentence in comer.get(url)
        assert log.read_text().count("User logged in: ") == 2
        assert "Traceback" not in log.read_text()


@pytest.fixture
def session(tmp_path):
    """A database session like the hub's."""
    read_transactions.end_read_transactions()
    with orm.new_session_factory(f"sqlite:///{tmp_path}/hub.sqlite")() as session:
        yield session
    event.remove(Session, "after_begin", read_transactions._schedule_end)
    event.remove(Session, "after_flush", read_transactions._remember_write)


async def in_transaction(session: Session) -> tuple[bool, bool]:
    """Whether a transaction is open now, and in the next iteration of the event loop."""
    now = session.in_transaction()
    await asyncio.sleep(0)
    return now, session.in_transaction()


def test_a_read_only_transaction_ends_and_keeps_the_loaded_objects(session):
    session.add(orm.User(name="alice"))
    session.commit()

    async def read() -> tuple[bool, bool]:
        user = orm.User.find(session, "alice")
        states = await in_transaction(session)
        assert not inspect(user).expired
        return states

    assert asyncio.run(read()) == (True, False)


@pytest.mark.parametrize("written", [False, True], ids=["not yet written", "written but not committed"])
def test_a_transaction_that_writes_is_left_open(session, written):
    async def change() -> tuple[bool, bool]:
        assert orm.User.find(session, "alice") is None
        session.add(orm.User(name="alice"))
        if written:
            session.flush()
        return await in_transaction(session)

    assert asyncio.run(change()) == (True, True)
    session.rollback()
    assert orm.User.find(session, "alice") is None


def test_a_transaction_that_wrote_before_a_savepoint_is_left_open(session):
    async def change() -> tuple[bool, bool]:
        session.add(orm.User(name="alice"))
        session.flush()
        with session.begin_nested():
            orm.User.find(session, "alice")
        return await in_transaction(session)

    assert asyncio.run(change()) == (True, True)


def test_without_an_event_loop_no_transaction_is_ended(session):
    orm.User.find(session, "alice")
    assert session.in_transaction()
