"""Opening a journal: sound, or a plain word on damage, age and permission; cut anywhere, it opens or is set aside."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import DatabaseDamaged, DatabaseTooNew, JournalUnavailable, StorageError
from hlmaster.core.model import Side
from hlmaster.core.orders import Intent, Order
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
