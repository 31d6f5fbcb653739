"""The journal: what is acknowledged is on disk, nonces never repeat, a full or damaged disk is met with a plain word."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import DatabaseDamaged, DatabaseTooNew, JournalUnavailable, StorageError
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, Intent, Order, Trigger, TriggerKind
from hlmaster.storage import journal as journal_module
from hlmaster.storage.files import quarantine, sqlite_files
from hlmaster.storage.journal import SqliteJournal
from hlmaster.storage.reserve import Reserve

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_700_000_000_000


def intent(n: int = 0, *, reduce_only: bool = False, kind: ActionKind = ActionKind.ORDER) -> Intent:
    trigger = Trigger(Decimal("96000.5"), TriggerKind.STOP, market=True) if reduce_only else None
    order = Order("BTC", Side.BUY, Decimal("0.010"), Decimal(97_000), reduce_only=reduce_only, trigger=trigger)
    return Intent(order, kind, NOW + n, NOW + 15_000, "ab" * 32, NOW)


def opened(path: Path, reserve: Reserve | None = None) -> SqliteJournal:
    journal = SqliteJournal(path, ManualClock(), reserve)
    journal.open()
    return journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    journal = opened(path)
    yield journal
    journal.close()


async def test_what_is_committed_comes_back_equal_and_in_order(journal: SqliteJournal, path: Path) -> None:
    wanted = [intent(1), intent(2, reduce_only=True), intent(3, kind=ActionKind.CANCEL)]
    await journal.commit(wanted[:2])
    await journal.commit(wanted[2:])
    assert await journal.unresolved() == wanted
    journal.close()
    again = opened(path)
    assert await again.unresolved() == wanted
    again.close()


async def test_an_acknowledged_commit_is_seen_by_another_connection(journal: SqliteJournal, path: Path) -> None:
    await journal.commit([intent()])
    other = sqlite3.connect(path)
    assert other.execute("SELECT count(*) FROM intents").fetchall() == [(1,)]
    other.close()


async def test_what_is_resolved_is_no_longer_open_but_kept(journal: SqliteJournal, path: Path) -> None:
    first, second = intent(1), intent(2)
    await journal.commit([first, second])
    journal.resolve(first.order.client_order_id, "filled", "")
    assert await journal.unresolved() == [second]
    other = sqlite3.connect(path)
    assert other.execute("SELECT status FROM intents ORDER BY id").fetchall() == [("filled",), (None,)]
    other.close()


async def test_an_intent_after_the_resolution_of_its_order_is_open_again(journal: SqliteJournal) -> None:
    first = intent(1)
    await journal.commit([first])
    journal.resolve(first.order.client_order_id, "canceled", "")
    later = replace(first, nonce=NOW + 2, kind=ActionKind.MODIFY)
    await journal.commit([later])
    assert await journal.unresolved() == [later]


async def test_many_commits_at_once_all_return(journal: SqliteJournal) -> None:
    await asyncio.gather(*(journal.commit([intent(n)]) for n in range(500)))
    assert len(await journal.unresolved()) == 500


def test_nonces_rise_by_the_clock_and_by_one(journal: SqliteJournal) -> None:
    assert [journal.reserve_nonce(now) for now in (NOW, NOW, NOW - 5, NOW + 9)] == [NOW, NOW + 1, NOW + 2, NOW + 9]


def test_nonces_go_on_after_a_clean_end(path: Path) -> None:
    first = opened(path)
    assert first.reserve_nonce(NOW) == NOW
    first.close()
    second = opened(path)
    assert second.reserve_nonce(NOW - 3_600_000) == NOW + 1
    second.close()


async def test_a_closed_journal_refuses(path: Path) -> None:
    journal = opened(path)
    journal.close()
    journal.close()
    with pytest.raises(JournalUnavailable, match="closed"):
        await journal.commit([intent()])


async def test_a_full_queue_refuses_instead_of_growing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "QUEUE_SIZE", 3)
    journal = opened(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    tasks = [asyncio.create_task(journal.commit([intent(n)])) for n in range(10)]
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert all("waiting for the disk" in str(task.exception()) for task in done)
    other.execute("ROLLBACK")
    other.close()
    await asyncio.gather(*waiting)
    journal.close()


def test_the_file_is_for_the_owner_alone_and_durable(journal: SqliteJournal, path: Path) -> None:
    for file in sqlite_files(path):
        assert file.stat().st_mode & 0o077 == 0
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    other.close()


# --- kill -9 ---


def killed_after(path: Path, seconds: float) -> list[list[str]]:
    """What the writer had printed, line by line, when it was killed."""
    child = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("journal_writer.py")), str(path)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
    printed = child.stdout.read()
    child.stdout.close()
    child.wait()
    whole, _, _ = printed.rpartition("\n")
    return [line.split() for line in whole.splitlines()]


async def test_twenty_kills_lose_no_acknowledged_commit_and_repeat_no_nonce(path: Path) -> None:
    """The writer's clock stands still, so only what is on disk keeps nonces apart."""
    dice = random.Random(9)
    committed: list[str] = []
    nonces: list[int] = []
    for _ in range(20):
        for word, value in killed_after(path, dice.uniform(0.0, 0.12)):
            if word == "committed":
                committed.append(value)
            else:
                nonces.append(int(value))
    assert len(nonces) == len(set(nonces)) > 100
    assert nonces == sorted(nonces)
    journal = opened(path)
    found = await journal.unresolved()
    journal.close()
    on_disk = {one.order.client_order_id for one in found}
    assert set(committed) <= on_disk
    assert len({one.nonce for one in found}) == len(found)
    assert nonces[-1] - NOW < 20 * journal_module.NONCE_BLOCK_MS + 100_000


# --- damage ---


