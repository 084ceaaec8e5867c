"""Look-ups that memory answers give what the database would give."""

from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from jupyterhub import orm
from sqlalchemy import Engine, StaticPool, create_engine, delete, event, select
from sqlalchemy.orm import Session, sessionmaker

from jupyterhub_openshift.database import lookups

NAMES = st.sampled_from(["alice", "bob", "carol"])


def listen(session_factory: sessionmaker) -> None:
    """Answer from memory, in the sessions of this factory only."""
    event.listen(session_factory, "do_orm_execute", lookups._answer)
    event.listen(session_factory, "pending_to_persistent", lookups.remember)


def statements_of(session: Session) -> list[str]:
    """The SELECT statements from now on; the list grows."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT") and "FROM" in statement:
            seen.append(" ".join(statement.split()))

    event.listen(session.get_bind(), "before_cursor_execute", note)
    return seen


@pytest.fixture
def session() -> Iterator[Session]:
    factory = orm.new_session_factory("sqlite:///:memory:")
    listen(factory)
    with factory() as session:
        session.add_all([orm.User(name="alice"), orm.User(name="bob"), orm.Role(name="user", scopes=[])])
        session.add(orm.OAuthClient(identifier="jupyterhub"))
        session.commit()
        for _ in range(2):  # the first look-up of a kind shows what its results look like
            find_everything(session)
        yield session


def find_everything(session: Session) -> list[object]:
    alice = orm.User.find(session, "alice")
    return [
        alice,
        session.query(orm.User).filter(orm.User.cookie_id == alice.cookie_id).first(),
        orm.Role.find(session, "user"),
        session.query(orm.OAuthClient).filter_by(identifier="jupyterhub").one(),
    ]


def test_a_user_who_was_loaded_with_others_is_found_without_a_query(session):
    session.expunge_all()
    bob = session.query(orm.User).filter(orm.User.name != "alice").one()
    lookups.remember(session, bob)
    statements = statements_of(session)
    assert orm.User.find(session, "bob") is bob
    assert not statements


def test_users_roles_and_clients_are_found_again_without_a_query(session):
    expected = find_everything(session)
    statements = statements_of(session)
    assert find_everything(session) == expected
    assert expected[0] is expected[1]
    assert statements == []


def test_a_new_user_is_found_without_a_query(session):
    session.add(carol := orm.User(name="carol"))
    session.commit()
    statements = statements_of(session)
    assert orm.User.find(session, "carol") is carol
    assert statements == []


def test_a_renamed_user_is_found_by_the_new_name_only(session):
    alice = orm.User.find(session, "alice")
    alice.name = "anna"
    session.commit()
    assert orm.User.find(session, "alice") is None
    assert orm.User.find(session, "anna") is alice


def test_a_change_of_the_cookie_id_logs_the_user_out(session):
    alice = orm.User.find(session, "alice")
    old, alice.cookie_id = alice.cookie_id, orm.new_token()
    session.commit()
    assert session.query(orm.User).filter(orm.User.cookie_id == old).first() is None


def test_a_deleted_user_is_not_found_before_and_after_the_commit(session):
    session.delete(orm.User.find(session, "alice"))
    assert orm.User.find(session, "alice") is None
    session.commit()
    assert orm.User.find(session, "alice") is None


def test_a_user_whose_creation_was_rolled_back_is_not_found(session):
    session.add(orm.User(name="carol"))
    session.flush()
    session.rollback()
    assert orm.User.find(session, "carol") is None


def test_unwritten_changes_are_written_before_a_look_up_as_before(session):
    session.add(orm.User(name="carol"))
    assert orm.User.find(session, "carol").id is not None


def test_other_queries_ask_the_database(session):
    statements = statements_of(session)
    assert session.query(orm.User).filter_by(name="alice", admin=False).one().name == "alice"
    assert session.query(orm.User).filter(orm.User.name != "alice").one().name == "bob"
    assert session.query(orm.User.name).filter_by(name="alice").one() == ("alice",)
    assert session.query(orm.User).filter_by(name="alice").count() == 1
    assert session.query(orm.User).filter(orm.User.name == orm.User.name).count() == 2
    assert session.scalars(select(orm.User).where(orm.User.name == "alice").offset(1)).first() is None
    assert len([each for each in statements if "FROM users" in each]) == 6


def test_another_session_has_objects_of_its_own(session):
    alice = orm.User.find(session, "alice")
    with sessionmaker(session.get_bind())() as other:
        assert orm.User.find(other, "alice") is not alice


@cache
def databases() -> tuple[Engine, Engine]:
    """Two databases in memory, whose tables take most of a test's time to create."""
    engines = (
        create_engine("sqlite://", poolclass=StaticPool),
        create_engine("sqlite://", poolclass=StaticPool),
    )
    for engine in engines:
        orm.Base.metadata.create_all(engine)
    return engines


def empty_databases() -> tuple[Engine, Engine]:
    """The two databases without users."""
    for engine in databases():
        with engine.begin() as connection:
            connection.execute(delete(orm.User))
    return databases()


class Twins(RuleBasedStateMachine):
    """The same steps with and without answers from memory give the same answers."""

    @initialize()
    def start(self) -> None:
        factories = [sessionmaker(engine, expire_on_commit=False) for engine in empty_databases()]
        listen(factories[0])
        self.sessions = [factory() for factory in factories]

    def both(self, step) -> None:
        first, second = map(step, self.sessions)
        assert first == second

    @rule(name=NAMES)
    def add(self, name: str) -> None:
        def step(session: Session) -> None:
            if session.query(orm.User).filter_by(name=name).count() == 0:
                session.add(orm.User(name=name))

        self.both(step)

    @rule(old=NAMES, new=NAMES)
    def rename(self, old: str, new: str) -> None:
        def step(session: Session) -> bool:
            user = orm.User.find(session, old)
            free = session.query(orm.User).filter_by(name=new).count() == 0
            if user and free:
                user.name = new
            return bool(user and free)

        self.both(step)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        def step(session: Session) -> bool:
            user = orm.User.find(session, name)
            if user:
                session.delete(user)
            return user is not None

        self.both(step)

    @rule()
    def commit(self) -> None:
        self.both(lambda session: session.commit())

    @rule()
    def roll_back(self) -> None:
        self.both(lambda session: session.rollback())

    @invariant()
    def everybody_is_found_alike(self) -> None:
        def names(session: Session) -> list[str | None]:
            found = [orm.User.find(session, name) for name in ("alice", "bob", "carol")]
            return [user.name if user else None for user in found]

        self.both(names)

    def teardown(self) -> None:
        for session in self.sessions:
            session.close()


TestTwins = Twins.TestCase
TestTwins.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
