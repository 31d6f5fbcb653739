"""The desk store's database: migrations and definitions agree, damage and age are told, an upgrade keeps a copy."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.schema import CreateTable

from hlmaster.core.errors import DatabaseDamaged, DatabaseTooNew, StorageError
from hlmaster.core.events import TrackedOrder
from hlmaster.core.orders import OrderStatus
from hlmaster.storage import database, tables
from hlmaster.storage.database import HEAD, MIGRATIONS, migrate, open_database, translated
from hlmaster.storage.files import sqlite_files
from hlmaster.storage.rows import order_of, order_row
from hlmaster.storage.writer import Writer
from tests.storage.facts import DEMO, NOW
from tests.trading.scenes import order


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.sqlite"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_the_migrations_lead_to_the_tables_as_they_are_defined() -> None:
    engine = create_engine("sqlite://")
    migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        keys = {name: inspect(connection).get_pk_constraint(name) for name in tables.metadata.tables}
    engine.dispose()
    assert {name: set(key["constrained_columns"]) for name, key in keys.items()} == {
        name: {column.name for column in table.primary_key} for name, table in tables.metadata.tables.items()
    }


def test_the_known_revisions_are_those_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert tuple(reversed([revision.revision for revision in script.walk_revisions()])) == tables.REVISIONS
    assert script.get_current_head() == HEAD


def test_a_fresh_database_is_created_whole_private_and_in_wal(path: Path) -> None:
    engine = open_database(url(path))
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert set(inspect(connection).get_table_names()) == {*tables.metadata.tables, "alembic_version"}
    assert [file.stat().st_mode & 0o077 for file in sqlite_files(path) if file.exists()] == [0, 0, 0]
    engine.dispose()
    assert not path.with_name("desk.sqlite.new").exists()


def test_money_is_exact(path: Path) -> None:
    values = ["0.1", "1E+3", "-0.0", "123456789012345678901234567890.123456789", "0E-8"]
    engine = open_database(url(path))
    with engine.begin() as connection:
        connection.execute(
            tables.sessions.insert(),
            [
                {"id": str(n), "mode": "demo", "name": "x", "created_ms": n, "start_balance": Decimal(value)}
                for n, value in enumerate(values)
            ],
        )
        found = (
            connection.execute(select(tables.sessions.c.start_balance).order_by(tables.sessions.c.id)).scalars().all()
        )
    engine.dispose()
    assert [str(value) for value in found] == values


def test_money_is_numeric_on_postgresql() -> None:
    statement = str(CreateTable(tables.account_history).compile(dialect=make_url("postgresql://").get_dialect()()))
    assert "equity NUMERIC NOT NULL" in statement


def test_the_first_release_s_database_gains_the_tables_of_reconciliation_and_keeps_its_rows(path: Path) -> None:
    engine = database._engine(url(path))
    migrate(engine, "0001")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO sessions VALUES ('s', 'demo', 'x', 1, '10000')"))
    engine.dispose()
    opened = open_database(url(path))
    with opened.connect() as connection:
        assert {"adjustments", "discrepancies"} <= set(inspect(connection).get_table_names())
        assert connection.execute(text("SELECT id FROM sessions")).scalars().all() == ["s"]
    opened.dispose()
    assert path.with_name("desk.sqlite.before-0001").exists()


def test_orders_from_before_tickets_were_kept_have_none(path: Path) -> None:
    engine = database._engine(url(path))
    migrate(engine, "0004")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO sessions VALUES ('s', 'demo', 'x', 1, '10000')"))
        resting = TrackedOrder(order(), OrderStatus.RESTING, 7, Decimal(0), None, NOW, NOW)
        row = {"session_id": "s", **order_row(resting)}
        del row["ticket"]
        names = ", ".join(f'"{name}"' for name in row)
        places = ", ".join(f":{name}" for name in row)
        plain = {name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()}
        connection.execute(text(f"INSERT INTO orders ({names}) VALUES ({places})"), plain)
    engine.dispose()
    opened = open_database(url(path))
    with opened.connect() as connection:
        kept = connection.execute(select(tables.orders)).mappings()
        assert [order_of(dict(row)) for row in kept] == [resting]
    opened.dispose()


def test_an_older_database_is_copied_and_migrated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Writer(DEMO, url(path)).close()
    monkeypatch.setattr(tables, "REVISIONS", ("0000", "0001"))
    migrated: list[str] = []
    monkeypatch.setattr(database, "migrate", lambda engine: migrated.append(str(engine.url)))
    other = sqlite3.connect(path)
    other.execute("UPDATE alembic_version SET version_num = '0000'")
    other.commit()
    other.close()
    open_database(url(path)).dispose()
    assert migrated == [url(path)]
    copy = sqlite3.connect(path.with_name("desk.sqlite.before-0000"))
    assert copy.execute("SELECT id FROM sessions").fetchall() == [(DEMO.id,)]
    copy.close()


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    engine = create_engine(url(path))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE refusals (x)"))
    engine.dispose()
    ours = database._engine(url(path))
    with pytest.raises(Exception, match="refusals"):
        migrate(ours)
    with ours.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"refusals"}
    ours.dispose()


def test_a_newer_database_is_left_alone(path: Path) -> None:
    open_database(url(path)).dispose()
    other = sqlite3.connect(path)
    other.execute("UPDATE alembic_version SET version_num = '0999'")
    other.commit()
    other.close()
    with pytest.raises(DatabaseTooNew, match="schema 0999"):
        open_database(url(path))


def test_tables_of_others_are_not_taken(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE orders (x)")
    other.close()
    with pytest.raises(StorageError, match="not ours"):
        open_database(url(path))


def test_a_database_in_a_missing_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be used"):
        open_database(url(tmp_path / "gone" / "desk.sqlite"))


def test_a_server_that_is_not_there_is_explained() -> None:
    with pytest.raises(StorageError, match="postgresql") as caught:
        open_database("postgresql://nobody@127.0.0.1:1/nothing")
    assert "Traceback" not in str(caught.value)


def test_a_password_in_the_address_is_never_shown() -> None:
    assert "hunter2" not in str(translated(ValueError("no"), "postgresql://me:hunter2@localhost/x"))


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_database_cut_anywhere_opens_or_is_set_aside(tmp_path: Path, suffix: str) -> None:
    work, whole = tmp_path / "work.sqlite", tmp_path / "whole.sqlite"
    writer = Writer(DEMO, url(work))
    equity = [
        ("account_history", {"session_id": DEMO.id, "time_ms": NOW + n, "equity": Decimal(n)}) for n in range(2_000)
    ]
    writer.write(equity[:1_000])
    other = sqlite3.connect(work)
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for n in range(1_000, 2_000, 100):
        writer.write(equity[n : n + 100])
    for file, name in zip(sqlite_files(work)[:2], sqlite_files(whole)[:2], strict=True):
        shutil.copy(file, name)
    other.close()
    writer.close()
    dice = random.Random(6)
    size = whole.with_name(whole.name + suffix).stat().st_size
    outcomes: list[str] = []
    for number, offset in enumerate([0, 1, size - 1, *(dice.randrange(size) for _ in range(47))]):
        target = tmp_path / f"cut{number}.sqlite"
        for file, name in zip(sqlite_files(whole)[:2], sqlite_files(target)[:2], strict=True):
            shutil.copy(file, name)
        os.truncate(target.with_name(target.name + suffix), offset)
        try:
            opened = Writer(DEMO, url(target))
            kept = len(opened.read("account_history"))
            assert kept >= 1_000
            assert kept % 100 == 0
            outcomes.append("opened")
        except DatabaseDamaged:
            for file in sqlite_files(target):
                file.unlink(missing_ok=True)
            opened = Writer(DEMO, url(target))
            assert opened.read("account_history") == []
            outcomes.append("set aside")
        opened.close()
    assert len(outcomes) == 50
    assert outcomes.count("opened" if suffix else "set aside") > 10
