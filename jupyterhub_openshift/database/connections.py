"""Pooled connections are checked by a look at their socket, instead of a query before each transaction.

JupyterHub sends `SELECT 1` in a transaction of its own whenever a connection leaves the pool, about 20 times
in one start of a server (`register_ping_connection`, jupyterhub/orm.py). A database that ended, was restarted
or moved has closed its connections: the socket of such a connection is readable, as it holds the last message
of the server or the end of the stream. The socket of a healthy idle connection has nothing to read. Neither
check notices a network that is cut without a packet.

Other databases than PostgreSQL keep JupyterHub's own check.
"""

import select
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from jupyterhub import orm
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DisconnectionError

_ping = orm.register_ping_connection
_connections: WeakKeyDictionary[Engine, WeakSet[Any]] = WeakKeyDictionary()  # those of psycopg2


def check_connections_by_socket() -> None:
    """Register this check instead of JupyterHub's, for engines that are made from now on."""
    orm.register_ping_connection = _register


def _register(engine: Engine) -> None:
    if engine.driver != "psycopg2":
        _ping(engine)
        return
    connections: WeakSet[Any] = WeakSet()
    _connections[engine] = connections
    event.listen(engine, "connect", lambda connection, _record: connections.add(connection))
    event.listen(engine, "checkout", _check)


def is_away(engine: Engine | Connection) -> bool:
    """Return whether PostgreSQL has closed all connections of an engine; False for other databases."""
    connections = _connections.get(engine.engine)
    if connections is None:
        return False
    return all(map(_is_closed, connections))


def _check(connection: Any, *_: object) -> None:  # noqa: ANN401 (psycopg2's connection)
    """Raise a DisconnectionError, upon which the pool connects anew."""
    if _is_closed(connection):
        raise DisconnectionError("the database has closed this connection")


def _is_closed(connection: Any) -> bool:  # noqa: ANN401 (psycopg2's connection)
    """Whether either side has closed it."""
    return bool(connection.closed) or _is_readable(connection.fileno())


def _is_readable(descriptor: int) -> bool:
    """Whether there is something to read, or the other side has closed the stream; without waiting."""
    poll = select.poll()  # not select(), which fails for descriptors of 1024 and more
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
