"""Look-ups by a unique key that the session's objects in memory answer, without a query.

JupyterHub finds the user of each request by the cookie, users and roles by name, and OAuth clients by
identifier: 27 look-ups in one start of a server, and each of a user runs three more queries for roles, groups
and shares (`lazy="selectin"`). The objects are in memory already: the hub is the only writer, and its session
keeps what it has read (`expire_on_commit=False` in `new_session_factory`, jupyterhub/orm.py).

A look-up goes to the database as before

- if the session holds changes that are not written yet: what is in memory is not what is in the database,
- if the object was not found before, is expired, deleted, or has another value now,
- if it asks for more than one entity with `column == value`,
- if the database is away: requests are then answered with 503, see `outages`.

Uses SQLAlchemy's event `do_orm_execute`, made for caches:
https://docs.sqlalchemy.org/en/20/orm/session_events.html#re-executing-statements
"""

from collections import deque
from collections.abc import Iterator
from typing import Any
from weakref import WeakValueDictionary

from jupyterhub import orm
from sqlalchemy import event, inspect
from sqlalchemy.engine import FrozenResult, Result
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnElement
from sqlalchemy.sql.selectable import Select

from .connections import is_away

UNIQUE = {orm.User: ("name", "cookie_id"), orm.OAuthClient: ("identifier",), orm.Role: ("name",)}
RECENT = 256  # objects that are kept though nothing else refers to them, such as the hub's own OAuth client

Key = tuple[type, str, Any]


def answer_from_memory() -> None:
    """Answer look-ups from memory from now on, in all sessions of this process."""
    event.listen(Session, "do_orm_execute", _answer)
    event.listen(Session, "pending_to_persistent", remember)


class Known:
    """The objects of a session by their unique keys."""

    def __init__(self) -> None:
        self._objects: WeakValueDictionary[Key, Any] = WeakValueDictionary()
        self._recent: deque[Any] = deque(maxlen=RECENT)
        self.results: dict[tuple[type, str], FrozenResult[Any]] = {}  # a result to fill with another object

    @classmethod
    def of(cls, session: Session) -> "Known":
        """Those of this session."""
        known: Known = session.info.setdefault("known", cls())
        return known

    def add(self, obj: object) -> None:
        """Remember an object."""
        for attribute in UNIQUE.get(type(obj), ()):
            self._objects[type(obj), attribute, getattr(obj, attribute)] = obj
            self._recent.append(obj)

    def find(self, session: Session, key: Key) -> object | None:
        """The object, if it is certain that the database would give it."""
        obj = self._objects.get(key)
        if obj is None or session.new or session.dirty or session.deleted or is_away(session.get_bind()):
            return None
        state = inspect(obj)
        if not state.persistent or state.session is not session or state.expired:
            return None
        return obj if obj.__dict__.get(key[1]) == key[2] else None


def _answer(execution: ORMExecuteState) -> Result[Any] | None:
    """Answer a look-up; None: SQLAlchemy runs the query."""
    if not execution.is_select or execution.is_relationship_load or execution.is_column_load:
        return None
    key = unique_key(execution.statement)
    if key is None or execution.load_options._populate_existing or execution.load_options._yield_per:
        return None
    known, session = Known.of(execution.session), execution.session
    result = known.results.get(key[:2])
    if result and (found := known.find(session, key)):
        return result.with_new_rows([(found,)])()  # type: ignore[list-item]
    read = execution.invoke_statement().freeze()
    known.results.setdefault(key[:2], read)
    for obj in read.data:
        known.add(obj)
    return read()


def remember(session: Session, obj: object) -> None:
    """Answer look-ups of an object that is in the database, and that another query has found."""
    if type(obj) in UNIQUE:
        Known.of(session).add(obj)


def unique_key(statement: object) -> Key | None:
    """Class, attribute and value, if a statement selects one entity by one unique column and nothing else."""
    if not isinstance(statement, Select) or statement._with_options or statement._offset_clause is not None:
        return None
    where = statement.whereclause
    if not isinstance(where, BinaryExpression) or where.operator is not operators.eq:
        return None
    selected = statement.column_descriptions
    if len(selected) != 1 or selected[0]["expr"] is not selected[0]["entity"]:
        return None
    entity = selected[0]["entity"]
    for column, value in _sides(where):
        if column.table is entity.__table__ and column.key in UNIQUE.get(entity, ()):
            return (entity, str(column.key), value.value)
    return None


def _sides(where: BinaryExpression[Any]) -> Iterator[tuple[ColumnElement[Any], BindParameter[Any]]]:
    if isinstance(where.right, BindParameter):
        yield where.left, where.right
