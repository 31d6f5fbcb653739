"""Opening a journal: sound, or a plain word on damage, age and permission; cut anywhere, it opens or is set aside."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import shutil
import sqlite3
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import DatabaseDamaged, DatabaseTooNew, JournalUnavailable, StorageError
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, Intent, Order, Trigger, TriggerKind, new_client_order_id
from hlmaster.storage.files import sqlite_files
from hlmaster.storage.journal import SqliteJournal
from hlmaster.storage.reserve import Reserve
from tests.storage.facts import intent_about

NOW = 1_700_000_000_000


def intent(n: int = 0) -> Intent:
    order = Order("BTC", Side.BUY, Decimal("0.010"), Decimal(97_000))
    return intent_about(order, NOW + n)


def opened(path: Path) -> SqliteJournal:
    journal = SqliteJournal(path, ManualClock(), Reserve(path.with_name("none"), 0))
    journal.open()
    return journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


async def filled(path: Path, rows: int = 200) -> list[str]:
    """A journal as a crash leaves it: a database and a WAL. Returns client order ids in order."""
    work = path.with_name("work.sqlite")
    journal = opened(work)
    wanted = [intent(n) for n in range(rows)]
    await journal.commit(wanted[: rows // 2])
    other = sqlite3.connect(work)
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for one in wanted[rows // 2 :]:
        await journal.commit([one])
    for file, name in zip(sqlite_files(work)[:2], sqlite_files(path)[:2], strict=True):
        shutil.copy(file, name)
    other.close()
    journal.close()
    return [one.subject for one in wanted]


@pytest.mark.parametrize("suffix", ["", "-wal"])
async def test_a_journal_cut_anywhere_opens_or_says_that_it_is_damaged(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / "whole.sqlite"
    ids = await filled(whole)
    dice = random.Random(4)
    cut = whole.with_name(whole.name + suffix)
    size = cut.stat().st_size
    offsets = [0, 1, size - 1, *(dice.randrange(size) for _ in range(57))]
    opened_well = damaged = 0
    for number, offset in enumerate(offsets):
        folder = tmp_path / f"cut{number}"
        folder.mkdir()
        target = folder / "journal.sqlite"
        for file, name in zip(sqlite_files(whole)[:2], sqlite_files(target)[:2], strict=True):
            shutil.copy(file, name)
        os.truncate(target.with_name(target.name + suffix), offset)
        try:
            journal = opened(target)
        except DatabaseDamaged:
            damaged += 1
            for file in sqlite_files(target):
                file.unlink(missing_ok=True)
            journal = opened(target)
            assert await journal.unresolved() == []
        else:
            opened_well += 1
            found = [one.subject for one in await journal.unresolved()]
            assert found == ids[: len(found)]
            assert len(found) >= 100
        await journal.commit([intent()])
        journal.close()
    assert damaged + opened_well == len(offsets)
    assert (opened_well if suffix else damaged) > 10


async def test_a_changed_row_is_noticed(path: Path) -> None:
    journal = opened(path)
    await journal.commit([intent()])
    journal.close()
    other = sqlite3.connect(path)
    other.execute("UPDATE intents SET body = CAST(replace(body, '97000', '96000') AS BLOB)")
    other.commit()
    other.close()
    with pytest.raises(DatabaseDamaged, match="does not match its checksum"):
        opened(path)


async def test_a_row_changed_while_open_is_an_error_and_not_the_end(path: Path) -> None:
    journal = opened(path)
    await journal.commit([intent()])
    other = sqlite3.connect(path)
    other.execute("UPDATE intents SET nonce = 1")
    other.commit()
    with pytest.raises(DatabaseDamaged):
        await journal.unresolved()
    other.execute("DELETE FROM intents")
    other.commit()
    other.close()
    await journal.commit([intent(7)])
    assert len(await journal.unresolved()) == 1
    journal.close()


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\x00" + bytes(4000)])
def test_a_file_that_is_no_journal_is_damaged(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DatabaseDamaged, match="Restore a backup"):
        opened(path)


def test_another_database_is_not_taken_for_a_journal(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE x (y)")
    other.close()
    with pytest.raises(DatabaseDamaged, match="no journal"):
        opened(path)


def test_a_newer_journal_is_left_alone(path: Path) -> None:
    opened(path).close()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(DatabaseTooNew, match="newer version"):
        opened(path)


def test_a_folder_in_its_place_is_unavailable(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StorageError, match=r"journal\.sqlite"):
        opened(path)


def test_a_missing_folder_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailable, match="cannot be written"):
        opened(tmp_path / "gone" / "journal.sqlite")


# --- a journal of the version before ---

SCHEMA_1 = """
CREATE TABLE intents (
    id INTEGER PRIMARY KEY,
    client_order_id TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    body BLOB NOT NULL,
    checksum BLOB NOT NULL,
    status TEXT,
    text TEXT,
    resolved_ms INTEGER
) STRICT;
CREATE INDEX open_intents ON intents (client_order_id) WHERE status IS NULL;
CREATE INDEX nonces ON intents (nonce);
CREATE TABLE nonce_bound (one INTEGER PRIMARY KEY CHECK (one = 1), bound INTEGER NOT NULL) STRICT;
INSERT INTO nonce_bound VALUES (1, 0);
PRAGMA user_version = 1;
"""


def journal_of_version_1(path: Path, orders: list[Order], bound: int) -> None:
    """As version 1 wrote it; every second order has come to its end."""
    other = sqlite3.connect(path)
    other.executescript("PRAGMA journal_mode = wal;" + SCHEMA_1)
    for number, one in enumerate(orders):
        intent_1 = {
            "order": one,
            "kind": "order",
            "nonce": NOW + number,
            "expires_ms": NOW + 15_000,
            "payload_hash": "ab" * 32,
            "created_ms": NOW,
        }
        body = msgspec.json.encode(intent_1)
        seal = hashlib.blake2b(b"%s|%d|%s" % (one.client_order_id.encode(), NOW + number, body), digest_size=8).digest()
        end = ("filled", "as told", NOW) if number % 2 else (None, None, None)
        other.execute(
            "INSERT INTO intents (client_order_id, nonce, body, checksum, status, text, resolved_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (one.client_order_id, NOW + number, body, seal, *end),
        )
    other.execute("UPDATE nonce_bound SET bound = ?", (bound,))
    other.commit()
    other.close()


def orders_of_version_1() -> list[Order]:
    stop = Trigger(Decimal("96000.5"), TriggerKind.STOP, market=True)
    plain = Order("BTC", Side.BUY, Decimal("0.010"), Decimal(97_000))
    exits = Order("BTC", Side.SELL, Decimal("0.010"), Decimal(90_000), reduce_only=True, trigger=stop)
    return [replace(one, client_order_id=new_client_order_id()) for one in (plain, plain, exits, exits)]


async def test_a_journal_of_version_1_is_taken_over_whole_and_kept_beside(path: Path) -> None:
    orders = orders_of_version_1()
    journal_of_version_1(path, orders, NOW + 5_000)
    journal = opened(path)
    first, second = await journal.unresolved()
    assert (first.order, second.order) == (orders[0], orders[2])
    assert (first.kind, first.subject, first.nonce) == (ActionKind.ORDER, orders[0].client_order_id, NOW)
    assert (second.price, second.size, second.reduce_only) == ("90000", "0.01", True)
    assert (first.asset, journal.unclean) == (None, False)
    assert journal.reserve_nonce(NOW) > NOW + 5_000
    journal.resolve(first.subject, "filled", "")
    assert await journal.unresolved() == [second]
    journal.close()
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA user_version").fetchall() == [(2,)]
    rows = other.execute("SELECT kind, status, text FROM intents ORDER BY id").fetchall()
    assert rows == [("order", "filled", ""), ("order", "filled", "as told"), ("order", None, None), rows[1]]
    other.close()
    kept = sqlite3.connect(path.with_name("journal.sqlite.v1"))
    assert kept.execute("SELECT count(*) FROM intents").fetchall() == [(4,)]
    kept.close()


def test_an_upgrade_that_is_broken_off_begins_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal_of_version_1(path, orders_of_version_1(), NOW)
    written = 0

    def break_off(*what: object) -> None:
        nonlocal written
        written += 1
        if written == 3:
            raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr("hlmaster.storage.intents.write_intents", break_off)
        with pytest.raises(JournalUnavailable):
            opened(path)
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA user_version").fetchall() == [(1,)]
    assert other.execute("SELECT count(*) FROM intents").fetchall() == [(4,)]
    other.close()
    opened(path).close()


def test_a_changed_row_of_version_1_is_noticed(path: Path) -> None:
    journal_of_version_1(path, orders_of_version_1(), NOW)
    other = sqlite3.connect(path)
    other.execute("UPDATE intents SET nonce = 1 WHERE id = 2")
    other.commit()
    other.close()
    with pytest.raises(DatabaseDamaged, match="row 2 of its intents"):
        opened(path)


def test_every_part_of_a_row_is_under_its_checksum(path: Path) -> None:
    journal = opened(path)
    asyncio.run(journal.commit([intent()]))
    journal.close()
    for change in ("kind = 'cancel'", "subject = 'x'", "nonce = 1", "body = x'00'"):
        copy = path.with_name("changed.sqlite")
        shutil.copy(path, copy)
        other = sqlite3.connect(copy)
        other.execute(f"UPDATE intents SET {change}")
        other.commit()
        other.close()
        with pytest.raises(DatabaseDamaged, match="checksum"):
            opened(copy)
