"""End the hub's read-only transactions at the end of the event loop iteration in which they began.

JupyterHub has one database session and ends its transaction only after a write. After a read, the connection
stays "idle in transaction" until the next write. If the database restarts meanwhile, because its pod moves or
fails over, the next query fails: one user sees "500: Internal Server Error", and one request with a valid
token is refused. A connection that has been returned to the pool is tested before it is used again
(`register_ping_connection` in jupyterhub/orm.py), so it does no such harm.
"""

import asyncio
from contextlib import suppress
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session


def end_read_transactions() -> None:
    """Do so in all sessions of this process from now on."""
    event.listen(Session, "after_begin", _schedule_end)
    event.listen(Session, "after_flush", _remember_write)


def _schedule_end(session: Session, *_: Any) -> None:  # noqa: ANN401 (SQLAlchemy)
    with suppress(RuntimeError):  # no event loop, so no hub
        asyncio.get_running_loop().call_soon(_end, session)


def _remember_write(session: Session, *_: Any) -> None:  # noqa: ANN401 (SQLAlchemy)
    session.info["written_in"] = session.get_transaction()


def _end(session: Session) -> None:
    transaction = session.get_transaction()
    if transaction is session.info.get("written_in") or session.new or session.dirty or session.deleted:
        return  # JupyterHub ends transactions that write
    try:
        session.commit()  # a rollback would expire the loaded objects
    except SQLAlchemyError:
        session.rollback()