async def filled(path: Path, rows: int = 200) -> list[str]:
    """A journal as a crash leaves it: a database and a WAL. Returns client order ids in order."""
    work = path.with_name("work.sqlite")
    journal = opened(work, Reserve(path.with_name("none"), 0))
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
    return [one.order.client_order_id for one in wanted]


@pytest.mark.parametrize("suffix", ["", "-wal"])
async def test_a_journal_cut_anywhere_opens_or_is_set_aside(tmp_path: Path, suffix: str) -> None:
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
        with target.with_name(target.name + suffix).open("r+b") as file:
            file.truncate(offset)
        journal = SqliteJournal(target, ManualClock(), Reserve(folder / "none", 0))
        try:
            journal.open()
        except DatabaseDamaged as error:
            damaged += 1
            assert "backup" in str(error)
            aside = quarantine(target, NOW)
            assert aside.exists()
            assert not any(file.exists() for file in sqlite_files(target))
            journal = opened(target, Reserve(folder / "none", 0))
            assert await journal.unresolved() == []
        else:
            opened_well += 1
            found = [one.order.client_order_id for one in await journal.unresolved()]
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


async def test_a_row_changed_while_open_is_an_error_and_not_the_end(journal: SqliteJournal, path: Path) -> None:
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


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\x00" + bytes(4000)])
def test_a_file_that_is_no_journal_is_damaged(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DatabaseDamaged):
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


# --- a disk that refuses ---


class Disk(Reserve):
    """A disk with a page limit: full at will, with as many pages in reserve as ``spare``."""

    def __init__(self, path: Path, spare: int) -> None:
        super().__init__(path, 4096)
        self.spare = spare
        self.connection: sqlite3.Connection | None = None
        self.room = True

    def fill(self) -> None:
        self.room = False
        self._limit(0)

    def free(self) -> None:
        self.room = True
        self._limit(1_000_000)

    def hold(self) -> bool:
        return self.room and super().hold()

    def release(self) -> bool:
        if released := super().release():
            self._limit(self.spare)
        return released

    def _limit(self, pages: int) -> None:
        if self.connection is not None:
            [(used,)] = self.connection.execute("PRAGMA page_count").fetchall()
            self.connection.execute(f"PRAGMA max_page_count = {used + pages}")


@pytest.fixture
def on_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[SqliteJournal, Disk]]:
    disk = Disk(path.with_name("reserve"), spare=1_000)
    original = journal_module.open_journal

    def opening(at: Path) -> sqlite3.Connection:
        disk.connection = original(at)
        return disk.connection

    monkeypatch.setattr(journal_module, "open_journal", opening)
    monkeypatch.setattr(journal_module, "RETRY_SECONDS", 0.02)
    journal = opened(path, disk)
    yield journal, disk
    journal.close()


async def fill_up(journal: SqliteJournal, disk: Disk) -> int:
    """Fill the disk and commit entries until one is refused; returns how many were taken."""
    disk.fill()
    for taken in range(1_000):
        try:
            await journal.commit([intent(taken)])
        except JournalUnavailable as error:
            assert "disk is full" in str(error)
            return taken
    raise AssertionError("the disk never filled")


async def test_a_full_disk_refuses_entries_and_takes_exits(on_disk: tuple[SqliteJournal, Disk]) -> None:
    journal, disk = on_disk
    taken = await fill_up(journal, disk)
    assert "disk is full" in journal.trouble
    for n in range(50):
        await journal.commit([intent(n, reduce_only=True)])
        await journal.commit([intent(n, kind=ActionKind.CANCEL)])
        with pytest.raises(JournalUnavailable):
            await journal.commit([intent(n)])
    assert len(await journal.unresolved()) == taken + 100


async def test_when_space_returns_so_do_entries_and_the_reserve(on_disk: tuple[SqliteJournal, Disk]) -> None:
    journal, disk = on_disk
    await fill_up(journal, disk)
    assert not disk.held
    disk.free()
    await journal.commit([intent(9_999)])
    assert journal.trouble == ""
    assert disk.held


async def test_without_a_reserve_exits_wait_in_memory_and_none_is_lost(on_disk: tuple[SqliteJournal, Disk]) -> None:
    journal, disk = on_disk
    disk.spare = 0
    taken = await fill_up(journal, disk)
    exits = [intent(n, reduce_only=True) for n in range(200)]
    refused = 0
    for one in exits:
        try:
            await journal.commit([one])
        except JournalUnavailable:
            refused += 1
    assert refused > 0
    assert len(await journal.unresolved()) == taken + 200
    disk.free()
    await journal.commit([intent(9_999)])
    assert disk.connection is not None
    assert disk.connection.execute("SELECT count(*) FROM intents").fetchall() == [(taken + 201,)]


async def test_a_disk_that_turns_read_only_is_said_and_survived(on_disk: tuple[SqliteJournal, Disk]) -> None:
    journal, disk = on_disk
    await journal.commit([intent(1)])
    assert disk.connection is not None
    disk.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(JournalUnavailable, match="may only be read"):
        await journal.commit([intent(2)])
    assert journal.reserve_nonce(NOW + 10**9) == NOW + 10**9
    disk.connection.execute("PRAGMA query_only = OFF")
    await journal.commit([intent(3)])
    assert journal.trouble == ""
    assert len(await journal.unresolved()) == 2


async def test_a_writer_that_fails_leaves_nobody_waiting(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = opened(path)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(journal, "_write", broken)
    journal.resolve("0x1", "filled", "")
    with pytest.raises(JournalUnavailable):
        await journal.unresolved()
    with pytest.raises(JournalUnavailable, match="writer failed"):
        await journal.commit([intent()])
    assert "writer failed" in journal.trouble
    journal.close()
