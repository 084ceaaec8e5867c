"""Backups of a real PostgreSQL and of SQLite, what a restore brings back, and upgrades of the schema."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from jupyterhub import dbutil, orm
from sqlalchemy import create_engine, text

from jupyterhub_openshift.configure import database_url
from jupyterhub_openshift.database import backups, schema_upgrade
from jupyterhub_openshift.database.dump import DumpError, dump, restore

from ..database import PASSWORD, PostgreSQL, environment_of, postgresql_server, settings_of

pytestmark = pytest.mark.faults

NAMES = ["alice", "bob\t\\N", "Zoë 'Z' \"O\" \\. €\n", "\\."]


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database that JupyterHub has filled."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('hub')}/hub.sqlite"
        return
    with postgresql_server() as server:
        server.wait_until_ready()
        yield database_url(settings_of(server.port))


@pytest.fixture
def filled(database: str) -> str:
    session = orm.new_session_factory(database, reset=True)()
    session.add(orm.OAuthClient(identifier="jupyterhub"))
    for name in NAMES:
        user = orm.User(name=name, encrypted_auth_state=b"\x00\xff'\\")
        session.add(user)
        spawner = orm.Spawner(user=user, name="lab", state={"pod_name": f"jupyterhub-nb-{len(name)}"})
        spawner.server = orm.Server(ip="10.1.2.3", port=8080)
        session.add(spawner)
        session.commit()
        user.new_api_token(note="of a test", scopes=[])
    group = orm.Group(name="students", properties={"a": [1, None]})
    session.add(group)
    group.users.append(session.query(orm.User).first())
    session.commit()
    session.close()
    session.bind.dispose()
    return database


def rows(url: str) -> dict[str, list[tuple]]:
    """Everything that the hub's tables hold."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for table in orm.Base.metadata.sorted_tables
        }
        found["alembic_version"] = [tuple(connection.execute(text("SELECT * FROM alembic_version")).one())]
    engine.dispose()
    return found


def add_user(url: str, name: str) -> None:
    session = orm.new_session_factory(url)()
    session.add(orm.User(name=name))
    session.commit()
    session.close()
    session.bind.dispose()


