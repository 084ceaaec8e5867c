"""The hub's transactions that only read end with the turn of the event loop in which they began.

JupyterHub has one session, and only what writes ends its transaction: what has been read leaves a
connection in use, "idle in transaction", until somebody changes something. If the database restarts
meanwhile, because its pod moves or fails over, the next query fails: a newcomer reads "500: Internal Server
Error", and a notebook's token is refused once. A connection that is back in the pool does no such harm, as
it is tried before it is used (`register_ping_connection` in jupyterhub/orm.py).
"""

import asyncio
from contextlib import suppress
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session


def end_read_transactions() -> None:
    """From now on, in all sessions of this process."""
    event.listen(Session, "after_begin", _has_begun)
    event.listen(Session, "after_flush", _has_written)


def _has_begun(session: Session, *_: Any) -> None:  # noqa: ANN401 (SQLAlchemy)
    with suppress(RuntimeError):  # no hub runs
        asyncio.get_running_loop().call_soon(_end, session)


def _has_written(session: Session, *_: Any) -> None:  # noqa: ANN401 (SQLAlchemy)
    session.info["written_in"] = session.get_transaction()


def _end(session: Session) -> None:
    transaction = session.get_transaction()
    if transaction is session.info.get("written_in") or session.new or session.dirty or session.deleted:
        return  # whoever writes ends it
    try:
        session.commit()  # not a rollback, which forgets what has been read
    except SQLAlchemyError:
        session.rollback()
