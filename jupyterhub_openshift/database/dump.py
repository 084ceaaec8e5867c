"""Dump the hub's tables as SQL, and restore such a dump in one transaction.

The hub image has no `pg_dump`, whose version must match the server's. A dump of PostgreSQL is a script for
`psql`: it drops all tables of the schema, also those that only a newer JupyterHub has, and creates and fills
those of the dump. It loads into each later version of PostgreSQL. A dump of SQLite is a script for `sqlite3`.
"""

import io
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone

import jupyterhub
from sqlalchemy import MetaData, create_engine, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateIndex, CreateTable

from ..errors import StartupError

SAVED = "before_upgrade"  # the table of `schema_upgrade`, which is neither dumped nor dropped
MARK = "-- dump of JupyterHub"
_DROP = f"""
SET LOCAL lock_timeout = '30s';
SET LOCAL client_min_messages = warning;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> '{SAVED}'
  LOOP EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', name); END LOOP;
END $$;
"""  # noqa: S608 (constants)
_COPY = re.compile(r"^COPY [^\n]+ FROM stdin;\n(.*?)^\\\.\n", re.MULTILINE | re.DOTALL)


class DumpError(StartupError):
    """A dump that cannot be written or restored."""


def dump(db_url: str) -> str:
    """Return the content of a database, consistent while the hub goes on writing."""
    heading = f"{MARK} {jupyterhub.__version__} of {datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S} UTC\n"
    if file := _sqlite_file(db_url):
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            return heading + "\n".join(connection.iterdump()) + "\n"
    engine = create_engine(db_url, isolation_level="REPEATABLE READ")
    try:
        with engine.begin() as connection:
            return "".join([heading, "BEGIN;\n", _DROP, *_tables(connection), "COMMIT;\n"])
    finally:
        engine.dispose()


def restore(db_url: str, script: str) -> None:
    """Replace the content of a database by that of a dump; a fault changes nothing.

    Raises a DumpError if the dump is not whole, and an error of the database otherwise.
    """
    if not script.startswith(MARK) or not script.endswith("COMMIT;\n"):
        raise DumpError("This is not a whole dump: it does not have the first and the last line of one.")
    if file := _sqlite_file(db_url):
        _restore_sqlite(file, script)
        return
    engine = create_engine(db_url)
    try:
        with engine.begin() as connection:
            cursor = connection.connection.cursor()
            for statements, rows in _parts(script.removesuffix("COMMIT;\n").replace("BEGIN;\n", "", 1)):
                if rows is None:
                    cursor.execute(statements)
                else:
                    cursor.copy_expert(statements, io.StringIO(rows))
    finally:
        engine.dispose()


def is_used(db_url: str) -> bool:
    """Return whether somebody else is connected to the database; False for SQLite, which does not know."""
    if _sqlite_file(db_url) is not None:
        return False
    engine = create_engine(db_url)
    with engine.connect() as connection:
        others = connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        ).scalar()
    engine.dispose()
    return bool(others)


def _tables(connection: Connection) -> Iterator[str]:
    """Yield the statements that create and fill each table, in the order of their foreign keys."""
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _: name != SAVED)
    raw = connection.connection.cursor()
    for table in metadata.sorted_tables:
        yield f"{CreateTable(table).compile(connection)};\n".replace("\n\n", "\n")
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        copy, rows = f'COPY "{table.name}" ({columns})', io.StringIO()
        raw.copy_expert(f"{copy} TO STDOUT", rows)
        yield f"{copy} FROM stdin;\n{rows.getvalue()}\\.\n"
        for column in table.columns:
            if column.autoincrement is True:
                sequence = f"pg_get_serial_sequence('\"{table.name}\"', '{column.name}')"
                last = f'coalesce(max("{column.name}"), 1), count(*) > 0'
                yield f'SELECT setval({sequence}, {last}) FROM "{table.name}";\n'  # noqa: S608
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield f"{CreateIndex(index).compile(connection)};\n"


def _parts(script: str) -> Iterator[tuple[str, str | None]]:
    """Split a script into statements, and the rows of each COPY, which only `copy_expert` can send."""
    end = 0
    for copy in _COPY.finditer(script):
        yield script[end : copy.start()], None
        yield copy[0].partition("\n")[0], copy[1]
        end = copy.end()
    yield script[end:], None


def _restore_sqlite(file: str, script: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        drops = "".join(f'DROP TABLE "{name}";\n' for (name,) in names.fetchall())
        connection.executescript(script.replace("BEGIN TRANSACTION;", f"BEGIN IMMEDIATE;\n{drops}", 1))


def _sqlite_file(db_url: str) -> str | None:
    url = make_url(db_url)
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    if url.get_backend_name() != "postgresql":
        raise DumpError(
            f"The hub can dump and restore PostgreSQL and SQLite, but not {url.get_backend_name()}."
        )
    return None


def described(script: str, tables: tuple[str, ...] = ("users", "spawners", "api_tokens")) -> str:
    """Say what a dump holds, for a person: `12 users, 3 spawners, ...`."""
    return ", ".join(f"{_rows(script, table)} {table.replace('_', ' ')}" for table in tables)


def _rows(script: str, table: str) -> int:
    for copy in _COPY.finditer(script):
        if copy[0].startswith(f'COPY "{table}" '):
            return copy[1].count("\n")
    return len(re.findall(rf'^INSERT INTO "?{table}"? ', script, re.MULTILINE))