def pg(server: PostgreSQL, program: str, *options: str, script: str = "") -> str:
    """What a program of PostgreSQL prints."""
    connection = ["-h", "127.0.0.1", "-p", str(server.port), "-U", "jupyterhub", "postgres"]
    ran = subprocess.run(
        [server.binaries / program, *connection[:-1], *options, connection[-1]],
        env={**os.environ, "PGPASSWORD": PASSWORD},
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def schema(server: PostgreSQL) -> str:
    """The schema as PostgreSQL's own `pg_dump` has it."""
    printed = pg(server, "pg_dump", "--schema-only")
    return "\n".join(line for line in printed.splitlines() if not line.startswith(("--", "\\")))


def test_a_restore_brings_back_every_row_and_new_rows_get_numbers_of_their_own(filled: str) -> None:
    before, script = rows(filled), dump(filled)
    assert len(before["users"]) == len(NAMES)
    add_user(filled, "later")
    restore(filled, script)
    assert rows(filled) == before
    add_user(filled, "even later")
    assert len(rows(filled)["users"]) == len(NAMES) + 1


def test_what_is_no_whole_dump_changes_nothing(filled: str) -> None:
    before, script = rows(filled), dump(filled)
    broken = script.replace("alembic_version", "alembic version")
    for text_ in ("", "SELECT 1;", script[:-20], script.partition("\n")[2]):
        with pytest.raises(DumpError, match="not a whole dump"):
            restore(filled, text_)
    with pytest.raises(Exception, match="syntax error"):
        restore(filled, broken)
    assert rows(filled) == before


def test_a_dump_has_the_schema_that_jupyterhub_made_and_moves_to_postgresql_18(tmp_path: Path) -> None:
    """Of PostgreSQL 16, restored with the hub, and with psql of the database's pod."""
    with postgresql_server(16) as old, postgresql_server(18) as new:
        for server in (old, new):
            server.wait_until_ready()
        source, target = (database_url(settings_of(server.port)) for server in (old, new))
        add_user(source, "alice")
        assert re.search(r"server_version_num\D+18", pg(new, "psql", "-c", "SHOW server_version_num"))
        script, before = dump(source), schema(old)
        for _ in range(2):
            pg(new, "psql", "-q", "--set", "ON_ERROR_STOP=1", script=script)
            assert rows(target) == rows(source)
        made_by_18 = schema(new)
        restore(target, script)
        assert (rows(target), schema(new)) == (rows(source), made_by_18)
        restore(source, script)
        assert schema(old) == before


@pytest.fixture
def old_schema(filled: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database as an older JupyterHub has left it."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    with dbutil._temp_alembic_ini(filled) as ini:
        subprocess.run(["alembic", "-c", ini, "downgrade", "-2"], check=True, capture_output=True)
    return filled


def revision(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    engine.dispose()
    return found


def saved_dumps(url: str) -> list[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [row[0] for row in connection.execute(text("SELECT dump FROM before_upgrade ORDER BY made"))]
    engine.dispose()
    return found


def test_an_upgrade_of_the_schema_saves_the_database_first(
    old_schema: str, capfd: pytest.CaptureFixture[str]
) -> None:
    before, old = dump(old_schema), revision(old_schema)
    schema_upgrade.upgrade(old_schema)
    assert revision(old_schema) != old
    assert (
        "upgrade of the database's schema, 4 users, 4 spawners, 4 api tokens were saved in"
        in capfd.readouterr().err
    )
    if old_schema.startswith("postgresql"):
        restore(old_schema, saved_dumps(old_schema)[-1])
        assert dump(old_schema).splitlines()[1:] == before.splitlines()[1:]


def test_a_failed_upgrade_restores_the_database_and_says_so(
    old_schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first step succeeds, and the second fails."""
    before = dump(old_schema)

    def fails_halfway(url: str, revision: str) -> None:
        with dbutil._temp_alembic_ini(url) as ini:
            subprocess.run(["alembic", "-c", ini, "upgrade", "+1"], check=True, capture_output=True)
        assert dump(url) != before
        subprocess.run(["false"], check=True)

    monkeypatch.setattr(schema_upgrade, "_upgrade", fails_halfway)
    with pytest.raises(schema_upgrade.UpgradeFailed) as failure:
        schema_upgrade.upgrade(old_schema)
    assert dump(old_schema).splitlines()[1:] == before.splitlines()[1:]
    assert str(failure.value) == (
        "The upgrade of the database's schema failed (exit code 1); the lines above have its error. "
        "The database was restored and is as before. Use the older hub image again: oc describe imagestream"
    )


def test_a_folder_keeps_the_newest_backups_and_no_half_one(
    filled: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for day in (1, 2, 3):
        (tmp_path / f"jupyterhub-2026010{day}T000000Z.sql").write_text("old")
    (tmp_path / "other.sql").write_text("of somebody else")
    backups.write_backup(filled, tmp_path, keep=2)
    *_, newest = sorted(tmp_path.glob("jupyterhub-*"))
    assert {file.name for file in tmp_path.iterdir()} == {
        "other.sql",
        "jupyterhub-20260103T000000Z.sql",
        newest.name,
    }
    assert newest.stat().st_mode & 0o077 == 0
    before = rows(filled)
    add_user(filled, "later")
    backups.read_backup(filled, tmp_path)
    assert rows(filled) == before
    assert "Restored 4 users, 4 spawners, 4 api tokens" in capfd.readouterr().err


def test_a_folder_without_a_backup_and_a_database_that_is_away_are_sentences(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    url = "postgresql+psycopg2://jupyterhub:geheim@127.0.0.1:1/jupyterhub"
    with pytest.raises(DumpError, match=f"There is no backup in {tmp_path}"):
        backups.read_backup(url, tmp_path)
    with pytest.raises(DumpError) as refusal:
        backups.write_backup(url, tmp_path)
    assert str(refusal.value) == (
        'The backup failed: connection to server at "127.0.0.1", port 1 failed: Connection refused'
    )
    with pytest.raises(DumpError, match="but not mysql"):
        dump("mysql://localhost/hub")


def test_the_commands_write_to_standard_output_and_read_from_standard_input(tmp_path: Path) -> None:
    with postgresql_server() as server:
        server.wait_until_ready()
        url = database_url(settings_of(server.port))
        add_user(url, "alice")
        environ = {"HOME": str(tmp_path), "CONFIGPROXY_AUTH_TOKEN": "a" * 64, **environment_of(server.port)}

        def run(command: str, script: str = "", code: int = 0) -> tuple[str, str]:
            module = [sys.executable, "-m", "jupyterhub_openshift", command]
            ran = subprocess.run(
                module, env=environ, input=script, capture_output=True, text=True, check=False
            )
            assert ran.returncode == code, ran.stderr
            return ran.stdout, ran.stderr

        script, said = run("backup")
        assert "The backup holds 1 users, 0 spawners, 0 api tokens" in said
        add_user(url, "bob")
        _, said = run("restore", script)
        assert "Restored 1 users, 0 spawners, 0 api tokens" in said
        assert PASSWORD not in said
        with closing(psycopg2.connect(url.replace("+psycopg2", ""))) as hub, hub.cursor() as cursor:
            cursor.execute("SELECT name FROM users")
            assert cursor.fetchall() == [("alice",)]
            assert run("restore", script, code=1)[1].splitlines()[-1] == (
                "The hub uses the database. Stop it first: oc scale deployment/NAME --replicas=0"
            )
